// sort and unique: they compare contents, so they read them.
#include <unordered_set>

#include "engine/lua/functions/functions.h"
#include "engine/lua/merge_sort.h"
#include "engine/lua/proxy.h"

namespace plumb::lua::functions {
namespace {

Value::List check_items(lua_State* L) {
  const Value list = check_container(L, 1);
  if (list.is_map() && !list.as_map().empty()) wrong_argument(L, 1, "list");
  read_shape(L, list);
  if (list.is_map()) return {};
  charge_values(L, list.as_list().size());
  Value::List items = list.as_list();
  if (list.sensitive()) {
    for (Value& item : items) item = item.with_sensitive();
  }
  return items;
}

bool less(const Value& a, const Value& b) {
  if (a.is_string()) return a.as_string() < b.as_string();
  if (a.is_integer() && b.is_integer()) return a.as_integer() < b.as_integer();
  return a.as_number() < b.as_number();
}

}  // namespace

int sort(lua_State* L) {
  Value::List items = check_items(L);
  if (lua_isnoneornil(L, 2)) {
    for (const Value& item : items) {
      read_content(L, item);
      const bool same = item.is_string() ? items.front().is_string() : item.is_number() && items.front().is_number();
      if (!same) raise(L, "sort: the items must be all text or all numbers, or give a function to compare them");
    }
    merge_sort(items, [L](const Value& a, const Value& b) {
      charge(L, 1);
      return less(a, b);
    });
  } else {
    luaL_checktype(L, 2, LUA_TFUNCTION);
    merge_sort(items, [L](const Value& a, const Value& b) {
      charge(L, 1);
      lua_pushvalue(L, 2);
      push_value(L, a);
      push_value(L, b);
      lua_call(L, 2, 1);
      const bool before = lua_toboolean(L, -1) != 0;
      lua_pop(L, 1);
      return before;
    });
  }
  push_value(L, Value::list(std::move(items)));
  return 1;
}

int unique(lua_State* L) {
  Value::List kept;
  std::unordered_set<std::string> seen;
  for (Value& item : check_items(L)) {
    // Equal values have one JSON text, and different ones two.
    std::string text = json_text(L, item);
    charge_values(L, 1, text.size());
    if (seen.insert(std::move(text)).second) kept.push_back(std::move(item));
  }
  push_value(L, Value::list(std::move(kept)));
  return 1;
}

}  // namespace plumb::lua::functions
