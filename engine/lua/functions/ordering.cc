// Order and sets: they compare contents, so they read them.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "engine/lua/functions/arguments.h"
#include "engine/lua/merge_sort.h"

namespace plumb::lua::functions {
namespace {

// Its items, each with the list's mark.
Value::List check_items(lua_State* L) {
  const Value list = check_list(L, 1);
  read_shape(L, list);
  charge_values(L, list.as_list().size());
  Value::List items = list.as_list();
  if (list.sensitive()) {
    for (Value& item : items) item = item.with_sensitive();
  }
  return items;
}

bool less(const Value& a, const Value& b) { return compare_values(a, b) < 0; }

}  // namespace

int sort(lua_State* L) {
  Value::List items = check_items(L);
  if (lua_isnoneornil(L, 2)) {
    for (const Value& item : items) {
      read_content(L, item);
      const bool same = item.is_string() ? items.front().is_string() : item.is_number() && items.front().is_number();
      if (!same)
        bad_argument(L, 1, "items that are all text or all numbers expected; or give a function that compares them");
    }
    merge_sort(items, [L](const Value& a, const Value& b) {
      charge(L, std::min(a.weight(), b.weight()));
      return less(a, b);
    });
  } else {
    check_function(L, 2);
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

int sort_by(lua_State* L) {
  const Value list = check_list(L, 1);
  if (lua_type(L, 2) != LUA_TSTRING && lua_type(L, 2) != LUA_TFUNCTION) wrong_argument(L, 2, "text or function");
  read_shape(L, list);
  struct Keyed {
    Value key;
    std::size_t place = 0;
  };
  const Value::List& items = list.as_list();
  std::vector<Keyed> order;
  charge_values(L, items.size() * 2);
  for (std::size_t i = 0; i < items.size(); ++i) {
    push_key_of(L, 2, items[i], list, static_cast<lua_Integer>(i + 1));
    order.push_back({to_value(L, -1), i});
    lua_pop(L, 1);
    const Value& key = order.back().key;
    const Value& first = order.front().key;
    const bool same_kind = key.is_string() ? first.is_string() : key.is_number() && first.is_number();
    if (!same_kind) bad_argument(L, 2, "keys that are all text or all numbers expected");
  }
  merge_sort(order, [L](const Keyed& a, const Keyed& b) {
    charge(L, 1 + std::min(a.key.weight(), b.key.weight()));
    return less(a.key, b.key);
  });
  Value::List sorted;
  for (const Keyed& entry : order) sorted.push_back(items[entry.place]);
  return push_list(L, std::move(sorted), list.sensitive());
}

int unique(lua_State* L) {
  Value::List kept;
  std::unordered_set<std::string> seen;
  for (Value& item : check_items(L)) {
    if (seen.insert(content_key(L, item)).second) kept.push_back(std::move(item));
  }
  return push_list(L, std::move(kept));
}

namespace {

enum class Keep : std::uint8_t { all, in_others, not_in_others };

// The items of the first list (of `all`: of all lists) without repeats, as far as the others let them stay.
int combine(lua_State* L, Keep keep) {
  const int count = lua_gettop(L);
  if (count == 0) wrong_argument(L, 1, "list");
  // How many lists behind the first have the item.
  std::unordered_map<std::string, int> others;
  std::vector<Value> lists;
  for (int i = 1; i <= count; ++i) {
    lists.push_back(check_list(L, i));
    read_shape(L, lists.back());
    read_content(L, lists.back());
    if (i == 1 || keep == Keep::all) continue;
    for (const Value& item : lists.back().as_list()) {
      int& met = others[content_key(L, item)];
      // One list counts once, however often it has the item.
      if (keep == Keep::not_in_others || met == i - 2) met = i - 1;
    }
  }
  Value::List kept;
  std::unordered_set<std::string> seen;
  for (const Value& list : lists) {
    for (const Value& item : list.as_list()) {
      std::string key = content_key(L, item);
      const auto met = others.find(key);
      const bool wanted =
          keep == Keep::all ||
          (keep == Keep::in_others ? (met == others.end() ? 0 : met->second) == count - 1 : met == others.end());
      if (wanted && seen.insert(std::move(key)).second) kept.push_back(inherit(item, list));
    }
    if (keep != Keep::all) break;
  }
  return push_list(L, std::move(kept));
}

}  // namespace

int set_union(lua_State* L) { return combine(L, Keep::all); }
int intersection(lua_State* L) { return combine(L, Keep::in_others); }
int difference(lua_State* L) { return combine(L, Keep::not_in_others); }

}  // namespace plumb::lua::functions
