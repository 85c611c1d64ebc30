// Keyed digests of values: how a secret is compared without being kept.
#pragma once

#include <string>
#include <string_view>

#include "engine/model/value.h"

namespace plumb {

// Below this many bytes of text a digest would tell too much to whoever guesses; such values are not digested (empty
// result).
inline constexpr std::size_t kShortestDigested = 8;

// HMAC-SHA-256 over an injective encoding of the value (kind and content; marks do not count), base64url.
// Empty for values that are not fully known, and for strings below kShortestDigested.
std::string value_digest(std::string_view key, const Value& value);
// The same over raw bytes (evidence), whatever their length.
std::string bytes_digest(std::string_view key, std::string_view bytes);
// An injective byte encoding of a fully known value; equal values give equal bytes.
std::string encode_value(const Value& value);

}  // namespace plumb
