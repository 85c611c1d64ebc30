#include "engine/lua/functions/arguments.h"

#include <cmath>

#include "engine/base/text.h"

namespace plumb::lua::functions {

Value check_list(lua_State* L, int index) {
  const int type = lua_type(L, index);
  if (type != LUA_TUSERDATA && type != LUA_TTABLE) wrong_argument(L, index, "list");
  Value value = check_container(L, index);
  if (value.is_map() && value.as_map().empty()) return Value::list().with_sensitive(value.sensitive());
  if (!value.is_list()) bad_argument(L, index, "list expected, got map");
  return value;
}

Value check_map(lua_State* L, int index) {
  const int type = lua_type(L, index);
  if (type != LUA_TUSERDATA && type != LUA_TTABLE) wrong_argument(L, index, "map");
  Value value = check_container(L, index);
  if (value.is_list() && value.as_list().empty()) return Value::map().with_sensitive(value.sensitive());
  if (!value.is_map()) bad_argument(L, index, "map expected, got list");
  return value;
}

void check_function(lua_State* L, int index) {
  if (lua_type(L, index) != LUA_TFUNCTION) wrong_argument(L, index, "function");
}

lua_Integer check_whole(lua_State* L, int index) {
  int whole = 0;
  const lua_Integer number = lua_tointegerx(L, index, &whole);
  if (whole != 0) return number;
  if (lua_type(L, index) == LUA_TNUMBER) bad_argument(L, index, "whole number expected, got one with a fraction");
  wrong_argument(L, index, "whole number");
}

lua_Integer check_whole(lua_State* L, int index, lua_Integer otherwise) {
  return lua_isnoneornil(L, index) ? otherwise : check_whole(L, index);
}

std::vector<std::string> check_texts(lua_State* L, int index) {
  std::vector<std::string> texts;
  const int count = lua_gettop(L);
  if (count < index) wrong_argument(L, index, "text or list of texts");
  for (int i = index; i <= count; ++i) {
    const int type = lua_type(L, i);
    if (type != LUA_TUSERDATA && type != LUA_TTABLE) {
      texts.emplace_back(check_text(L, i));
      charge_values(L, 1, texts.back().size());
      continue;
    }
    const Value list = check_list(L, i);
    read_content(L, list);
    for (const Value& item : list.as_list()) {
      if (!item.is_string()) {
        bad_argument(L, i, ("list of texts expected, got a " + std::string(item.kind_name()) + " in it").c_str());
      }
      charge_values(L, 1, item.as_string().size());
      texts.push_back(item.as_string());
    }
  }
  return texts;
}

std::string_view check_utf8(lua_State* L, int index) {
  const std::string_view text = check_text(L, index);
  if (!valid_utf8(text)) bad_argument(L, index, "UTF-8 text expected, got other bytes");
  return text;
}

int push_list(lua_State* L, Value::List items, bool marked) {
  push_value(L, Value::list(std::move(items)), marked);
  return 1;
}

int push_map(lua_State* L, std::vector<ValueMap::Entry> entries, bool marked) {
  push_value(L, Value(ValueMap::from(std::move(entries))), marked);
  return 1;
}

int push_result(lua_State* L, std::string_view text) {
  push_text(L, text);
  return 1;
}

int push_result(lua_State* L, bool answer) {
  lua_pushboolean(L, answer);
  return 1;
}

void call_for(lua_State* L, int function, const Value& item, const Value& container) {
  lua_pushvalue(L, function);
  lua_insert(L, -2);
  push_value(L, item, container.sensitive());
  lua_insert(L, -2);
  lua_call(L, 2, 1);
}

void push_key_of(lua_State* L, int index, const Value& item, const Value& container, lua_Integer place) {
  if (lua_type(L, index) == LUA_TFUNCTION) {
    lua_pushinteger(L, place);
    return call_for(L, index, item, container);
  }
  const std::string_view name = text_at(L, index);
  if (item.is_unknown() || item.is_unavailable()) read_content(L, item);
  if (!item.is_map()) {
    bad_argument(L, 1, ("list of maps expected, got a " + std::string(item.kind_name()) + " in it").c_str());
  }
  read_shape(L, item);
  push_value(L, item.get(name), container.sensitive());
}

namespace {

void append_text(lua_State* L, const std::string& text, std::string& out) {
  charge_values(L, 1, text.size());
  charge_bytes(L, text.size());
  out.append(1, 's').append(std::to_string(text.size())).append(1, ':').append(text);
}

void append_key(lua_State* L, const Value& value, std::string& out) {
  charge_values(L, 1);
  if (value.is_string()) {
    append_text(L, value.as_string(), out);
  } else if (value.is_list()) {
    out += '[';
    for (const Value& item : value.as_list()) append_key(L, item, out);
    out += ']';
  } else if (value.is_map()) {
    out += '{';
    for (const auto& [key, entry] : value.as_map()) {
      append_text(L, key, out);
      append_key(L, entry, out);
    }
    out += '}';
  } else if (value.is_number()) {
    const bool zero = value.as_number() == 0;
    out.append(1, 'n').append(zero ? "0" : *scalar_text(value)).append(1, ';');
  } else {
    out += value.is_null() ? 'z' : (value.as_bool() ? 't' : 'f');
  }
}

}  // namespace

std::string content_key(lua_State* L, const Value& value) {
  read_content(L, value);
  std::string key;
  append_key(L, value, key);
  return key;
}

std::string shown(lua_State* L, std::string_view text) {
  if (run_of(L).sensitive) return "a sensitive value";
  constexpr std::size_t most = 60;
  const std::string printed = printable(text.substr(0, most));
  return '"' + printed + (text.size() > most ? "...\"" : "\"");
}

}  // namespace plumb::lua::functions
