// Null, errors and marks.
#include "engine/lua/functions/functions.h"
#include "engine/lua/proxy.h"

namespace plumb::lua::functions {
namespace {

// The forms are given functions by the rewriting; anything else was written without parentheses, or passed on by name.
void check_forms(lua_State* L, const char* message) {
  const int count = lua_gettop(L);
  if (count == 0) raise(L, message);
  for (int i = 1; i <= count; ++i) {
    if (lua_type(L, i) != LUA_TFUNCTION) raise(L, message);
  }
}

constexpr int deepest = 200;

Value without_marks(lua_State* L, const Value& value, int depth) {
  if (!value.any_sensitive()) return value;
  if (depth > deepest) raise(L, "the value is nested too deep");
  if (value.is_list()) {
    Value::List items;
    items.reserve(value.as_list().size());
    charge_values(L, value.as_list().size());
    for (const Value& item : value.as_list()) items.push_back(without_marks(L, item, depth + 1));
    return Value::list(std::move(items));
  }
  if (value.is_map()) {
    ValueMap entries;
    entries.reserve(value.as_map().size());
    charge_values(L, value.as_map().size());
    for (const auto& [key, entry] : value.as_map()) entries.set(key, without_marks(L, entry, depth + 1));
    return Value(std::move(entries));
  }
  return value.with_sensitive(false);
}

}  // namespace

int attempt(lua_State* L) {
  check_forms(L, "try is a form: write try(expression, otherwise)");
  const int count = lua_gettop(L);
  for (int i = 1; i <= count; ++i) {
    lua_pushvalue(L, i);
    if (protected_call(L, 0, 1) == LUA_OK) return 1;
    if (i < count) lua_pop(L, 1);
  }
  raise_top(L);
}

int can(lua_State* L) {
  check_forms(L, "can is a form: write can(expression)");
  lua_settop(L, 1);
  lua_pushboolean(L, protected_call(L, 0, 1) == LUA_OK);
  return 1;
}

int coalesce(lua_State* L) {
  const int count = lua_gettop(L);
  for (int i = 1; i <= count; ++i) {
    if (lua_isnil(L, i)) continue;
    lua_pushvalue(L, i);
    return 1;
  }
  raise(L, "coalesce: every value is null");
}

int is_null(lua_State* L) {
  lua_pushboolean(L, lua_isnoneornil(L, 1));
  return 1;
}

int sensitive(lua_State* L) {
  if (lua_isnone(L, 1)) wrong_argument(L, 1, "value");
  lua_settop(L, 1);
  run_of(L).sensitive = true;
  return 1;
}

int nonsensitive(lua_State* L) {
  check_forms(L, "nonsensitive is a form: write nonsensitive(expression)");
  lua_settop(L, 1);
  Run& run = run_of(L);
  const bool before = run.sensitive;
  run.used_nonsensitive = true;
  run.sensitive = false;
  const int status = lua_pcall(L, 0, 1, 0);
  if (status != LUA_OK) {
    // What failed may still speak of what it read.
    if (run.stop == Stop::unknown || run.stop == Stop::demand) {
      run.stop_sensitive = false;
      run.sensitive = before;
    }
    run.sensitive = run.sensitive || before;
    if (status == LUA_ERRMEM) stop(L, run.memory.churned ? Stop::steps : Stop::memory);
    raise_top(L);
  }
  if (lua_type(L, -1) == LUA_TUSERDATA || lua_type(L, -1) == LUA_TTABLE) {
    // Should the crossing fail, nothing is forgotten.
    run.sensitive = run.sensitive || before;
    const Value value = to_value(L, -1);
    run.sensitive = before;
    push_value(L, without_marks(L, value, 0));
  }
  run.sensitive = before;
  return 1;
}

}  // namespace plumb::lua::functions
