// Finds every occurrence of many byte strings in one pass (Aho-Corasick).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace plumb {

// Immutable once built. Takes about 13 bytes for each byte of the patterns.
class Automaton {
 public:
  // Patterns are not empty; their order and repeats do not matter.
  explicit Automaton(std::vector<std::string> patterns);

  [[nodiscard]] const std::vector<std::string>& patterns() const noexcept { return patterns_; }

  // Calls found(begin, end) for the longest match at each end, in order of ends. Linear in the text.
  template <class Found>
  void scan(std::string_view text, Found found) const {
    std::uint32_t state = root;
    for (std::size_t i = 0; i < text.size(); ++i) {
      state = next(state, static_cast<std::uint8_t>(text[i]));
      if (const std::uint32_t length = longest_[state]; length > 0) found(i + 1 - length, i + 1);
    }
  }

 private:
  static constexpr std::uint32_t root = 0;

  void build_trie();
  void build_links();
  // The child for this byte; root for none, which is nobody's child.
  [[nodiscard]] std::uint32_t child(std::uint32_t node, std::uint8_t byte) const noexcept;
  [[nodiscard]] std::uint32_t next(std::uint32_t node, std::uint8_t byte) const noexcept;

  std::vector<std::string> patterns_;       // sorted
  std::array<std::uint32_t, 256> first_{};  // the root's children by byte
  // Nodes in breadth-first order, so that the children of node n are those from children_[n] to children_[n + 1],
  // sorted.
  std::vector<std::uint32_t> children_;
  std::vector<std::uint8_t> label_;      // the byte that leads here
  std::vector<std::uint32_t> fallback_;  // the longest proper suffix that is a node
  std::vector<std::uint32_t> longest_;   // length of the longest pattern that ends here, 0 for none
};

}  // namespace plumb
