#include "engine/base/automaton.h"

#include <algorithm>
#include <utility>

namespace plumb {

Automaton::Automaton(std::vector<std::string> patterns) : patterns_(std::move(patterns)) {
  std::sort(patterns_.begin(), patterns_.end());
  patterns_.erase(std::unique(patterns_.begin(), patterns_.end()), patterns_.end());
  build_trie();
  build_links();
}

// A node is the range of sorted patterns that share its prefix; its children are the parts of that range.
void Automaton::build_trie() {
  struct Range {
    std::uint32_t from;
    std::uint32_t to;
    std::uint32_t depth;
  };
  std::vector<Range> ranges{{0, static_cast<std::uint32_t>(patterns_.size()), 0}};
  label_.push_back(0);
  for (std::size_t node = 0; node < ranges.size(); ++node) {
    auto [from, to, depth] = ranges[node];
    const bool ends_here = from < to && patterns_[from].size() == depth;
    longest_.push_back(ends_here ? depth : 0);
    children_.push_back(static_cast<std::uint32_t>(ranges.size()));
    if (ends_here) ++from;
    while (from < to) {
      const char byte = patterns_[from][depth];
      std::uint32_t end = from;
      while (end < to && patterns_[end][depth] == byte) ++end;
      if (node == root) first_[static_cast<std::uint8_t>(byte)] = static_cast<std::uint32_t>(ranges.size());
      ranges.push_back({from, end, depth + 1});
      label_.push_back(static_cast<std::uint8_t>(byte));
      from = end;
    }
  }
  children_.push_back(static_cast<std::uint32_t>(ranges.size()));
}

// Breadth first: a node's fallback is shallower, so it is ready.
void Automaton::build_links() {
  fallback_.assign(longest_.size(), root);
  for (std::uint32_t node = 0; node < longest_.size(); ++node) {
    for (std::uint32_t kid = children_[node]; kid < children_[node + 1]; ++kid) {
      if (node != root) fallback_[kid] = next(fallback_[node], label_[kid]);
      if (longest_[kid] == 0) longest_[kid] = longest_[fallback_[kid]];
    }
  }
}

std::uint32_t Automaton::child(std::uint32_t node, std::uint8_t byte) const noexcept {
  if (node == root) return first_[byte];
  const auto begin = label_.begin() + children_[node];
  const auto end = label_.begin() + children_[node + 1];
  const auto it = std::lower_bound(begin, end, byte);
  return it != end && *it == byte ? static_cast<std::uint32_t>(it - label_.begin()) : root;
}

std::uint32_t Automaton::next(std::uint32_t node, std::uint8_t byte) const noexcept {
  while (true) {
    const std::uint32_t to = child(node, byte);
    if (to != root || node == root) return to;
    node = fallback_[node];
  }
}

}  // namespace plumb
