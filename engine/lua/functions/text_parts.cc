// Texts: their ends, their lines, and what patterns find in them.
#include "engine/lua/functions/arguments.h"
#include "engine/lua/pattern.h"

namespace plumb::lua::functions {
namespace {

// What a match gives: the whole of it without captures, the capture if there is one, else the list of them.
void push_found(lua_State* L, Matcher& matcher, std::size_t start, std::size_t end) {
  const int top = lua_gettop(L);
  const int count = matcher.push_captures(start, end, true);
  if (count == 1) return;
  Value::List captures;
  for (int i = 1; i <= count; ++i) captures.push_back(to_value(L, top + i));
  lua_settop(L, top);
  push_list(L, std::move(captures));
}

}  // namespace

int trim_prefix(lua_State* L) {
  std::string_view text = check_text(L, 1);
  const std::string_view prefix = check_text(L, 2);
  if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
  return push_result(L, text);
}

int trim_suffix(lua_State* L) {
  std::string_view text = check_text(L, 1);
  const std::string_view suffix = check_text(L, 2);
  if (text.ends_with(suffix)) text.remove_suffix(suffix.size());
  return push_result(L, text);
}

int chomp(lua_State* L) {
  std::string_view text = check_text(L, 1);
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  return push_result(L, text);
}

int indent(lua_State* L) {
  const std::string_view text = check_text(L, 1);
  const lua_Integer spaces = check_whole(L, 2);
  if (spaces < 0 || spaces > 1000) bad_argument(L, 2, "0 to 1000 spaces expected");
  const std::string margin(static_cast<std::size_t>(spaces), ' ');
  std::string out;
  bool here = lua_toboolean(L, 3) != 0;  // whether the line at hand gets the margin
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
    const std::string_view line = text.substr(at, end - at);
    charge_bytes(L, margin.size());
    check_size(L, out.size() + margin.size() + line.size());
    if (here && line != "\n" && line != "\r\n") out += margin;
    out += line;
    here = true;
    at = end;
  }
  return push_result(L, out);
}

int match(lua_State* L) {
  const std::string_view text = check_text(L, 1);
  std::string_view pattern = check_text(L, 2);
  const bool anchored = pattern.starts_with('^');
  if (anchored) pattern.remove_prefix(1);
  Matcher matcher(L, text, pattern);
  for (std::size_t start = 0; start <= text.size(); ++start) {
    matcher.reset();
    charge(L, 1);
    if (const std::size_t end = matcher.match(start, 0); end != Matcher::none) {
      push_found(L, matcher, start, end);
      return 1;
    }
    if (anchored) break;
  }
  lua_pushnil(L);
  return 1;
}

int match_all(lua_State* L) {
  const std::string_view text = check_text(L, 1);
  std::string_view pattern = check_text(L, 2);
  const bool anchored = pattern.starts_with('^');
  if (anchored) pattern.remove_prefix(1);
  Matcher matcher(L, text, pattern);
  Value::List found;
  std::size_t last = Matcher::none;
  for (std::size_t at = 0; at <= text.size();) {
    matcher.reset();
    charge(L, 1);
    const std::size_t end = matcher.match(at, 0);
    // An empty match right behind another is the same place again.
    if (end != Matcher::none && end != last) {
      push_found(L, matcher, at, end);
      charge_values(L, 1);
      found.push_back(to_value(L, -1));
      lua_pop(L, 1);
      at = last = end;
    } else {
      ++at;
    }
    if (anchored) break;
  }
  return push_list(L, std::move(found));
}

}  // namespace plumb::lua::functions
