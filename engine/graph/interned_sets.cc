#include "engine/graph/interned_sets.h"

#include <algorithm>
#include <unordered_set>

namespace plumb {

namespace {

void sort_unique(std::vector<std::uint32_t>& items) {
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
}

}  // namespace

InternedSets::InternedSets() {
  sets_.emplace_back();
  by_hash_.emplace(hash(sets_[0]), 0);
}

std::uint64_t InternedSets::hash(const Set& set) noexcept {
  std::uint64_t h = 1469598103934665603ULL;
  const auto mix = [&](std::uint64_t x) {
    h ^= x + 0x9e3779b97f4a7c15ULL + (h << 6) + (h >> 2);
    h *= 1099511628211ULL;
  };
  for (const std::uint32_t member : set.members) mix(member);
  mix(0xffffffffffULL);
  for (const SetId include : set.includes) mix(include);
  return h;
}

SetId InternedSets::intern(std::vector<std::uint32_t> members, std::vector<SetId> includes) {
  Set set{std::move(members), std::move(includes)};
  sort_unique(set.members);
  sort_unique(set.includes);
  if (!set.includes.empty() && set.includes.front() == 0) set.includes.erase(set.includes.begin());
  if (set.members.empty() && set.includes.size() == 1) return set.includes.front();
  const std::uint64_t h = hash(set);
  const auto [first, last] = by_hash_.equal_range(h);
  for (auto it = first; it != last; ++it) {
    if (sets_[it->second] == set) return it->second;
  }
  const auto id = static_cast<SetId>(sets_.size());
  sets_.push_back(std::move(set));
  by_hash_.emplace(h, id);
  return id;
}

void InternedSets::flatten(SetId id, const std::function<void(std::uint32_t)>& visit) const {
  std::unordered_set<SetId> seen{id};
  std::unordered_set<std::uint32_t> visited;
  std::vector<SetId> open{id};
  while (!open.empty()) {
    const SetId at = open.back();
    open.pop_back();
    for (const std::uint32_t member : sets_[at].members) {
      if (visited.insert(member).second) visit(member);
    }
    for (const SetId include : sets_[at].includes) {
      if (seen.insert(include).second) open.push_back(include);
    }
  }
}

}  // namespace plumb
