// Path: the way from an object's root to a part of it, as `grants["read only"][0].role`.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/value.h"

namespace plumb {

// A key of a map, object or keyed list; or an index (from 0) of a list or canonical set.
using PathStep = std::variant<std::string, std::int64_t>;

class Path {
 public:
  Path() = default;
  explicit Path(std::vector<PathStep> steps) : steps_(std::move(steps)) {}
  explicit Path(std::string attribute) : steps_{PathStep(std::move(attribute))} {}

  // Reads what str() writes; also accepts globs (`*` as a whole step) for ignore_changes.
  static Result<Path> parse(std::string_view text);

  [[nodiscard]] bool empty() const noexcept { return steps_.empty(); }
  [[nodiscard]] const std::vector<PathStep>& steps() const noexcept { return steps_; }
  [[nodiscard]] Path operator/(std::string key) const;
  [[nodiscard]] Path operator/(std::int64_t index) const;
  // The attribute's name; empty for the root.
  [[nodiscard]] std::string_view root() const noexcept;
  // `a.b`, `a["two words"]`, `a[0]`.
  [[nodiscard]] std::string str() const;
  // This path is `other` or lies above it.
  [[nodiscard]] bool covers(const Path& other) const noexcept;
  // As a glob: a step `*` stands for any one step; true if it matches `other` or something above it.
  [[nodiscard]] bool glob_covers(const Path& other) const noexcept;

  bool operator==(const Path&) const = default;
  std::strong_ordering operator<=>(const Path& other) const;

 private:
  std::vector<PathStep> steps_;
};

// The value at `path`, with the marks of everything above it; nullopt if there is no such place.
std::optional<Value> value_at(const Value& root, const Path& path);
// `root` with the value at `path` replaced (maps are made on the way; a list index must exist, else root comes back
// unchanged).
Value with_value_at(const Value& root, const Path& path, Value value);
// `root` without the map entry at `path`; unchanged if it is not there.
Value without_path(const Value& root, const Path& path);

}  // namespace plumb
