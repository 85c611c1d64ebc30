#include "engine/base/text_view.h"

#include <cstdint>

namespace plumb {
namespace {

int nibble(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

int sextet(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

void put(TextView& out, const TextView& from, char byte, std::size_t first, std::size_t last) {
  out.bytes += byte;
  out.begin.push_back(from.begin[first]);
  out.end.push_back(from.end[last]);
}

void reserve(TextView& out, std::size_t size) {
  out.bytes.reserve(size);
  out.begin.reserve(size);
  out.end.reserve(size);
}

// The number of `digits` hex digits at `at`, or -1.
long hex_number(std::string_view text, std::size_t at, std::size_t digits) noexcept {
  if (at + digits > text.size()) return -1;
  long value = 0;
  for (std::size_t i = at; i < at + digits; ++i) {
    const int digit = nibble(text[i]);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

std::string utf8(std::uint32_t c) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | (c >> shift & 0x3f)); };
  if (c < 0x80) return {static_cast<char>(c)};
  if (c < 0x800) return {static_cast<char>(0xc0 | c >> 6), tail(0)};
  if (c < 0x10000) return {static_cast<char>(0xe0 | c >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xf0 | c >> 18), tail(12), tail(6), tail(0)};
}

struct Unescaped {
  std::string bytes;
  std::size_t size = 0;  // of the escape; 0 for none
};

Unescaped json_escape_at(std::string_view text, std::size_t at) {
  if (at + 1 >= text.size()) return {};
  switch (text[at + 1]) {
    case '"':
    case '\\':
    case '/':
      return {std::string(1, text[at + 1]), 2};
    case 'b':
      return {"\b", 2};
    case 'f':
      return {"\f", 2};
    case 'n':
      return {"\n", 2};
    case 'r':
      return {"\r", 2};
    case 't':
      return {"\t", 2};
    case 'u':
      break;
    default:
      return {};
  }
  const long high = hex_number(text, at + 2, 4);
  if (high < 0) return {};
  if (high >= 0xd800 && high < 0xdc00 && text.substr(at + 6, 2) == "\\u") {
    const long low = hex_number(text, at + 8, 4);
    if (low >= 0xdc00 && low < 0xe000) {
      return {utf8(static_cast<std::uint32_t>(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))), 12};
    }
  }
  return {utf8(static_cast<std::uint32_t>(high)), 6};
}

}  // namespace

TextView plain_view(std::string_view text) {
  TextView out{std::string(text), {}, {}};
  out.begin.resize(text.size());
  out.end.resize(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    out.begin[i] = i;
    out.end[i] = i + 1;
  }
  return out;
}

TextView json_view(const TextView& from) {
  TextView out;
  if (from.bytes.find('\\') == std::string::npos) return out;
  reserve(out, from.bytes.size());
  for (std::size_t i = 0; i < from.bytes.size();) {
    const Unescaped escape = from.bytes[i] == '\\' ? json_escape_at(from.bytes, i) : Unescaped{};
    if (escape.size == 0) {
      put(out, from, from.bytes[i], i, i);
      ++i;
      continue;
    }
    for (const char byte : escape.bytes) put(out, from, byte, i, i + escape.size - 1);
    i += escape.size;
  }
  return out;
}

TextView url_view(const TextView& from, bool plus) {
  TextView out;
  if (from.bytes.find(plus ? '+' : '%') == std::string::npos) return out;
  reserve(out, from.bytes.size());
  for (std::size_t i = 0; i < from.bytes.size();) {
    const long byte = from.bytes[i] == '%' ? hex_number(from.bytes, i + 1, 2) : -1;
    if (byte >= 0) {
      put(out, from, static_cast<char>(byte), i, i + 2);
      i += 3;
      continue;
    }
    put(out, from, plus && from.bytes[i] == '+' ? ' ' : from.bytes[i], i, i);
    ++i;
  }
  return out;
}

TextView base64_view(const TextView& from, int phase) {
  TextView out;
  reserve(out, from.bytes.size() * 3 / 4);
  std::uint32_t bits = 0;
  int count = 0;             // bits that wait
  int skip = phase;          // characters of this run still to pass over
  std::size_t previous = 0;  // where the last character stood: a byte spans two
  for (std::size_t i = 0; i < from.bytes.size(); ++i) {
    const char c = from.bytes[i];
    if (c == '\n' || c == '\r') continue;
    const int value = sextet(c);
    if (value < 0) {
      // Padding still belongs to the last byte, so that it is hidden with it.
      if (c == '=' && count < 6 && !out.end.empty() && out.end.back() == from.begin[i]) out.end.back() = from.end[i];
      bits = 0, count = 0, skip = phase;
      continue;
    }
    if (skip > 0) {
      --skip;
      continue;
    }
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    if (count += 6; count >= 8) {
      count -= 8;
      put(out, from, static_cast<char>(bits >> count & 0xff), previous, i);
    }
    previous = i;
  }
  return out;
}

}  // namespace plumb
