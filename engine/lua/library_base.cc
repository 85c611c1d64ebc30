// The base library: order is fixed, addresses do not show, and nothing catches what must end an evaluation.
#include <algorithm>
#include <optional>

#include "engine/lua/proxy.h"
#include "engine/lua/sandbox.h"

namespace plumb::lua {
namespace {

// Numbers, then texts, then false and true.
struct SortKey {
  int rank = 0;
  bool whole = false;
  lua_Integer integer = 0;
  double number = 0;
  std::string_view text;

  bool operator<(const SortKey& other) const {
    if (rank != other.rank) return rank < other.rank;
    if (rank == 1) return text < other.text;
    if (whole && other.whole) return integer < other.integer;
    return number < other.number;
  }
};

SortKey sort_key(lua_State* L, int index) {
  switch (lua_type(L, index)) {
    case LUA_TNUMBER:
      return {0, lua_isinteger(L, index) != 0, lua_tointeger(L, index), lua_tonumber(L, index), {}};
    case LUA_TSTRING:
      return {1, false, 0, 0, text_at(L, index)};
    case LUA_TBOOLEAN:
      return {2, true, lua_toboolean(L, index), 0, {}};
    default:
      raise(L, std::string("a table with a ") + kind_at(L, index) + " as a key has no fixed order");
  }
}

void push_key(lua_State* L, const SortKey& key) {
  if (key.rank == 1) return push_text(L, key.text);
  if (key.rank == 2) return lua_pushboolean(L, static_cast<int>(key.integer));
  if (key.whole) return lua_pushinteger(L, key.integer);
  lua_pushnumber(L, key.number);
}

// The keys of the table at `index`, sorted, as an array.
void push_sorted_keys(lua_State* L, int index) {
  std::vector<SortKey> keys;
  for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) keys.push_back(sort_key(L, -2));
  charge(L, keys.size() * 4);
  std::sort(keys.begin(), keys.end());
  lua_createtable(L, static_cast<int>(keys.size()), 0);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    push_key(L, keys[i]);
    lua_rawseti(L, -2, static_cast<lua_Integer>(i + 1));
  }
}

std::size_t advance(lua_State* L, int upvalue) {
  charge(L, 1);
  const lua_Integer at = lua_tointeger(L, lua_upvalueindex(upvalue));
  lua_pushinteger(L, at + 1);
  lua_replace(L, lua_upvalueindex(upvalue));
  return static_cast<std::size_t>(at);
}

// Upvalues: a list or map, how many were given.
int value_step(lua_State* L) {
  const Value& value = *value_at(L, lua_upvalueindex(1));
  const std::size_t at = advance(L, 2);
  if (value.is_list()) {
    if (at >= value.as_list().size()) return 0;
    lua_pushinteger(L, static_cast<lua_Integer>(at + 1));
    push_value(L, value.as_list()[at], value.sensitive());
  } else {
    if (at >= value.as_map().size()) return 0;
    const auto& [key, entry] = *(value.as_map().begin() + static_cast<std::ptrdiff_t>(at));
    push_text(L, key);
    push_value(L, entry, value.sensitive());
  }
  return 2;
}

// Upvalues: an object, the list of its keys, how many were given.
int object_step(lua_State* L) {
  const auto& keys = value_at(L, lua_upvalueindex(2))->as_list();
  const std::size_t at = advance(L, 3);
  if (at >= keys.size()) return 0;
  const std::string& key = keys[at].as_string();
  push_text(L, key);
  const auto ref = static_cast<const ObjectProxy*>(proxy_at(L, lua_upvalueindex(1)))->ref;
  push_access(L, run_of(L).host->member(ref, key), key);
  return 2;
}

// Upvalues: a table, the array of its sorted keys, how many were given. Skips what the loop has removed.
int table_step(lua_State* L) {
  while (true) {
    const auto at = static_cast<lua_Integer>(advance(L, 3));
    if (lua_rawgeti(L, lua_upvalueindex(2), at + 1) == LUA_TNIL) return 1;
    lua_pushvalue(L, -1);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) return 2;
    lua_pop(L, 2);
  }
}

int iterate_value(lua_State* L) {
  read_shape(L, *value_at(L, 1));
  lua_pushvalue(L, 1);
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, &guarded<&value_step>, 2);
  lua_pushvalue(L, 1);
  lua_pushnil(L);
  return 3;
}

Value object_keys(lua_State* L, const Proxy& object) {
  Value::List items;
  for (auto& key : keys_of(L, static_cast<const ObjectProxy&>(object).ref)) items.emplace_back(std::move(key));
  charge_values(L, items.size());
  return Value::list(std::move(items));
}

int pairs(lua_State* L) {
  luaL_checkany(L, 1);
  if (value_at(L, 1) != nullptr) return iterate_value(L);
  if (const Proxy* object = proxy_at(L, 1); object != nullptr && object->tag == Tag::object) {
    lua_pushvalue(L, 1);
    push_value(L, object_keys(L, *object));
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, &guarded<&object_step>, 3);
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    return 3;
  }
  if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
    lua_pushvalue(L, 1);
    lua_call(L, 1, 3);
    return 3;
  }
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_pushvalue(L, 1);
  push_sorted_keys(L, 1);
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, &guarded<&table_step>, 3);
  lua_pushvalue(L, 1);
  lua_pushnil(L);
  return 3;
}

int array_step(lua_State* L) {
  const lua_Integer at = luaL_checkinteger(L, 2) + 1;
  lua_pushinteger(L, at);
  return lua_geti(L, 1, at) == LUA_TNIL ? 1 : 2;
}

int ipairs(lua_State* L) {
  luaL_checkany(L, 1);
  if (const Value* value = value_at(L, 1); value != nullptr && value->is_list()) return iterate_value(L);
  lua_pushcfunction(L, &guarded<&array_step>);
  lua_pushvalue(L, 1);
  lua_pushinteger(L, 0);
  return 3;
}

// The least key above the one at 2; linear, so loops want pairs.
int next(lua_State* L) {
  lua_settop(L, 2);
  if (const Proxy* proxy = proxy_at(L, 1)) {
    const Value keys = proxy->tag == Tag::object ? object_keys(L, *proxy) : to_value(L, 1);
    if (keys.is_list() && proxy->tag != Tag::object) {
      read_shape(L, keys);
      const lua_Integer at = lua_isnil(L, 2) ? 1 : luaL_checkinteger(L, 2) + 1;
      if (at < 1 || static_cast<std::size_t>(at) > keys.as_list().size()) return 0;
      lua_pushinteger(L, at);
    } else {
      std::optional<std::string> best;
      const auto offer = [&](const std::string& key) {
        if (!best && (lua_isnil(L, 2) || key > text_at(L, 2))) best = key;
      };
      if (!lua_isnil(L, 2)) luaL_checktype(L, 2, LUA_TSTRING);
      if (keys.is_list()) {
        charge(L, keys.as_list().size());
        for (const Value& key : keys.as_list()) offer(key.as_string());
      } else {
        read_shape(L, keys);
        charge(L, keys.as_map().size());
        for (const auto& entry : keys.as_map()) offer(entry.first);
      }
      if (!best) return 0;
      push_text(L, *best);
    }
    lua_pushvalue(L, -1);
    lua_gettable(L, 1);
    return 2;
  }
  luaL_checktype(L, 1, LUA_TTABLE);
  const std::optional<SortKey> after = lua_isnil(L, 2) ? std::nullopt : std::optional(sort_key(L, 2));
  std::optional<SortKey> best;
  std::uint64_t steps = 1;
  for (lua_pushnil(L); lua_next(L, 1) != 0; lua_pop(L, 1), ++steps) {
    const SortKey key = sort_key(L, -2);
    if ((!after || *after < key) && (!best || key < *best)) best = key;
  }
  charge(L, steps);
  if (!best) return 0;
  push_key(L, *best);
  lua_pushvalue(L, -1);
  lua_rawget(L, 1);
  return 2;
}

// An Error of the host as the code sees it: its message.
void caught(lua_State* L) {
  if (const Proxy* proxy = proxy_at(L, -1); proxy != nullptr && proxy->tag == Tag::error) {
    push_as_text(L, -1);
    lua_replace(L, -2);
  }
}

int pcall(lua_State* L) {
  luaL_checkany(L, 1);
  lua_pushboolean(L, 1);
  lua_insert(L, 1);
  if (protected_call(L, lua_gettop(L) - 2, LUA_MULTRET) == LUA_OK) return lua_gettop(L);
  caught(L);
  lua_pushboolean(L, 0);
  lua_insert(L, -2);
  return 2;
}

// Upvalue: the user's handler, which never sees what must end the evaluation.
int handle(lua_State* L) {
  if (run_of(L).stop != Stop::none) return 1;
  lua_settop(L, 1);
  caught(L);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, 1, 1);
  return 1;
}

int xpcall(lua_State* L) {
  luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_pushvalue(L, 2);
  lua_pushcclosure(L, &guarded<&handle, Looks::none>, 1);
  lua_pushboolean(L, 1);
  lua_pushvalue(L, 1);
  lua_rotate(L, 3, 3);  // f, handler, guard, true, f, arguments
  if (protected_call(L, lua_gettop(L) - 5, LUA_MULTRET, 3) == LUA_OK) return lua_gettop(L) - 3;
  lua_pushboolean(L, 0);
  lua_insert(L, -2);
  return 2;
}

int error(lua_State* L) {
  const lua_Integer level = luaL_optinteger(L, 2, 1);
  lua_settop(L, 1);
  run_of(L).user_error = true;
  if (lua_type(L, 1) == LUA_TSTRING && level > 0) {
    luaL_where(L, static_cast<int>(std::min<lua_Integer>(level, 1000)));
    lua_pushvalue(L, 1);
    lua_concat(L, 2);
  }
  raise_top(L);
}

int assertion(lua_State* L) {
  luaL_checkany(L, 1);
  if (lua_toboolean(L, 1) != 0) return lua_gettop(L);
  run_of(L).user_error = true;
  if (lua_gettop(L) < 2) raise(L, "assertion failed!");
  lua_settop(L, 2);
  raise_top(L);
}

int tostring(lua_State* L) {
  luaL_checkany(L, 1);
  push_as_text(L, 1);
  return 1;
}

int type(lua_State* L) {
  luaL_checkany(L, 1);
  // A list or a map of the configuration can be used as a table, so that is what it says it is.
  const Proxy* proxy = proxy_at(L, 1);
  lua_pushstring(L, proxy == nullptr ? luaL_typename(L, 1) : proxy->tag == Tag::opaque ? "opaque" : "table");
  return 1;
}

// A private copy is set, so that nothing can be added to it later; getmetatable gives the original.
int setmetatable(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  if (!lua_isnil(L, 2)) luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  check_writable(L, 1);
  if (!lua_isnil(L, 2)) {
    for (const char* name : {"__gc", "__mode", "__close", "__concat"}) {
      lua_pushstring(L, name);
      if (lua_rawget(L, 2) != LUA_TNIL) raise(L, std::string("'") + name + "' is not available here");
      lua_pop(L, 1);
    }
    lua_newtable(L);
    for (lua_pushnil(L); lua_next(L, 2) != 0; lua_pop(L, 1)) {
      charge(L, 1);
      lua_pushvalue(L, -2);
      lua_pushvalue(L, -2);
      lua_rawset(L, 3);
    }
    lua_pushliteral(L, "__metatable");
    if (lua_rawget(L, 2) == LUA_TNIL) {
      lua_pushvalue(L, 2);
      lua_setfield(L, 3, "__metatable");
    }
    lua_settop(L, 3);
    lua_replace(L, 2);
  }
  lua_setmetatable(L, 1);
  return 1;
}

int getmetatable(lua_State* L) {
  luaL_checkany(L, 1);
  if (lua_getmetatable(L, 1) == 0) {
    lua_pushnil(L);
  } else {
    lua_pushliteral(L, "__metatable");
    lua_rawget(L, -2);
  }
  return 1;
}

int rawequal(lua_State* L) {
  luaL_checkany(L, 1);
  luaL_checkany(L, 2);
  // Two proxies of one value are one thing.
  const bool proxies = proxy_at(L, 1) != nullptr && proxy_at(L, 2) != nullptr;
  lua_pushboolean(L, proxies ? equal(L, 1, 2) : lua_rawequal(L, 1, 2));
  return 1;
}

int rawlen(lua_State* L) {
  if (proxy_at(L, 1) != nullptr) {
    lua_len(L, 1);
  } else {
    luaL_argexpected(L, lua_type(L, 1) == LUA_TTABLE || lua_type(L, 1) == LUA_TSTRING, 1, "table or string");
    lua_pushinteger(L, static_cast<lua_Integer>(lua_rawlen(L, 1)));
  }
  return 1;
}

int rawget(lua_State* L) {
  lua_settop(L, 2);
  if (proxy_at(L, 1) != nullptr) {
    lua_gettable(L, 1);
  } else {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_rawget(L, 1);
  }
  return 1;
}

int rawset(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checkany(L, 2);
  luaL_checkany(L, 3);
  lua_settop(L, 3);
  check_writable(L, 1);
  lua_rawset(L, 1);
  return 1;
}

}  // namespace

void check_writable(lua_State* L, int index) {
  const int type = luaL_getmetafield(L, index, "__metatable");
  if (type == LUA_TNIL) return;
  if (type == LUA_TBOOLEAN) raise(L, "the table is read-only");
  lua_pop(L, 1);
}

void push_base_library(lua_State* L, int own) {
  lua_newtable(L);
  set_function(L, "pairs", &guarded<&pairs>);
  set_function(L, "ipairs", &guarded<&ipairs>);
  set_function(L, "next", &guarded<&next>);
  set_function(L, "pcall", &guarded<&pcall, Looks::none>);
  set_function(L, "xpcall", &guarded<&xpcall, Looks::none>);
  set_function(L, "error", &guarded<&error, Looks::none>);
  set_function(L, "assert", &guarded<&assertion>);
  set_function(L, "tostring", &guarded<&tostring>);
  set_function(L, "type", &guarded<&type, Looks::none>);
  set_function(L, "setmetatable", &guarded<&setmetatable>);
  set_function(L, "getmetatable", &guarded<&getmetatable>);
  set_function(L, "rawequal", &guarded<&rawequal>);
  set_function(L, "rawlen", &guarded<&rawlen>);
  set_function(L, "rawget", &guarded<&rawget, Looks::none>);
  set_function(L, "rawset", &guarded<&rawset, Looks::first>);
  keep(L, own, "select");
  keep_linear(L, own, "tonumber");
}

}  // namespace plumb::lua
