#include "engine/base/text.h"

#include <cstdint>
#include <cstdio>

namespace plumb {
namespace {

// One decoded code point; `size` 0 means that the byte at hand starts no valid sequence.
struct CodePoint {
  std::uint32_t value = 0;
  std::size_t size = 0;
};

// Refuses overlong forms, surrogates and what lies above U+10FFFF. Precondition: text is not empty.
CodePoint decode(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return {};
  std::uint32_t value = lead & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    value = value << 6 | (byte(i) & 0x3fU);
  }
  const std::uint32_t least = size == 4 ? 0x10000 : size == 3 ? 0x800 : 0x80;
  if (value < least || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return {};
  return {value, size};
}

void append_hex(std::string& out, const char* format, std::uint32_t value) {
  char buffer[16];
  std::snprintf(buffer, sizeof buffer, format, value);
  out += buffer;
}

// The short escapes that JSON and C share; 0 for none.
char short_escape(char c) noexcept {
  switch (c) {
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    default:
      return 0;
  }
}

// What would move the cursor, change direction or break the line on a terminal.
bool unprintable(std::uint32_t c) noexcept {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || c == 0x200e || c == 0x200f ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

}  // namespace

std::string json_escape(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  for (std::size_t i = 0; i < text.size();) {
    const CodePoint c = decode(text.substr(i));
    if (c.size == 0) {
      out += "\xef\xbf\xbd";
      ++i;
      continue;
    }
    const char first = text[i];
    if (c.size > 1) {
      out += text.substr(i, c.size);
    } else if (first == '"' || first == '\\') {
      (out += '\\') += first;
    } else if (const char name = short_escape(first); name != 0) {
      (out += '\\') += name;
    } else if (c.value < 0x20 || c.value == 0x7f) {
      append_hex(out, "\\u%04x", c.value);
    } else {
      out += first;
    }
    i += c.size;
  }
  return out;
}

bool valid_utf8(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size();) {
    const CodePoint c = decode(text.substr(i));
    if (c.size == 0) return false;
    i += c.size;
  }
  return true;
}

std::string printable(std::string_view text, bool keep_newlines) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const CodePoint c = decode(text.substr(i));
    if (c.size == 0) {
      append_hex(out, "\\x%02x", static_cast<std::uint8_t>(text[i]));
      ++i;
      continue;
    }
    if (keep_newlines && (text[i] == '\n' || text[i] == '\t')) {
      out += text[i];
    } else if (const char name = short_escape(text[i]); name != 0) {
      (out += '\\') += name;
    } else if (unprintable(c.value)) {
      append_hex(out, c.value < 0x80 ? "\\x%02x" : "\\u%04x", c.value);
    } else {
      out += text.substr(i, c.size);
    }
    i += c.size;
  }
  return out;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out += separator;
    out += parts[i];
  }
  return out;
}

std::string counted(std::size_t n, std::string_view singular, std::string_view plural) {
  std::string out = std::to_string(n) + " ";
  if (n == 1) return out.append(singular);
  if (!plural.empty()) return out.append(plural);
  return out.append(singular).append("s");
}

std::string url_encode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      append_hex(out, "%%%02X", static_cast<std::uint8_t>(c));
    }
  }
  return out;
}

// Two places to go back to are enough: a `**` makes every earlier `*` final.
bool glob_match(std::string_view glob, std::string_view text) noexcept {
  constexpr std::size_t none = std::string_view::npos;
  std::size_t g = 0, t = 0;
  std::size_t star_g = none, star_t = 0;    // after the last `*`, and where its text ends for now
  std::size_t stars_g = none, stars_t = 0;  // the same of the last `**`
  bool whole = false;                       // the last `**` is a `**/`: it grows by whole directories
  while (true) {
    if (g < glob.size() && glob[g] == '*') {
      const bool twice = g + 1 < glob.size() && glob[g + 1] == '*';
      if (twice) {
        g += 2;
        whole = g < glob.size() && glob[g] == '/' && (g == 2 || glob[g - 3] == '/');
        if (whole) ++g;
        stars_g = g, stars_t = t, star_g = none;
      } else {
        star_g = ++g, star_t = t;
      }
      continue;
    }
    if (t == text.size() && g == glob.size()) return true;
    if (t < text.size() && g < glob.size() && (glob[g] == text[t] || (glob[g] == '?' && text[t] != '/'))) {
      ++g, ++t;
      continue;
    }
    if (star_g != none && star_t < text.size() && text[star_t] != '/') {
      t = ++star_t, g = star_g;
      continue;
    }
    if (stars_g == none || stars_t >= text.size()) return false;
    star_g = none;
    if (whole) {
      const std::size_t slash = text.find('/', stars_t);
      if (slash == none) return false;
      stars_t = slash + 1;
    } else {
      ++stars_t;
    }
    t = stars_t, g = stars_g;
  }
}

}  // namespace plumb
