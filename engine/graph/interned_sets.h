// Interned, hierarchical sets: ten thousand instances that read the same things share one set, and a set may include
// others.
#pragma once

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

namespace plumb {

using SetId = std::uint32_t;

// Equal content gives the equal id, whatever the order of calls; 0 is the empty set. Ids of included sets are always
// smaller.
class InternedSets {
 public:
  InternedSets();

  // Sorts and removes repeats; the empty set among the includes is dropped.
  SetId intern(std::vector<std::uint32_t> members, std::vector<SetId> includes);
  [[nodiscard]] const std::vector<std::uint32_t>& members(SetId id) const { return sets_[id].members; }
  [[nodiscard]] const std::vector<SetId>& includes(SetId id) const { return sets_[id].includes; }
  [[nodiscard]] std::size_t size() const noexcept { return sets_.size(); }
  // Visits every member of the set and of all it includes, each once; linear, no recursion.
  void flatten(SetId id, const std::function<void(std::uint32_t)>& visit) const;

 private:
  struct Set {
    std::vector<std::uint32_t> members;
    std::vector<SetId> includes;
    bool operator==(const Set&) const = default;
  };
  static std::uint64_t hash(const Set& set) noexcept;

  std::vector<Set> sets_;
  std::unordered_multimap<std::uint64_t, SetId> by_hash_;
};

}  // namespace plumb
