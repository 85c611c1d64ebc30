// Between attributes and the JSON of the API.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/model/schema.h"

namespace plumb::vault {

// Seconds of a duration in any form that the `duration` comparison reads; nullopt for what is none.
std::optional<std::int64_t> seconds_of(std::string_view text);
// `3600` as `1h`.
Value duration_of(std::int64_t seconds);

// An attribute's known value as the API takes it: durations as whole seconds, all else as it stands.
Value to_wire(const Attribute& attribute, const Value& value);
// What the API says, as the attribute's type: null is the static default where there is one, seconds become a duration,
// a comma-separated text a list where one is wanted, numbers and flags text where text is wanted, the empty text of an
// attribute without default null.
Value from_wire(const Attribute& attribute, const Value& raw);

// `secret/` and `/secret` are `secret`.
std::string trimmed_slashes(std::string_view path);

}  // namespace plumb::vault
