// Values and objects of the host's as Lua holds them: userdata that share what they stand for.
#pragma once

#include <string>

#include "engine/lua/run.h"

namespace plumb::lua {

enum class Tag : std::uint32_t { object, list, map, error, opaque };

// Every userdata in an interpreter is one of these.
struct Proxy {
  Tag tag;
};
struct ObjectProxy : Proxy {
  ObjectRef ref;
};
struct ValueProxy : Proxy {
  Value value;
};
struct ErrorProxy : Proxy {
  Error error;
};

// Makes the metatables; once, while the interpreter opens.
void open_proxies(lua_State* L);

void push_object(lua_State* L, ObjectRef ref);
void push_error(lua_State* L, Error error);
constexpr int deepest_value = 200;
// A scalar becomes Lua's own (and sets the flag when it is marked), a container a proxy; what is not known ends the
// evaluation. `marked`: a container around it is.
void push_value(lua_State* L, const Value& value, bool marked = false);
void push_access(lua_State* L, Access access, std::string_view key);

// nullptr when it is something else.
Proxy* proxy_at(lua_State* L, int index);
const Value* value_at(lua_State* L, int index);

// The list or map at `index`, from a proxy, an object or a Lua table; an argument error otherwise.
Value check_container(lua_State* L, int index);
// Whatever it is; its scalars have set the flag already, marks of proxied values stay on their leaves. An opaque
// reference becomes an unknown that remembers it.
Value to_value(lua_State* L, int index);
// The same for a document: references become their text. `name` is what messages call the whole, and may be empty.
Value to_document(lua_State* L, int index, std::string_view name);
// The whole value of an object.
Value whole_of(lua_State* L, ObjectRef ref);
std::vector<std::string> keys_of(lua_State* L, ObjectRef ref);

// Says that the content of a value is read as a whole: ends the evaluation when something in it is not known, sets the
// flag when something in it is marked.
void read_content(lua_State* L, const Value& value);
// Says that the shape of a container is read: how long it is, which keys it has.
inline void read_shape(lua_State* L, const Value& value) {
  if (value.sensitive()) run_of(L).sensitive = true;
}

bool equal(lua_State* L, int a, int b);
// Equal contents, marks aside; what it costs is charged.
bool same(lua_State* L, const Value& a, const Value& b);
// `list`, `map`, `string`, ...
const char* kind_at(lua_State* L, int index);
// Pushes what tostring gives.
void push_as_text(lua_State* L, int index);
// JSON in one line; ends the evaluation when something is not known.
std::string json_text(lua_State* L, const Value& value, int indent = -1);

}  // namespace plumb::lua
