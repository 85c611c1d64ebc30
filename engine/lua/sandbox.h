// The libraries that expressions see, in place of Lua's own where hooks do not fire, order is not fixed or addresses
// show.
#pragma once

#include "engine/lua/run.h"

namespace plumb::lua {

// A new state for `run`, which must outlive it. Its stack holds one table, the environment of expressions, read-only
// and locked.
lua_State* open_state(Run& run);
// Pushes a fresh environment for a module's script, which reads from the one at `index` and keeps what the script sets.
void push_script_environment(lua_State* L, int index);

// Each leaves one table of functions on the stack; `own` is Lua's original library at `index`, to take functions from.
void push_base_library(lua_State* L, int own);
void push_string_library(lua_State* L, int own);
void push_table_library(lua_State* L, int own);
void push_utf8_library(lua_State* L, int own);
void push_math_library(lua_State* L, int own);

// Pushes the table of everything that has no host behind it: standard functions and libraries. For raw reads only.
void push_standard_environment(lua_State* L);

// Adds to the table on the top.
void set_function(lua_State* L, const char* name, lua_CFunction function);
// Lua's own function of this name, from the library at `own`, with its texts charged before it runs.
void keep_linear(lua_State* L, int own, const char* name);
// The same where the cost does not depend on the arguments.
void keep(lua_State* L, int own, const char* name);

// How many values a function may return at once: copying argument lists is work that no hook sees.
constexpr lua_Integer most_results = 250;

// string.format, also known as `format`.
int format(lua_State* L);
// Refuses tables that are locked.
void check_writable(lua_State* L, int index);
// Sets up the pattern functions in the table on the top.
void set_pattern_functions(lua_State* L);

}  // namespace plumb::lua
