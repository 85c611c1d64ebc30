// Numbers, where Lua's `math` has nothing.
#include <cmath>

#include "engine/lua/functions/arguments.h"

namespace plumb::lua::functions {
namespace {

// The numbers given: of one list, or the arguments themselves.
Value::List check_numbers(lua_State* L) {
  const int type = lua_type(L, 1);
  const bool of_list = type == LUA_TTABLE || type == LUA_TUSERDATA;
  Value::List numbers;
  const int count = lua_gettop(L);
  if (of_list) {
    const Value list = check_list(L, 1);
    read_content(L, list);
    charge_values(L, list.as_list().size());
    numbers = list.as_list();
  } else {
    if (count == 0) wrong_argument(L, 1, "list of numbers");
    for (int i = 1; i <= count; ++i) {
      if (lua_type(L, i) != LUA_TNUMBER) wrong_argument(L, i, i == 1 ? "list of numbers, or number" : "number");
      numbers.push_back(to_value(L, i));
    }
  }
  for (const Value& number : numbers) {
    if (!number.is_number()) {
      bad_argument(L, 1, ("list of numbers expected, got a " + std::string(number.kind_name()) + " in it").c_str());
    }
  }
  return numbers;
}

int extreme(lua_State* L, int sign) {
  const Value::List numbers = check_numbers(L);
  if (numbers.empty()) bad_argument(L, 1, "list with a number in it expected, got an empty one");
  const Value* best = &numbers.front();
  for (const Value& number : numbers) {
    if (compare_values(number, *best) * sign > 0) best = &number;
  }
  push_value(L, *best);
  return 1;
}

}  // namespace

int min(lua_State* L) { return extreme(L, -1); }
int max(lua_State* L) { return extreme(L, 1); }

int sum(lua_State* L) {
  std::int64_t whole = 0;
  double fraction = 0;
  bool fractions = false;
  for (const Value& number : check_numbers(L)) {
    if (number.is_integer()) {
      if (__builtin_add_overflow(whole, number.as_integer(), &whole)) {
        bad_argument(L, 1, "numbers whose sum has 64 bits expected");
      }
    } else {
      fractions = true;
      fraction += number.as_number();
    }
  }
  if (fractions) {
    lua_pushnumber(L, static_cast<double>(whole) + fraction);
  } else {
    lua_pushinteger(L, whole);
  }
  return 1;
}

int round(lua_State* L) {
  if (lua_isinteger(L, 1) != 0) {
    lua_settop(L, 1);
    return 1;
  }
  if (lua_type(L, 1) != LUA_TNUMBER) wrong_argument(L, 1, "number");
  const double rounded = std::round(lua_tonumber(L, 1));
  constexpr double limit = 9223372036854775808.0;  // 2^63
  if (rounded >= -limit && rounded < limit) {
    lua_pushinteger(L, static_cast<lua_Integer>(rounded));
  } else {
    lua_pushnumber(L, rounded);
  }
  return 1;
}

}  // namespace plumb::lua::functions
