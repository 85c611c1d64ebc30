// From one kind of value to another, and which kind it is.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "engine/lua/functions/arguments.h"

namespace plumb::lua::functions {
namespace {

// A decimal number as the whole of a text.
std::optional<Value> number_of(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const char* end = text.data() + text.size();
  std::int64_t whole = 0;
  if (const auto [stop, code] = std::from_chars(text.data(), end, whole); code == std::errc{} && stop == end) {
    return Value(whole);
  }
  double number = 0;
  const auto [stop, code] = std::from_chars(text.data(), end, number);
  if (code != std::errc{} || stop != end || !std::isfinite(number)) return std::nullopt;
  return Value(number);
}

bool keep_null(lua_State* L) {
  if (lua_isnone(L, 1)) wrong_argument(L, 1, "value");
  lua_settop(L, 1);
  return lua_isnil(L, 1);
}

}  // namespace

int to_string(lua_State* L) {
  if (keep_null(L)) return 1;
  const int type = lua_type(L, 1);
  if (type != LUA_TSTRING && type != LUA_TNUMBER && type != LUA_TBOOLEAN) {
    wrong_argument(L, 1, "text, number, true or false (json_encode writes lists and maps)");
  }
  push_as_text(L, 1);
  return 1;
}

int to_number(lua_State* L) {
  if (keep_null(L) || lua_type(L, 1) == LUA_TNUMBER) return 1;
  if (lua_type(L, 1) != LUA_TSTRING) wrong_argument(L, 1, "number, or text of one");
  const std::string_view text = check_text(L, 1);
  const auto number = number_of(text);
  if (!number) bad_argument(L, 1, ("text of a decimal number expected, got " + shown(L, text)).c_str());
  push_value(L, *number);
  return 1;
}

int to_bool(lua_State* L) {
  if (keep_null(L) || lua_type(L, 1) == LUA_TBOOLEAN) return 1;
  if (lua_type(L, 1) != LUA_TSTRING) wrong_argument(L, 1, "true, false, or text of one");
  const std::string_view text = check_text(L, 1);
  if (text != "true" && text != "false") {
    bad_argument(L, 1, ("\"true\" or \"false\" expected, got " + shown(L, text)).c_str());
  }
  return push_result(L, text == "true");
}

int to_list(lua_State* L) {
  if (keep_null(L)) return push_list(L, {});
  const Value container = check_container(L, 1);
  if (container.is_list()) {
    push_value(L, container);
    return 1;
  }
  read_shape(L, container);
  Value::List items;
  charge_values(L, container.as_map().size());
  for (const auto& entry : container.as_map()) items.push_back(entry.second);
  return push_list(L, std::move(items), container.sensitive());
}

int to_map(lua_State* L) {
  if (keep_null(L)) return push_map(L, {});
  push_value(L, check_map(L, 1));
  return 1;
}

int to_set(lua_State* L) {
  if (keep_null(L)) return push_list(L, {});
  const Value list = check_list(L, 1);
  read_content(L, list);
  // What comparing all of it may cost, n log n times the heaviest.
  std::uint64_t cost = 0;
  for (const Value& item : list.as_list()) cost += item.weight();
  for (std::size_t n = list.as_list().size(); n > 0; n /= 2) charge(L, cost);
  charge_values(L, list.as_list().size());
  Value::List items = list.as_list();
  std::stable_sort(items.begin(), items.end(), [](const Value& a, const Value& b) { return compare_values(a, b) < 0; });
  items.erase(std::unique(items.begin(), items.end()), items.end());
  return push_list(L, std::move(items), list.sensitive());
}

int type_of(lua_State* L) {
  if (lua_isnone(L, 1)) wrong_argument(L, 1, "value");
  switch (lua_type(L, 1)) {
    case LUA_TNIL:
      return push_result(L, "null");
    case LUA_TBOOLEAN:
      return push_result(L, "bool");
    case LUA_TNUMBER:
      return push_result(L, lua_isinteger(L, 1) != 0 ? "integer" : "number");
    case LUA_TTABLE:
    case LUA_TUSERDATA: {
      // An object of the host's reads like a map, and saying so asks the host nothing.
      if (const Proxy* proxy = proxy_at(L, 1); proxy != nullptr && proxy->tag == Tag::object) {
        return push_result(L, "map");
      }
      const Value value = check_container(L, 1);
      read_shape(L, value);
      return push_result(L, value.kind_name());
    }
    default:
      return push_result(L, luaL_typename(L, 1));
  }
}

}  // namespace plumb::lua::functions
