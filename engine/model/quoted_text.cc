#include "engine/model/quoted_text.h"

#include "engine/base/hash.h"
#include "engine/model/address.h"

namespace plumb {

namespace {

// The escapes are those that YAML and Lua share, so that a quoted key may be copied into either.
constexpr std::string_view kLetters = "\"\\nrt";
constexpr std::string_view kMeanings = "\"\\\n\r\t";

bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (const auto which = kMeanings.find(c); which != std::string_view::npos) {
      (out += '\\') += kLetters[which];
    } else if (is_control(c)) {
      (out += "\\x") += hex(std::string_view(&c, 1));
    } else {
      out += c;
    }
  }
  return out += '"';
}

std::optional<std::string> read_quoted(std::string_view text, std::size_t& at) {
  if (at >= text.size() || text[at] != '"') return std::nullopt;
  std::string out;
  for (++at; at < text.size();) {
    if (text[at] == '"') {
      ++at;
      return out;
    }
    if (text[at] != '\\') {
      out += text[at++];
      continue;
    }
    if (at + 1 >= text.size()) return std::nullopt;
    if (const auto which = kLetters.find(text[at + 1]); which != std::string_view::npos) {
      out += kMeanings[which];
      at += 2;
      continue;
    }
    const auto byte = text[at + 1] == 'x' && at + 4 <= text.size() ? from_hex(text.substr(at + 2, 2)) : std::nullopt;
    if (!byte) return std::nullopt;
    out += *byte;
    at += 4;
  }
  return std::nullopt;
}

}  // namespace plumb
