#include "engine/model/digest.h"

#include <bit>
#include <cmath>

#include "engine/base/hash.h"

namespace plumb {

namespace {

void append_word(std::string& out, std::uint64_t word) {
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(word >> shift & 0xff);
}

// Its length goes first, so that no two lists of texts run together.
void append_text(std::string& out, std::string_view text) {
  append_word(out, text.size());
  out += text;
}

// 1 and 1.0 are equal, so every number that an int64 can hold is written as one.
void append_number(std::string& out, double number) {
  constexpr double limit = 9223372036854775808.0;  // 2^63
  if (std::nearbyint(number) == number && number >= -limit && number < limit) {
    out += 'i';
    append_word(out, static_cast<std::uint64_t>(static_cast<std::int64_t>(number)));
    return;
  }
  out += 'd';
  append_word(out, std::isnan(number) ? 0 : std::bit_cast<std::uint64_t>(number));
}

void append(std::string& out, const Value& value) {
  switch (value.kind()) {
    case Value::Kind::null:
      out += 'n';
      return;
    case Value::Kind::boolean:
      out += value.as_bool() ? 't' : 'f';
      return;
    case Value::Kind::integer:
      out += 'i';
      append_word(out, static_cast<std::uint64_t>(value.as_integer()));
      return;
    case Value::Kind::number:
      append_number(out, value.as_number());
      return;
    case Value::Kind::string:
      out += 's';
      append_text(out, value.as_string());
      return;
    case Value::Kind::list:
      out += 'l';
      append_word(out, value.as_list().size());
      for (const Value& item : value.as_list()) append(out, item);
      return;
    case Value::Kind::map:
      out += 'm';
      append_word(out, value.as_map().size());
      for (const auto& [key, item] : value.as_map()) {
        append_text(out, key);
        append(out, item);
      }
      return;
    case Value::Kind::unknown:
      out += '?';
      return;
    case Value::Kind::unavailable:
      out += '!';
      return;
  }
}

// The first byte keeps the two kinds of digests apart: evidence must not pass for a value.
std::string keyed(std::string_view key, char domain, const std::string& content) {
  const Digest digest = hmac_sha256(key, domain + content);
  return base64url(bytes(digest));
}

}  // namespace

std::string encode_value(const Value& value) {
  std::string out;
  append(out, value);
  return out;
}

std::string value_digest(std::string_view key, const Value& value) {
  if (!value.fully_known()) return {};
  if (value.is_string() && value.as_string().size() < kShortestDigested) return {};
  return keyed(key, 'v', encode_value(value));
}

std::string bytes_digest(std::string_view key, std::string_view raw) { return keyed(key, 'b', std::string(raw)); }

}  // namespace plumb
