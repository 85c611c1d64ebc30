// Lists: parts of them, and what a list comes down to.
#include <algorithm>

#include "engine/base/text.h"
#include "engine/lua/functions/arguments.h"

namespace plumb::lua::functions {
namespace {

// The half-open part [first, last) of `size` things that Lua's counting means: from 1, negative ones from the end.
struct Part {
  std::size_t first = 0;
  std::size_t last = 0;
};

Part part_of(lua_State* L, std::size_t size) {
  const auto count = static_cast<lua_Integer>(size);
  lua_Integer first = check_whole(L, 2);
  lua_Integer last = check_whole(L, 3, -1);
  if (first < 0) first = std::max<lua_Integer>(count + first + 1, 1);
  if (last < 0) last = count + last + 1;
  first = std::max<lua_Integer>(first, 1);
  last = std::min(last, count);
  if (first > last) return {};
  return {static_cast<std::size_t>(first - 1), static_cast<std::size_t>(last)};
}

// Where each character of a UTF-8 text begins, and its end.
std::vector<std::size_t> characters(lua_State* L, std::string_view text) {
  charge_values(L, text.size() / 3 + 1);
  std::vector<std::size_t> begins;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) begins.push_back(i);
  }
  begins.push_back(text.size());
  return begins;
}

bool check_flag(lua_State* L, const Value& item) {
  if (item.is_bool()) return item.as_bool();
  bad_argument(L, 1, ("list of true and false expected, got a " + std::string(item.kind_name()) + " in it").c_str());
}

}  // namespace

int slice(lua_State* L) {
  const Value list = check_list(L, 1);
  read_shape(L, list);
  const Part part = part_of(L, list.as_list().size());
  charge_values(L, part.last - part.first);
  const auto begin = list.as_list().begin();
  return push_list(
      L, Value::List(begin + static_cast<std::ptrdiff_t>(part.first), begin + static_cast<std::ptrdiff_t>(part.last)),
      list.sensitive());
}

int substr(lua_State* L) {
  const std::string_view text = check_utf8(L, 1);
  const std::vector<std::size_t> begins = characters(L, text);
  const Part part = part_of(L, begins.size() - 1);
  return push_result(L, text.substr(begins[part.first], begins[part.last] - begins[part.first]));
}

int reverse(lua_State* L) {
  if (lua_type(L, 1) == LUA_TSTRING) {
    const std::string_view text = check_utf8(L, 1);
    const std::vector<std::size_t> begins = characters(L, text);
    std::string out;
    for (std::size_t i = begins.size() - 1; i > 0; --i) out += text.substr(begins[i - 1], begins[i] - begins[i - 1]);
    return push_result(L, out);
  }
  if (lua_type(L, 1) != LUA_TTABLE && lua_type(L, 1) != LUA_TUSERDATA) wrong_argument(L, 1, "list or text");
  const Value list = check_list(L, 1);
  charge_values(L, list.as_list().size());
  return push_list(L, Value::List(list.as_list().rbegin(), list.as_list().rend()), list.sensitive());
}

int chunk(lua_State* L) {
  const Value list = check_list(L, 1);
  const lua_Integer size = check_whole(L, 2);
  if (size < 1) bad_argument(L, 2, "size of at least 1 expected");
  read_shape(L, list);
  Value::List chunks;
  const Value::List& items = list.as_list();
  for (std::size_t at = 0; at < items.size();) {
    const std::size_t count = std::min(items.size() - at, static_cast<std::size_t>(size));
    charge_values(L, count + 1);
    const auto begin = items.begin() + static_cast<std::ptrdiff_t>(at);
    chunks.push_back(Value::list(Value::List(begin, begin + static_cast<std::ptrdiff_t>(count))));
    at += count;
  }
  return push_list(L, std::move(chunks), list.sensitive());
}

int compact(lua_State* L) {
  const Value list = check_list(L, 1);
  read_shape(L, list);
  Value::List kept;
  charge_values(L, list.as_list().size());
  for (const Value& item : list.as_list()) {
    if (!item.is_list() && !item.is_map()) read_content(L, item);
    const bool empty = item.is_null() || (item.is_string() && item.as_string().empty());
    if (!empty) kept.push_back(item);
  }
  return push_list(L, std::move(kept), list.sensitive());
}

int element(lua_State* L) {
  const Value list = check_list(L, 1);
  const lua_Integer place = check_whole(L, 2);
  read_shape(L, list);
  const auto size = static_cast<lua_Integer>(list.as_list().size());
  if (size == 0) bad_argument(L, 1, "list with an item in it expected, got an empty one");
  // Round and round, also below 1; without overflow.
  const lua_Integer offset = (place % size - 1 + size) % size;
  push_value(L, list.as_list()[static_cast<std::size_t>(offset)], list.sensitive());
  return 1;
}

int one(lua_State* L) {
  const Value list = check_list(L, 1);
  read_shape(L, list);
  if (list.as_list().size() > 1) {
    bad_argument(L, 1, ("list of at most one item expected, got " + counted(list.as_list().size(), "item")).c_str());
  }
  if (list.as_list().empty()) {
    lua_pushnil(L);
  } else {
    push_value(L, list.as_list().front(), list.sensitive());
  }
  return 1;
}

int index_of(lua_State* L) {
  const Value list = check_list(L, 1);
  if (lua_isnone(L, 2)) wrong_argument(L, 2, "value");
  const Value wanted = to_value(L, 2);
  read_content(L, wanted);
  read_shape(L, list);
  lua_Integer place = 0;
  for (const Value& item : list.as_list()) {
    ++place;
    charge(L, 1);
    read_content(L, item);
    if (!same(L, item, wanted)) continue;
    lua_pushinteger(L, place);
    return 1;
  }
  lua_pushnil(L);
  return 1;
}

int all_true(lua_State* L) {
  const Value list = check_list(L, 1);
  read_content(L, list);
  charge(L, list.as_list().size());
  bool all = true;
  for (const Value& item : list.as_list()) all = check_flag(L, item) && all;
  return push_result(L, all);
}

int any_true(lua_State* L) {
  const Value list = check_list(L, 1);
  read_content(L, list);
  charge(L, list.as_list().size());
  bool any = false;
  for (const Value& item : list.as_list()) any = check_flag(L, item) || any;
  return push_result(L, any);
}

int find(lua_State* L) {
  const Value list = check_list(L, 1);
  check_function(L, 2);
  read_shape(L, list);
  lua_Integer place = 0;
  for (const Value& item : list.as_list()) {
    charge(L, 1);
    lua_pushinteger(L, ++place);
    call_for(L, 2, item, list);
    const bool found = lua_toboolean(L, -1) != 0;
    lua_pop(L, 1);
    if (!found) continue;
    push_value(L, item, list.sensitive());
    return 1;
  }
  lua_pushnil(L);
  return 1;
}

int reduce(lua_State* L) {
  const Value container = check_container(L, 1);
  check_function(L, 3);
  read_shape(L, container);
  lua_settop(L, 3);
  lua_pushvalue(L, 2);  // what there is so far
  const auto fold = [&](const Value& item, auto push_key) {
    charge(L, 1);
    lua_pushvalue(L, 3);
    lua_insert(L, 4);  // function, so far
    push_value(L, item, container.sensitive());
    push_key();
    lua_call(L, 3, 1);
  };
  if (container.is_list()) {
    lua_Integer place = 0;
    for (const Value& item : container.as_list()) fold(item, [&] { lua_pushinteger(L, ++place); });
  } else {
    for (const auto& [key, item] : container.as_map()) {
      fold(item, [L, &name = key] {
        charge_bytes(L, name.size());
        push_text(L, name);
      });
    }
  }
  return 1;
}

int product(lua_State* L) {
  const int count = lua_gettop(L);
  if (count == 0) wrong_argument(L, 1, "list");
  std::vector<Value> lists;
  for (int i = 1; i <= count; ++i) {
    lists.push_back(check_list(L, i));
    read_shape(L, lists.back());
    if (lists.back().as_list().empty()) return push_list(L, {});
  }
  Value::List rows;
  std::vector<std::size_t> at(lists.size(), 0);
  while (true) {
    charge_values(L, lists.size() + 1);
    Value::List row;
    for (std::size_t i = 0; i < lists.size(); ++i) row.push_back(inherit(lists[i].as_list()[at[i]], lists[i]));
    rows.push_back(Value::list(std::move(row)));
    std::size_t i = lists.size();
    while (i > 0 && ++at[i - 1] == lists[i - 1].as_list().size()) at[--i] = 0;
    if (i == 0) break;
  }
  return push_list(L, std::move(rows));
}

}  // namespace plumb::lua::functions
