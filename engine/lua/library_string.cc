// string, utf8 and math: Lua's own where one call is cheap or linear, ours where it is not.
#include "engine/lua/proxy.h"
#include "engine/lua/sandbox.h"

namespace plumb::lua {
namespace {

int rep(lua_State* L) {
  const std::string_view text = check_text(L, 1);
  const lua_Integer count = luaL_checkinteger(L, 2);
  std::size_t gap = 0;
  const char* separator = luaL_optlstring(L, 3, "", &gap);
  const std::string_view between(separator, gap);
  if (count <= 0) {
    lua_pushliteral(L, "");
    return 1;
  }
  const auto times = static_cast<std::size_t>(count);
  const std::size_t each = text.size() + gap;
  if (each > 0 && times > run_of(L).limits.memory_bytes / each) stop(L, Stop::memory);
  charge_bytes(L, times * each);
  if (each > 0) charge(L, times / 4);
  std::string out;
  out.reserve(times * each);
  for (std::size_t i = 0; each > 0 && i < times; ++i) {
    if (i > 0) out += between;
    out += text;
  }
  push_text(L, out);
  return 1;
}

// The values between two positions, as `byte` and `codepoint` give them. Upvalue: Lua's own function.
int few_results(lua_State* L) {
  const std::string_view text = check_text(L, 1);
  const auto size = static_cast<lua_Integer>(text.size());
  const lua_Integer first = luaL_optinteger(L, 2, 1);
  const lua_Integer last = luaL_optinteger(L, 3, first);
  const lua_Integer from = first < 0 ? std::max<lua_Integer>(size + first + 1, 1) : first;
  const lua_Integer to = last < 0 ? size + last + 1 : std::min(last, size);
  if (to >= from && to - from >= most_results) raise(L, "more than " + std::to_string(most_results) + " results");
  return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

void keep_few(lua_State* L, int own, const char* name) {
  lua_getfield(L, own, name);
  lua_pushcclosure(L, &guarded<&few_results>, 1);
  lua_setfield(L, -2, name);
}

// Makes the argument of each `%s` text by our rules, and refuses `%p`.
void prepare_arguments(lua_State* L, std::string_view layout) {
  int argument = 1;
  for (std::size_t i = 0; i < layout.size(); ++i) {
    if (layout[i] != '%') continue;
    if (++i < layout.size() && layout[i] == '%') continue;
    while (i < layout.size() && std::string_view("-+ #0123456789.").find(layout[i]) != std::string_view::npos) ++i;
    const char conversion = i < layout.size() ? layout[i] : '\0';
    ++argument;
    if (conversion == 'p') raise(L, "invalid conversion '%p' to 'format': addresses are not shown");
    if (conversion != 's') continue;
    if (argument > lua_gettop(L)) bad_argument(L, argument, "no value");
    push_as_text(L, argument);
    charge_bytes(L, lua_rawlen(L, -1));
    lua_replace(L, argument);
  }
}

// The registry's key of Lua's own format.
constexpr char own_format = 0;

}  // namespace

int format(lua_State* L) {
  prepare_arguments(L, check_text(L, 1));
  const int arguments = lua_gettop(L);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &own_format);
  const lua_CFunction original = lua_tocfunction(L, -1);
  lua_settop(L, arguments);
  return original(L);
}

void push_string_library(lua_State* L, int own) {
  lua_getfield(L, own, "format");
  lua_rawsetp(L, LUA_REGISTRYINDEX, &own_format);
  lua_newtable(L);
  for (const char* name : {"char", "len", "lower", "reverse", "sub", "upper"}) keep_linear(L, own, name);
  keep_few(L, own, "byte");
  set_function(L, "rep", &guarded<&rep>);
  set_function(L, "format", &guarded<&format>);
  set_pattern_functions(L);
}

void push_utf8_library(lua_State* L, int own) {
  lua_newtable(L);
  for (const char* name : {"char", "len", "offset", "codes"}) keep_linear(L, own, name);
  keep_few(L, own, "codepoint");
  keep(L, own, "charpattern");
}

void push_math_library(lua_State* L, int own) {
  lua_newtable(L);
  for (const char* name : {"abs",  "acos", "asin", "atan", "ceil",       "cos",  "deg",        "exp",  "floor",
                           "fmod", "huge", "log",  "max",  "maxinteger", "min",  "mininteger", "modf", "pi",
                           "rad",  "sin",  "sqrt", "tan",  "tointeger",  "type", "ult"}) {
    keep(L, own, name);
  }
}

}  // namespace plumb::lua
