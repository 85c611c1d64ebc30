// The standard functions, one declaration each; the table of them is functions/table.cc.
#pragma once

#include <span>

#include "engine/lua/function_docs.h"
#include "engine/lua/lua_api.h"

namespace plumb::lua {

struct StandardFunction {
  FunctionDoc doc;
  lua_CFunction call;
};
std::span<const StandardFunction> standard_functions();

namespace functions {

// logic.cc
int attempt(lua_State* L);
int can(lua_State* L);
int coalesce(lua_State* L);
int is_null(lua_State* L);
int nonsensitive(lua_State* L);
int sensitive(lua_State* L);

// text.cc
int upper(lua_State* L);
int lower(lua_State* L);
int title(lua_State* L);
int trim(lua_State* L);
int split(lua_State* L);
int join(lua_State* L);
int replace(lua_State* L);
int slug(lua_State* L);
int starts_with(lua_State* L);
int ends_with(lua_State* L);
int contains(lua_State* L);

// collections.cc
int map(lua_State* L);
int filter(lua_State* L);
int merge(lua_State* L);
int keys(lua_State* L);
int values(lua_State* L);
int flatten(lua_State* L);
int concat(lua_State* L);
int range(lua_State* L);
int length(lua_State* L);
int list(lua_State* L);
int zipmap(lua_State* L);
int lookup(lua_State* L);

// ordering.cc
int sort(lua_State* L);
int unique(lua_State* L);

// encoding.cc, json.cc
int base64_decode(lua_State* L);
int base64_encode(lua_State* L);
int hex(lua_State* L);
int json_decode(lua_State* L);
int json_encode(lua_State* L);
int sha256(lua_State* L);
int url_encode(lua_State* L);

}  // namespace functions
}  // namespace plumb::lua
