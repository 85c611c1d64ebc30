// A value with marks, as two parts on disk: what may be read, and what is sealed.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/value.h"
#include "state/json.h"
#include "state/sealing.h"

namespace plumb::statefile {

// Writes `"attributes":...` and, when something is marked, `"sealed":{...}` into the open object. A null value without
// marks writes nothing.
Result<void> write_marked(JsonWriter& out, const Value& value, const Sealing::Owner& owner, Sealing& sealing);

// The reverse: `open` with every value of `sealed` (a map of path -> text, or null) in its place.
Result<Value> read_marked(const Value& open, const Value& sealed, const Sealing::Owner& owner, Sealing& sealing);

}  // namespace plumb::statefile
