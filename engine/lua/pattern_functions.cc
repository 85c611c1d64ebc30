// find, match, gmatch and gsub over our own matcher.
#include "engine/lua/pattern.h"
#include "engine/lua/proxy.h"
#include "engine/lua/sandbox.h"

namespace plumb::lua {
namespace {

// An offset from 0, from Lua's `init` (from 1; negative counts from the end).
std::size_t start_offset(lua_State* L, int index, std::size_t size) {
  const lua_Integer init = luaL_optinteger(L, index, 1);
  if (init > 0) return static_cast<std::size_t>(init) - 1;
  if (init == 0 || init < -static_cast<lua_Integer>(size)) return 0;
  return size - static_cast<std::size_t>(-init);
}

int search(lua_State* L, bool find) {
  const std::string_view text = check_text(L, 1);
  std::string_view pattern = check_text(L, 2);
  const std::size_t from = start_offset(L, 3, text.size());
  if (from > text.size()) {
    lua_pushnil(L);
    return 1;
  }
  if (find && (lua_toboolean(L, 4) != 0 || pattern.find_first_of("^$*+?.([%-") == std::string_view::npos)) {
    const std::size_t at = find_plain(text, pattern, from);
    if (at == std::string_view::npos) {
      lua_pushnil(L);
      return 1;
    }
    lua_pushinteger(L, static_cast<lua_Integer>(at + 1));
    lua_pushinteger(L, static_cast<lua_Integer>(at + pattern.size()));
    return 2;
  }
  const bool anchored = pattern.starts_with('^');
  if (anchored) pattern.remove_prefix(1);
  Matcher matcher(L, text, pattern);
  for (std::size_t start = from; start <= text.size(); ++start) {
    matcher.reset();
    if (const std::size_t end = matcher.match(start, 0); end != Matcher::none) {
      if (!find) return matcher.push_captures(start, end, true);
      lua_pushinteger(L, static_cast<lua_Integer>(start + 1));
      lua_pushinteger(L, static_cast<lua_Integer>(end));
      return 2 + matcher.push_captures(start, end, false);
    }
    charge(L, 1);
    if (anchored) break;
  }
  lua_pushnil(L);
  return 1;
}

int find(lua_State* L) { return search(L, true); }
int match(lua_State* L) { return search(L, false); }

// Upvalues: text, pattern, where to look next, the end of the last match (so that an empty one does not come twice).
int gmatch_step(lua_State* L) {
  const std::string_view text = text_at(L, lua_upvalueindex(1));
  Matcher matcher(L, text, text_at(L, lua_upvalueindex(2)));
  const lua_Integer last = lua_tointeger(L, lua_upvalueindex(4));
  auto start = static_cast<std::size_t>(lua_tointeger(L, lua_upvalueindex(3)));
  for (; start <= text.size(); ++start) {
    matcher.reset();
    charge(L, 1);
    const std::size_t end = matcher.match(start, 0);
    if (end == Matcher::none || static_cast<lua_Integer>(end) == last) continue;
    lua_pushinteger(L, static_cast<lua_Integer>(end));
    lua_pushvalue(L, -1);
    lua_replace(L, lua_upvalueindex(3));
    lua_replace(L, lua_upvalueindex(4));
    return matcher.push_captures(start, end, true);
  }
  return 0;
}

int gmatch(lua_State* L) {
  const std::string_view text = check_text(L, 1);
  check_text(L, 2);
  const std::size_t from = std::min(start_offset(L, 3, text.size()), text.size() + 1);
  lua_settop(L, 2);
  lua_pushinteger(L, static_cast<lua_Integer>(from));
  lua_pushinteger(L, -1);
  lua_pushcclosure(L, &guarded<&gmatch_step>, 4);
  return 1;
}

void append_template(lua_State* L, Matcher& matcher, std::size_t start, std::size_t end, std::string& out) {
  const std::string_view text = text_at(L, 3);
  charge_bytes(L, text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const char c = ++i < text.size() ? text[i] : '\0';
    if (c == '%') {
      out += c;
    } else if (c == '0') {
      out += matcher.subject().substr(start, end - start);
    } else if (c >= '1' && c <= '9') {
      matcher.push_capture(static_cast<std::size_t>(c - '1'), start, end);
      out += text_at(L, -1);
      lua_pop(L, 1);
    } else {
      raise(L, "invalid use of '%' in replacement string");
    }
    check_size(L, out.size());
  }
}

// What the replacement at 3 makes of one match.
void append_replacement(lua_State* L, Matcher& matcher, std::size_t start, std::size_t end, std::string& out) {
  const int type = lua_type(L, 3);
  if (type == LUA_TFUNCTION) {
    lua_pushvalue(L, 3);
    const int count = matcher.push_captures(start, end, true);
    lua_call(L, count, 1);
  } else if (type == LUA_TTABLE || type == LUA_TUSERDATA) {
    matcher.push_capture(0, start, end);
    lua_gettable(L, 3);
  } else {
    return append_template(L, matcher, start, end, out);
  }
  if (lua_toboolean(L, -1) == 0) {
    out += matcher.subject().substr(start, end - start);
  } else if (lua_type(L, -1) == LUA_TSTRING || lua_type(L, -1) == LUA_TNUMBER) {
    push_as_text(L, -1);
    out += text_at(L, -1);
    lua_pop(L, 1);
  } else {
    raise(L, std::string("invalid replacement value (a ") + kind_at(L, -1) + ")");
  }
  lua_pop(L, 1);
}

int gsub(lua_State* L) {
  const std::string_view text = check_text(L, 1);
  std::string_view pattern = check_text(L, 2);
  const int type = lua_type(L, 3);
  if (type != LUA_TNUMBER && type != LUA_TSTRING && type != LUA_TFUNCTION && type != LUA_TTABLE &&
      value_at(L, 3) == nullptr) {
    wrong_argument(L, 3, "string/function/table");
  }
  if (type == LUA_TNUMBER) {
    push_as_text(L, 3);
    lua_replace(L, 3);
  }
  const lua_Integer most = luaL_optinteger(L, 4, static_cast<lua_Integer>(text.size()) + 1);
  const bool anchored = pattern.starts_with('^');
  if (anchored) pattern.remove_prefix(1);
  Matcher matcher(L, text, pattern);
  std::string out;
  lua_Integer count = 0;
  std::size_t at = 0;
  std::size_t last = Matcher::none;
  while (count < most) {
    matcher.reset();
    charge(L, 1);
    const std::size_t end = matcher.match(at, 0);
    if (end != Matcher::none && end != last) {
      ++count;
      append_replacement(L, matcher, at, end, out);
      at = last = end;
    } else if (at < text.size()) {
      out += text[at++];
    } else {
      break;
    }
    check_size(L, out.size());
    if (anchored) break;
  }
  if (at < text.size()) out += text.substr(at);
  push_text(L, out);
  lua_pushinteger(L, count);
  return 2;
}

}  // namespace

void set_pattern_functions(lua_State* L) {
  set_function(L, "find", &guarded<&find>);
  set_function(L, "match", &guarded<&match>);
  set_function(L, "gmatch", &guarded<&gmatch>);
  set_function(L, "gsub", &guarded<&gsub>);
}

}  // namespace plumb::lua
