#include "engine/config/yaml_write.h"

#include <algorithm>
#include <cstdio>

#include "engine/config/tree.h"

namespace plumb {

namespace {

constexpr std::size_t kShortLine = 80;

// `${` would begin an expression.
std::string escaped_template(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text.substr(at, 2) == "${") out += '$';
    out += text[at];
  }
  return out;
}

bool control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// What YAML calls a line break or does not print, beyond ASCII: U+0080 to U+009F, U+2028, U+2029, U+FEFF, U+FFFE and
// U+FFFF. How many bytes it has; 0 for everything else.
std::size_t special_size(std::string_view rest) noexcept {
  if (rest.size() >= 2 && rest[0] == '\xc2' && static_cast<unsigned char>(rest[1]) < 0xa0) return 2;
  for (const std::string_view one : {"\xe2\x80\xa8", "\xe2\x80\xa9", "\xef\xbb\xbf", "\xef\xbf\xbe", "\xef\xbf\xbf"}) {
    if (rest.starts_with(one)) return 3;
  }
  return 0;
}

bool has_special(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (special_size(text.substr(at)) > 0) return true;
  }
  return false;
}

unsigned code_point(std::string_view bytes) noexcept {
  const auto low = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]) & 0x3fU; };
  if (bytes.size() == 2) return (static_cast<unsigned char>(bytes[0]) & 0x1fU) << 6U | low(1);
  return (static_cast<unsigned char>(bytes[0]) & 0x0fU) << 12U | low(1) << 6U | low(2);
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  char buffer[8];
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (const std::size_t size = special_size(text.substr(at)); size > 0) {
      std::snprintf(buffer, sizeof buffer, "\\u%04x", code_point(text.substr(at, size)));
      out += buffer;
      at += size - 1;
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (control(c)) {
      std::snprintf(buffer, sizeof buffer, "\\x%02x", static_cast<unsigned char>(c));
      out += buffer;
    } else {
      out += c;
    }
  }
  return out + '"';
}

// The text can stand without quotes behind a key and in a block list.
bool stands_plain(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ' || text.back() == ':') return false;
  constexpr std::string_view indicators = "-?:,[]{}#&*!|>'\"%@`<=";
  if (indicators.find(text.front()) != std::string_view::npos || text.starts_with("...")) return false;
  if (std::any_of(text.begin(), text.end(), control) || has_special(text)) return false;
  if (text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos) return false;
  Tree scalar;
  scalar.kind = Tree::Kind::scalar;
  scalar.plain = true;
  scalar.text = text;
  const auto read = resolve_scalar(scalar);
  return read.has_value() && read->is_string();
}

std::string text_line(std::string_view text) {
  return stands_plain(text) ? escaped_template(text) : in_quotes(escaped_template(text));
}

// Words that may stand in `[a, b]` as they are.
bool plain_word(const Value& value) {
  if (!value.is_string()) return value.is_scalar();
  const std::string& text = value.as_string();
  const auto word_byte = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-' || c == '/' || c == ' ';
  };
  return std::all_of(text.begin(), text.end(), word_byte) && stands_plain(text);
}

// `[a, b]`, when that is short; empty when it is not.
std::string flow_list(const Value::List& items) {
  std::string out = "[";
  for (const Value& item : items) {
    if (!plain_word(item)) return {};
    out += (out.size() > 1 ? ", " : "") + yaml_scalar(item);
    if (out.size() > kShortLine) return {};
  }
  return out + "]";
}

// Several lines that `|` can hold: the first says how deep they stand, and no blanks are lost.
bool fits_block(std::string_view text) {
  if (text.find('\n') == std::string_view::npos || text.front() == ' ' || text.front() == '\n') return false;
  if (text.ends_with("\n\n") || has_special(text)) return false;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    if (std::any_of(line.begin(), line.end(), control)) return false;
    if (!line.empty() && line.back() == ' ') return false;
    begin = end + 1;
  }
  return true;
}

std::string block_lines(std::string_view text, std::size_t indent) {
  std::string out = text.ends_with('\n') ? "|\n" : "|-\n";
  const std::string escaped = escaped_template(text);
  const std::string_view whole = escaped;
  for (std::size_t begin = 0; begin < whole.size();) {
    const std::size_t end = std::min(whole.find('\n', begin), whole.size());
    if (end > begin) out += std::string(indent, ' ') + std::string(whole.substr(begin, end - begin));
    out += "\n";
    begin = end + 1;
  }
  return out;
}

// What stands behind `key:` or `-`, with the newline; `indent` is how deep that key or dash stands.
std::string behind(const Value& value, std::size_t indent) {
  if (value.is_map() && !value.as_map().empty()) {
    std::string out = "\n";
    for (const auto& [key, item] : value.as_map()) out += yaml_entry(key, item, indent + 2);
    return out;
  }
  if (value.is_list() && !value.as_list().empty()) {
    if (const std::string flow = flow_list(value.as_list()); !flow.empty()) return " " + flow + "\n";
    std::string out = "\n";
    for (const Value& item : value.as_list()) out += std::string(indent + 2, ' ') + "-" + behind(item, indent + 2);
    return out;
  }
  if (value.is_string() && fits_block(value.as_string())) return " " + block_lines(value.as_string(), indent + 2);
  return " " + yaml_scalar(value) + "\n";
}

}  // namespace

std::string yaml_scalar(const Value& scalar) {
  if (scalar.is_string()) return text_line(scalar.as_string());
  if (scalar.is_map()) return "{}";
  if (scalar.is_list()) return "[]";
  if (scalar.is_null()) return "null";
  return scalar_text(scalar).value_or("null");
}

std::string yaml_entry(std::string_view key, const Value& value, std::size_t indent) {
  return std::string(indent, ' ') + text_line(key) + ":" + behind(value, indent);
}

}  // namespace plumb
