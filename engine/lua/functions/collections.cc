// Lists and maps. Each gives a new value that shares its items; marks stay on the leaves.
#include "engine/base/text.h"
#include "engine/lua/functions/arguments.h"

namespace plumb::lua::functions {
int map(lua_State* L) {
  const Value container = check_container(L, 1);
  check_function(L, 2);
  read_shape(L, container);
  if (container.is_list()) {
    Value::List items;
    lua_Integer at = 0;
    for (const Value& item : container.as_list()) {
      charge_values(L, 1);
      lua_pushinteger(L, ++at);
      call_for(L, 2, item, container);
      items.push_back(to_value(L, -1));
      lua_pop(L, 1);
    }
    return push_list(L, std::move(items));
  }
  ValueMap entries;
  for (const auto& [key, item] : container.as_map()) {
    charge_values(L, 1, key.size());
    push_text(L, key);
    call_for(L, 2, item, container);
    entries.set(key, to_value(L, -1));
    lua_pop(L, 1);
  }
  push_value(L, Value(std::move(entries)));
  return 1;
}

int filter(lua_State* L) {
  const Value container = check_container(L, 1);
  check_function(L, 2);
  read_shape(L, container);
  const auto wanted = [&](const Value& item) {
    call_for(L, 2, item, container);
    const bool answer = lua_toboolean(L, -1) != 0;
    lua_pop(L, 1);
    return answer;
  };
  if (container.is_list()) {
    Value::List items;
    lua_Integer at = 0;
    for (const Value& item : container.as_list()) {
      charge_values(L, 1);
      lua_pushinteger(L, ++at);
      if (wanted(item)) items.push_back(item);
    }
    push_value(L, Value::list(std::move(items)), container.sensitive());
    return 1;
  }
  ValueMap entries;
  for (const auto& [key, item] : container.as_map()) {
    charge_values(L, 1, key.size());
    push_text(L, key);
    if (wanted(item)) entries.set(key, item);
  }
  push_value(L, Value(std::move(entries)), container.sensitive());
  return 1;
}

int merge(lua_State* L) {
  std::vector<ValueMap::Entry> entries;
  const int count = lua_gettop(L);
  for (int i = 1; i <= count; ++i) {
    if (lua_isnil(L, i)) continue;
    const Value from = check_map(L, i);
    read_shape(L, from);
    for (const auto& [key, item] : from.as_map()) {
      charge_values(L, 1, key.size());
      entries.emplace_back(key, inherit(item, from));
    }
  }
  push_value(L, Value(ValueMap::from(std::move(entries))));
  return 1;
}

int keys(lua_State* L) {
  Value::List items;
  if (const Proxy* object = proxy_at(L, 1); object != nullptr && object->tag == Tag::object) {
    for (auto& key : keys_of(L, static_cast<const ObjectProxy*>(object)->ref)) {
      charge_values(L, 1, key.size());
      items.emplace_back(std::move(key));
    }
    return push_list(L, std::move(items));
  }
  const Value from = check_map(L, 1);
  read_shape(L, from);
  for (const auto& entry : from.as_map()) {
    charge_values(L, 1, entry.first.size());
    items.emplace_back(entry.first);
  }
  return push_list(L, std::move(items));
}

int values(lua_State* L) {
  const Value from = check_map(L, 1);
  Value::List items;
  charge_values(L, from.as_map().size());
  for (const auto& entry : from.as_map()) items.push_back(entry.second);
  push_value(L, Value::list(std::move(items)), from.sensitive());
  return 1;
}

int flatten(lua_State* L) {
  struct Level {
    Value list;
    std::size_t next = 0;
  };
  Value::List items;
  std::vector<Level> levels;
  levels.push_back({check_list(L, 1)});
  read_shape(L, levels.back().list);
  while (!levels.empty()) {
    Level& level = levels.back();
    if (level.next == level.list.as_list().size()) {
      levels.pop_back();
      continue;
    }
    Value item = inherit(level.list.as_list()[level.next++], level.list);
    charge_values(L, 1);
    if (item.is_list()) {
      read_shape(L, item);
      levels.push_back({std::move(item)});
    } else {
      items.push_back(std::move(item));
    }
  }
  return push_list(L, std::move(items));
}

int concat(lua_State* L) {
  Value::List items;
  const int count = lua_gettop(L);
  for (int i = 1; i <= count; ++i) {
    if (lua_isnil(L, i)) continue;
    const Value from = check_list(L, i);
    read_shape(L, from);
    charge_values(L, from.as_list().size());
    for (const Value& item : from.as_list()) items.push_back(inherit(item, from));
  }
  return push_list(L, std::move(items));
}

int range(lua_State* L) {
  const lua_Integer first = check_whole(L, 1);
  const lua_Integer last = check_whole(L, 2);
  const lua_Integer step = check_whole(L, 3, 1);
  if (step == 0) bad_argument(L, 3, "the step is 0");
  Value::List items;
  lua_Integer at = first;
  while (step > 0 ? at <= last : at >= last) {
    charge_values(L, 1, 16);
    items.emplace_back(std::int64_t{at});
    if (__builtin_add_overflow(at, step, &at)) break;
  }
  return push_list(L, std::move(items));
}

int length(lua_State* L) {
  const int type = lua_type(L, 1);
  if (type != LUA_TSTRING && type != LUA_TTABLE && type != LUA_TUSERDATA) wrong_argument(L, 1, "list, map or text");
  if (type == LUA_TTABLE) {
    const Value value = check_container(L, 1);
    lua_pushinteger(L, static_cast<lua_Integer>(value.is_list() ? value.as_list().size() : value.as_map().size()));
  } else {
    lua_len(L, 1);
  }
  return 1;
}

int list(lua_State* L) {
  push_value(L, check_list(L, 1));
  return 1;
}

int zipmap(lua_State* L) {
  const Value names = check_list(L, 1);
  const Value items = check_list(L, 2);
  read_content(L, names);
  read_shape(L, items);
  if (names.as_list().size() != items.as_list().size()) {
    bad_argument(L, 2,
                 ("as many values as keys expected, got " + std::to_string(items.as_list().size()) + " values for " +
                  counted(names.as_list().size(), "key"))
                     .c_str());
  }
  std::vector<ValueMap::Entry> entries;
  for (std::size_t i = 0; i < names.as_list().size(); ++i) {
    const Value& name = names.as_list()[i];
    const auto text = name.is_null() ? std::nullopt : scalar_text(name);
    if (!text)
      bad_argument(L, 1, ("list of texts expected, got a " + std::string(name.kind_name()) + " in it").c_str());
    charge_values(L, 1, text->size());
    entries.emplace_back(*text, inherit(items.as_list()[i], items));
  }
  push_value(L, Value(ValueMap::from(std::move(entries))));
  return 1;
}

int lookup(lua_State* L) {
  const int type = lua_type(L, 1);
  if (type != LUA_TTABLE && type != LUA_TUSERDATA) wrong_argument(L, 1, "list or map");
  lua_settop(L, 3);
  lua_pushvalue(L, 2);
  if (lua_gettable(L, 1) == LUA_TNIL) lua_pushvalue(L, 3);
  return 1;
}

}  // namespace plumb::lua::functions
