// JSON text in one canonical spelling: keys sorted, no white space, numbers shortest.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/model/value.h"

namespace plumb {

// Reads JSON (RFC 8259); at most 200 levels deep. The error names the byte.
Result<Value> parse_json(std::string_view text);
// Compact and sorted. Unknown and unavailable values have no JSON: they become null. Marks are lost: the caller's
// business.
std::string json_text(const Value& value);
Result<std::string> canonical_json(std::string_view text);

}  // namespace plumb
