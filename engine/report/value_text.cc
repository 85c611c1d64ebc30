#include "engine/report/value_text.h"

#include <algorithm>

#include "engine/base/text.h"
#include "engine/model/address.h"

namespace plumb {

namespace {

// A container longer than this is shown over several lines.
constexpr std::size_t kShortLine = 72;
constexpr std::size_t kMostLines = 40;
constexpr std::size_t kAround = 2;

std::string text_in_quotes(std::string_view text) { return "\"" + printable(json_escape(text)) + "\""; }

std::string key_text(const std::string& key) {
  const bool plain = !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
  return plain ? key : text_in_quotes(key);
}

std::string list_text(const Value::List& items) {
  std::string out = "[";
  for (std::size_t i = 0; i < items.size(); ++i) out += (i == 0 ? "" : ", ") + value_text(items[i]);
  return out + "]";
}

std::string map_text(const ValueMap& entries) {
  if (entries.empty()) return "{}";
  std::string out = "{ ";
  bool first = true;
  for (const auto& [key, value] : entries) {
    out += (first ? "" : ", ") + key_text(key) + ": " + value_text(value);
    first = false;
  }
  return out + " }";
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const std::size_t newline = text.find('\n');
    out.push_back(text.substr(0, newline));
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
  }
  return out;
}

bool block_text(const Value& value) {
  return value.is_string() && value.as_string().find('\n') + 1 < value.as_string().size() &&
         value.as_string().find('\n') != std::string::npos;
}

bool nests(const Value& value) {
  if (value.sensitive() || !(value.is_list() || value.is_map())) return false;
  if (value.is_list() ? value.as_list().empty() : value.as_map().empty()) return false;
  return value_text(value).size() > kShortLine;
}

void append_block(std::vector<std::string>& out, std::string_view text, const std::string& blanks) {
  const std::vector<std::string_view> lines = lines_of(text);
  const std::size_t shown = lines.size() > kMostLines ? kMostLines / 2 : lines.size();
  for (std::size_t i = 0; i < shown; ++i) out.push_back(blanks + printable(lines[i]));
  if (shown < lines.size()) out.push_back(blanks + "... " + counted(lines.size() - shown, "more line", "more lines"));
}

void append_value(std::vector<std::string>& out, const std::string& label, const Value& value, std::size_t indent) {
  const std::string blanks(indent, ' ');
  if (!value.sensitive() && block_text(value)) {
    out.push_back(blanks + label + ": |");
    append_block(out, value.as_string(), blanks + "  ");
    return;
  }
  if (!nests(value)) {
    out.push_back(blanks + (label.empty() ? "" : label + ": ") + value_text(value));
    return;
  }
  out.push_back(blanks + label + ":");
  if (value.is_list()) {
    for (std::size_t i = 0; i < value.as_list().size(); ++i) {
      const Value& item = value.as_list()[i];
      if (nests(item) || (!item.sensitive() && block_text(item))) {
        append_value(out, "- [" + std::to_string(i) + "]", item, indent + 2);
      } else {
        out.push_back(blanks + "  - " + value_text(item));
      }
    }
    return;
  }
  for (const auto& [key, item] : value.as_map()) append_value(out, key_text(key), item, indent + 2);
}

}  // namespace

std::string value_text(const Value& value) {
  if (value.is_unavailable()) return "(unavailable)";
  if (value.sensitive()) return value.is_unknown() ? "(sensitive, known after apply)" : "(sensitive)";
  switch (value.kind()) {
    case Value::Kind::null:
      return "null";
    case Value::Kind::string:
      return text_in_quotes(value.as_string());
    case Value::Kind::list:
      return list_text(value.as_list());
    case Value::Kind::map:
      return map_text(value.as_map());
    case Value::Kind::unknown:
      return "(known after apply)";
    case Value::Kind::unavailable:
      return "(unavailable)";
    case Value::Kind::boolean:
    case Value::Kind::integer:
    case Value::Kind::number:
      break;
  }
  return scalar_text(value).value_or("");
}

std::vector<std::string> value_lines(const std::string& label, const Value& value, std::size_t indent) {
  std::vector<std::string> out;
  append_value(out, label, value, indent);
  return out;
}

std::vector<std::string> text_diff(std::string_view before, std::string_view after) {
  const std::vector<std::string_view> old_lines = lines_of(before);
  const std::vector<std::string_view> new_lines = lines_of(after);
  const std::size_t shorter = std::min(old_lines.size(), new_lines.size());
  // What both begin and end with; the middle is shown whole. Linear, and enough to see what moved.
  std::size_t head = 0;
  while (head < shorter && old_lines[head] == new_lines[head]) ++head;
  std::size_t tail = 0;
  while (tail < shorter - head && old_lines[old_lines.size() - 1 - tail] == new_lines[new_lines.size() - 1 - tail]) {
    ++tail;
  }
  std::vector<std::string> out;
  for (std::size_t i = head - std::min(head, kAround); i < head; ++i) out.push_back("  " + printable(old_lines[i]));
  for (std::size_t i = head; i < old_lines.size() - tail; ++i) out.push_back("- " + printable(old_lines[i]));
  for (std::size_t i = head; i < new_lines.size() - tail; ++i) out.push_back("+ " + printable(new_lines[i]));
  for (std::size_t i = 0; i < std::min(tail, kAround); ++i) {
    out.push_back("  " + printable(new_lines[new_lines.size() - tail + i]));
  }
  return out;
}

}  // namespace plumb
