// Diff: the paths at which two values differ, by the comparison of the type.
#pragma once

#include <vector>

#include "engine/model/schema.h"

namespace plumb {

struct PathChange {
  Path path;
  Value before;  // null when it was not there
  Value after;   // null when it will not be there; may be unknown
  bool operator==(const PathChange&) const = default;
};

// Differences of one attribute, down to the smallest path: by key in maps and objects, by element in keyed lists,
// as one change of the whole for sets, `any` lists and scalars. Linear in the size of both. Marks of either side stay
// on the leaves.
std::vector<PathChange> diff_attribute(const Value& before, const Value& after, const Attribute& attribute);

}  // namespace plumb
