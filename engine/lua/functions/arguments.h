// What the standard functions share: arguments checked, items called for, results pushed.
//
// Every check that fails names the function, the argument's number, what was expected and what came.
#pragma once

#include <string>

#include "engine/lua/functions/functions.h"
#include "engine/lua/proxy.h"

namespace plumb::lua::functions {

// An empty Lua table is a map, and serves as a list too; and the reverse.
Value check_list(lua_State* L, int index);
Value check_map(lua_State* L, int index);
void check_function(lua_State* L, int index);
// A whole number, also written as 2.0 or as text.
lua_Integer check_whole(lua_State* L, int index);
lua_Integer check_whole(lua_State* L, int index, lua_Integer otherwise);
// Texts, at `index` and behind: each argument is one, or a list of some.
std::vector<std::string> check_texts(lua_State* L, int index);
// The argument that must be UTF-8.
std::string_view check_utf8(lua_State* L, int index);

// An item as it is outside of its container: the mark of the container goes with it.
inline Value inherit(const Value& item, const Value& container) {
  return container.sensitive() && !item.sensitive() ? item.with_sensitive() : item;
}
inline void read_item(lua_State* L, const Value& item, const Value& container) {
  read_content(L, item);
  read_shape(L, container);
}

int push_list(lua_State* L, Value::List items, bool marked = false);
int push_map(lua_State* L, std::vector<ValueMap::Entry> entries, bool marked = false);
int push_result(lua_State* L, std::string_view text);
// Without this one, a literal would become a bool.
inline int push_result(lua_State* L, const char* text) { return push_result(L, std::string_view(text)); }
int push_result(lua_State* L, bool answer);

// Calls the function at `function` with an item of `container` and what is on the top (its key or place), which it
// takes away; the answer is on the top.
void call_for(lua_State* L, int function, const Value& item, const Value& container);
// Sets the answer of the function at `index` for an item on the top; of a text at `index`, the member of that name.
void push_key_of(lua_State* L, int index, const Value& item, const Value& container, lua_Integer place);

// A text that two values share exactly if they are equal (1 and 1.0 are). Reads the content and charges for it.
std::string content_key(lua_State* L, const Value& value);

// `"text"` for a message, short and printable; `a sensitive value` when something marked was read.
std::string shown(lua_State* L, std::string_view text);

}  // namespace plumb::lua::functions
