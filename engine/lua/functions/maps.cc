// Maps: made of lists, taken apart, put together.
#include <algorithm>
#include <map>

#include "engine/base/text.h"
#include "engine/lua/functions/arguments.h"

namespace plumb::lua::functions {
namespace {

// The text of a scalar that becomes a key.
std::string key_at(lua_State* L, int index, const char* what) {
  const int type = lua_type(L, index);
  if (type != LUA_TSTRING && type != LUA_TNUMBER && type != LUA_TBOOLEAN) {
    bad_argument(L, 2, (std::string("text as ") + what + " expected, got " + kind_at(L, index)).c_str());
  }
  push_as_text(L, index);
  std::string key(text_at(L, -1));
  lua_pop(L, 1);
  charge_values(L, 1, key.size());
  return key;
}

void check_key_rule(lua_State* L) {
  if (lua_type(L, 2) != LUA_TSTRING && lua_type(L, 2) != LUA_TFUNCTION) wrong_argument(L, 2, "text or function");
}

int choose(lua_State* L, bool named) {
  const Value map = check_map(L, 1);
  std::vector<std::string> names = check_texts(L, 2);
  std::sort(names.begin(), names.end());
  read_shape(L, map);
  std::vector<ValueMap::Entry> entries;
  for (const auto& [key, item] : map.as_map()) {
    charge_values(L, 1, key.size());
    if (std::binary_search(names.begin(), names.end(), key) == named) entries.emplace_back(key, item);
  }
  return push_map(L, std::move(entries), map.sensitive());
}

// `over` on top of `base`; maps in both are merged in turn.
Value merged(lua_State* L, const Value& base, const Value& over, int depth) {
  if (depth > deepest_value) raise(L, "the value is nested too deep");
  read_shape(L, base);
  read_shape(L, over);
  std::vector<ValueMap::Entry> entries;
  charge_values(L, base.as_map().size() + over.as_map().size());
  for (const auto& [key, item] : base.as_map()) entries.emplace_back(key, inherit(item, base));
  for (const auto& [key, item] : over.as_map()) {
    charge_bytes(L, key.size());
    const Value* under = base.find(key);
    const bool both = under != nullptr && under->is_map() && item.is_map();
    entries.emplace_back(key,
                         both ? merged(L, inherit(*under, base), inherit(item, over), depth + 1) : inherit(item, over));
  }
  return ValueMap::from(std::move(entries));
}

}  // namespace

int pick(lua_State* L) { return choose(L, true); }
int omit(lua_State* L) { return choose(L, false); }

int entries(lua_State* L) {
  const Value map = check_map(L, 1);
  read_shape(L, map);
  Value::List items;
  for (const auto& [key, item] : map.as_map()) {
    charge_values(L, 3, key.size());
    items.emplace_back(ValueMap{{"key", Value(key)}, {"value", item}});
  }
  return push_list(L, std::move(items), map.sensitive());
}

int from_entries(lua_State* L) {
  const Value list = check_list(L, 1);
  read_shape(L, list);
  std::vector<ValueMap::Entry> made;
  for (const Value& item : list.as_list()) {
    if (item.is_unknown() || item.is_unavailable()) read_content(L, item);
    const Value* key = item.find("key");
    if (key == nullptr || !item.is_map()) bad_argument(L, 1, "list of maps with `key` and `value` expected");
    read_item(L, *key, item);
    const auto text = key->is_null() ? std::nullopt : scalar_text(*key);
    if (!text) {
      bad_argument(L, 1, ("text as `key` expected, got a " + std::string(key->kind_name())).c_str());
    }
    charge_values(L, 1, text->size());
    const Value* value = item.find("value");
    made.emplace_back(*text, value == nullptr ? Value() : inherit(*value, item));
  }
  return push_map(L, std::move(made), list.sensitive());
}

int group_by(lua_State* L) {
  const Value list = check_list(L, 1);
  check_key_rule(L);
  read_shape(L, list);
  std::map<std::string, Value::List> groups;
  lua_Integer place = 0;
  for (const Value& item : list.as_list()) {
    push_key_of(L, 2, item, list, ++place);
    groups[key_at(L, -1, "the group of an item")].push_back(item);
    lua_pop(L, 1);
  }
  std::vector<ValueMap::Entry> made;
  for (auto& [key, items] : groups) made.emplace_back(key, Value::list(std::move(items)));
  return push_map(L, std::move(made), list.sensitive());
}

int index_by(lua_State* L) {
  const Value list = check_list(L, 1);
  check_key_rule(L);
  read_shape(L, list);
  std::map<std::string, Value> made;
  lua_Integer place = 0;
  for (const Value& item : list.as_list()) {
    push_key_of(L, 2, item, list, ++place);
    const std::string key = key_at(L, -1, "the key of an item");
    lua_pop(L, 1);
    if (!made.emplace(key, item).second) {
      bad_argument(L, 1, ("items with different keys expected, got " + shown(L, key) + " twice").c_str());
    }
  }
  return push_map(L, {made.begin(), made.end()}, list.sensitive());
}

int merge_deep(lua_State* L) {
  Value result = Value::map();
  const int count = lua_gettop(L);
  for (int i = 1; i <= count; ++i) {
    if (lua_isnil(L, i)) continue;
    const Value from = check_map(L, i);
    read_shape(L, from);
    result = merged(L, result, from, 0);
  }
  push_value(L, result);
  return 1;
}

int transpose(lua_State* L) {
  const Value map = check_map(L, 1);
  read_content(L, map);
  std::map<std::string, Value::List> made;
  for (const auto& [key, list] : map.as_map()) {
    if (!list.is_list() && !(list.is_map() && list.as_map().empty())) {
      bad_argument(L, 1, ("map of lists expected, got a " + std::string(list.kind_name()) + " in it").c_str());
    }
    if (!list.is_list()) continue;
    for (const Value& item : list.as_list()) {
      if (!item.is_string()) {
        bad_argument(L, 1, ("lists of texts expected, got a " + std::string(item.kind_name()) + " in one").c_str());
      }
      charge_values(L, 2, key.size() + item.as_string().size());
      made[item.as_string()].emplace_back(key);
    }
  }
  std::vector<ValueMap::Entry> out;
  for (auto& [key, items] : made) out.emplace_back(key, Value::list(std::move(items)));
  return push_map(L, std::move(out));
}

}  // namespace plumb::lua::functions
