// Dependency sets on disk: each written once, before its first use, under an id that counts within the file.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/value.h"
#include "state/state.h"

namespace plumb::statefile {

class SetWriter {
 public:
  // Ids begin after `last`.
  explicit SetWriter(std::uint64_t last = 0) : last_(last) {}

  // The sets that must be written before `root` can be named, in order (includes first). Gives them ids.
  std::vector<SetId> introduce(const InternedSets& sets, SetId root);
  // The file's id. Precondition: introduced. 0 is the empty set.
  [[nodiscard]] std::uint64_t id(SetId set) const;
  [[nodiscard]] std::string line(const State& state, SetId set) const;
  // Forgets what was introduced, but never gives an id twice.
  void forget() { ids_.clear(); }

 private:
  std::unordered_map<SetId, std::uint64_t> ids_;
  std::uint64_t last_ = 0;
};

class SetReader {
 public:
  // Reads the fields of a `set` line into state.sets.
  Result<void> add(const Value& line, State& state);
  Result<SetId> find(std::uint64_t id) const;
  [[nodiscard]] std::uint64_t last() const noexcept { return last_; }
  [[nodiscard]] std::size_t size() const noexcept { return ids_.size(); }

 private:
  std::unordered_map<std::uint64_t, SetId> ids_;
  std::uint64_t last_ = 0;
};

}  // namespace plumb::statefile
