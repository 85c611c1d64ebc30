// Texts. Case is ASCII's: a plan does not depend on a locale.
#include <algorithm>

#include "engine/lua/functions/arguments.h"
#include "engine/lua/pattern.h"

namespace plumb::lua::functions {
namespace {

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
char to_upper(char c) { return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c; }
char to_lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

template <class Change>
int changed(lua_State* L, Change change) {
  std::string text(check_text(L, 1));
  std::transform(text.begin(), text.end(), text.begin(), change);
  return push_result(L, text);
}

}  // namespace

int upper(lua_State* L) { return changed(L, to_upper); }
int lower(lua_State* L) { return changed(L, to_lower); }

int title(lua_State* L) {
  bool inside = false;
  return changed(L, [&inside](char c) {
    const char made = inside ? c : to_upper(c);
    inside = is_upper(c) || is_lower(c) || is_digit(c) || c == '\'' || static_cast<unsigned char>(c) >= 0x80;
    return made;
  });
}

int trim(lua_State* L) {
  const std::string_view text = check_text(L, 1);
  const std::string_view characters = lua_isnoneornil(L, 2) ? " \t\n\r\f\v" : check_text(L, 2);
  charge(L, (text.size() / 16 + 1) * (characters.size() / 16 + 1));
  const std::size_t first = text.find_first_not_of(characters);
  if (first == std::string_view::npos) return push_result(L, "");
  return push_result(L, text.substr(first, text.find_last_not_of(characters) - first + 1));
}

int split(lua_State* L) {
  const std::string_view text = check_text(L, 1);
  const std::string_view separator = check_text(L, 2);
  if (separator.empty()) bad_argument(L, 2, "a separator expected, got an empty text");
  Value::List parts;
  for (std::size_t at = 0;;) {
    const std::size_t end = find_plain(text, separator, at);
    const std::string_view part = text.substr(at, end == std::string_view::npos ? end : end - at);
    charge_values(L, 1, part.size());
    parts.emplace_back(part);
    if (end == std::string_view::npos) break;
    at = end + separator.size();
  }
  push_value(L, Value::list(std::move(parts)));
  return 1;
}

int join(lua_State* L) {
  const Value list = check_list(L, 1);
  const std::string_view separator = lua_isnoneornil(L, 2) ? std::string_view() : check_text(L, 2);
  read_content(L, list);
  std::string out;
  bool first = true;
  for (const Value& item : list.as_list()) {
    const auto text = item.is_null() ? std::nullopt : scalar_text(item);
    if (!text) {
      bad_argument(L, 1, ("list of texts expected, got a " + std::string(item.kind_name()) + " in it").c_str());
    }
    charge_bytes(L, text->size() + separator.size());
    check_size(L, out.size() + text->size() + separator.size());
    if (!first) out += separator;
    first = false;
    out += *text;
  }
  return push_result(L, out);
}

int replace(lua_State* L) {
  const std::string_view text = check_text(L, 1);
  const std::string_view from = check_text(L, 2);
  const std::string_view to = check_text(L, 3);
  if (from.empty()) bad_argument(L, 2, "text to look for expected, got an empty one");
  std::string out;
  std::size_t at = 0;
  for (std::size_t found = 0; (found = find_plain(text, from, at)) != std::string_view::npos;
       at = found + from.size()) {
    charge_bytes(L, to.size());
    check_size(L, out.size() + (found - at) + to.size());
    out += text.substr(at, found - at);
    out += to;
  }
  out += text.substr(at);
  return push_result(L, out);
}

int slug(lua_State* L) {
  std::string out;
  bool gap = false;
  for (const char c : check_text(L, 1)) {
    if (!is_upper(c) && !is_lower(c) && !is_digit(c)) {
      gap = true;
      continue;
    }
    if (gap && !out.empty()) out += '-';
    gap = false;
    out += to_lower(c);
  }
  return push_result(L, out);
}

int starts_with(lua_State* L) {
  const std::string_view text = check_text(L, 1);
  return push_result(L, text.starts_with(check_text(L, 2)));
}

int ends_with(lua_State* L) {
  const std::string_view text = check_text(L, 1);
  return push_result(L, text.ends_with(check_text(L, 2)));
}

int contains(lua_State* L) {
  if (lua_isnone(L, 2)) wrong_argument(L, 2, "value");
  if (lua_type(L, 1) == LUA_TSTRING) {
    const std::string_view text = check_text(L, 1);
    return push_result(L, find_plain(text, check_text(L, 2)) != std::string_view::npos);
  }
  if (lua_type(L, 1) != LUA_TTABLE && lua_type(L, 1) != LUA_TUSERDATA) wrong_argument(L, 1, "list, map or text");
  const Value container = check_container(L, 1);
  const Value wanted = to_value(L, 2);
  read_content(L, wanted);
  if (container.is_map()) {
    if (!wanted.is_string() && !container.as_map().empty()) wrong_argument(L, 2, "string");
    read_shape(L, container);
    return push_result(L, wanted.is_string() && container.find(wanted.as_string()) != nullptr);
  }
  read_content(L, container);
  for (const Value& item : container.as_list()) {
    charge(L, 1);
    if (same(L, item, wanted)) return push_result(L, true);
  }
  return push_result(L, false);
}

}  // namespace plumb::lua::functions
