// table: counted, and sorting is stable.
#include "engine/lua/merge_sort.h"
#include "engine/lua/opaque.h"
#include "engine/lua/proxy.h"
#include "engine/lua/sandbox.h"

namespace plumb::lua {
namespace {

void check_table(lua_State* L, int index) {
  if (proxy_at(L, index) != nullptr) {
    raise(L, std::string("a ") + kind_at(L, index) + " of the configuration is read-only; functions such as sort, " +
                 "concat and merge give a new one");
  }
  luaL_checktype(L, index, LUA_TTABLE);
  check_writable(L, index);
}

lua_Integer length(lua_State* L, int index) { return luaL_len(L, index); }

// insert and remove are ours: what Lua's own move stays uncounted, and they ask for the length again, which a
// metamethod may answer otherwise than it did us.
int insert(lua_State* L) {
  check_table(L, 1);
  const lua_Integer size = length(L, 1);
  const int arguments = lua_gettop(L);
  if (arguments != 2 && arguments != 3) raise(L, "wrong number of arguments to 'insert'");
  if (size == LUA_MAXINTEGER) bad_argument(L, 1, "the table is full");
  lua_Integer position = size + 1;
  if (arguments == 3) {
    position = luaL_checkinteger(L, 2);
    if (position < 1 || position > size + 1) bad_argument(L, 2, "position out of bounds");
    charge(L, static_cast<std::uint64_t>(size + 1 - position));
    for (lua_Integer i = size + 1; i > position; --i) {
      lua_geti(L, 1, i - 1);
      lua_seti(L, 1, i);
    }
  }
  charge(L, 1);
  lua_seti(L, 1, position);
  return 0;
}

int remove(lua_State* L) {
  check_table(L, 1);
  const lua_Integer size = length(L, 1);
  lua_Integer position = luaL_optinteger(L, 2, size);
  if (position != size && (position < 1 || position - 1 > size)) bad_argument(L, 2, "position out of bounds");
  charge(L, position < size ? static_cast<std::uint64_t>(size - position) + 1 : 1);
  lua_geti(L, 1, position);
  for (; position < size; ++position) {
    lua_geti(L, 1, position + 1);
    lua_seti(L, 1, position);
  }
  lua_pushnil(L);
  lua_seti(L, 1, position);
  return 1;
}

// Upvalue: Lua's own function.
int move(lua_State* L) {
  const lua_Integer from = luaL_checkinteger(L, 2);
  const lua_Integer to = luaL_checkinteger(L, 3);
  check_table(L, lua_isnoneornil(L, 5) ? 1 : 5);
  if (to >= from) charge(L, static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from) + 1);
  return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

int unpack(lua_State* L) {
  const lua_Integer from = luaL_optinteger(L, 2, 1);
  const lua_Integer to = lua_isnoneornil(L, 3) ? length(L, 1) : luaL_checkinteger(L, 3);
  if (to < from) return 0;
  if (static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from) >= static_cast<std::uint64_t>(most_results)) {
    raise(L, "more than " + std::to_string(most_results) + " results to unpack");
  }
  const auto count = static_cast<int>(to - from + 1);
  luaL_checkstack(L, count, "too many results");
  for (int i = 0; i < count; ++i) lua_geti(L, 1, from + i);
  return count;
}

int concat(lua_State* L) {
  const lua_Integer last = lua_isnoneornil(L, 4) ? length(L, 1) : luaL_checkinteger(L, 4);
  std::size_t size = 0;
  const char* data = luaL_optlstring(L, 2, "", &size);
  const std::string_view separator(data, size);
  std::string out;
  const lua_Integer first = luaL_optinteger(L, 3, 1);
  for (lua_Integer i = first; i <= last; ++i) {
    lua_geti(L, 1, i);
    const int type = lua_type(L, -1);
    if (const auto* reference = opaque_at(L, -1)) refuse_look(L, **reference);
    if (type != LUA_TSTRING && type != LUA_TNUMBER) {
      raise(L, "invalid value (a " + std::string(kind_at(L, -1)) + ") at index " + std::to_string(i) +
                   " in table for 'concat'");
    }
    push_as_text(L, -1);
    const std::string_view text = text_at(L, -1);
    charge_bytes(L, text.size() + size);
    check_size(L, out.size() + text.size() + size);
    if (i > first) out += separator;
    out += text;
    lua_pop(L, 2);
    if (i == LUA_MAXINTEGER) break;
  }
  push_text(L, out);
  return 1;
}

int sort(lua_State* L) {
  check_table(L, 1);
  const lua_Integer size = length(L, 1);
  if (!lua_isnoneornil(L, 2)) luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_settop(L, 2);
  charge_values(L, static_cast<std::size_t>(size < 0 ? 0 : size));
  lua_newtable(L);  // the items as they stood
  std::vector<int> order;
  for (lua_Integer i = 1; i <= size; ++i) {
    lua_geti(L, 1, i);
    lua_rawseti(L, 3, i);
    order.push_back(static_cast<int>(i));
  }
  const bool own = lua_isnil(L, 2);
  merge_sort(order, [L, own](int a, int b) {
    charge(L, 4);
    if (!own) lua_pushvalue(L, 2);
    lua_rawgeti(L, 3, a);
    lua_rawgeti(L, 3, b);
    bool before = false;
    if (own) {
      before = lua_compare(L, -2, -1, LUA_OPLT) != 0;
      lua_pop(L, 2);
    } else {
      lua_call(L, 2, 1);
      before = lua_toboolean(L, -1) != 0;
      lua_pop(L, 1);
    }
    return before;
  });
  for (std::size_t i = 0; i < order.size(); ++i) {
    lua_rawgeti(L, 3, order[i]);
    lua_seti(L, 1, static_cast<lua_Integer>(i + 1));
  }
  return 0;
}

}  // namespace

void push_table_library(lua_State* L, int own) {
  lua_newtable(L);
  set_function(L, "insert", &guarded<&insert, Looks::first>);
  set_function(L, "remove", &guarded<&remove>);
  lua_getfield(L, own, "move");
  lua_pushcclosure(L, &guarded<&move>, 1);
  lua_setfield(L, -2, "move");
  keep(L, own, "pack");
  set_function(L, "unpack", &guarded<&unpack>);
  set_function(L, "concat", &guarded<&concat>);
  set_function(L, "sort", &guarded<&sort>);
}

}  // namespace plumb::lua
