// Values with marks as JSON, for plan files: `{"$": "sensitive"}` and the like stand for what has no JSON of its own.
// Internal to plan/.
#pragma once

#include "engine/base/result.h"
#include "engine/model/value.h"

namespace plumb {

// Without marks, unknowns and secrets. A map that has a key `$` itself is wrapped: `{"$": "map", "entries": ...}`.
Value encode_marked(const Value& value);
// The reverse; a secret comes back as a marked empty text.
Result<Value> decode_marked(const Value& encoded);

}  // namespace plumb
