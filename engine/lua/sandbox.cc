#include "engine/lua/sandbox.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "engine/base/suggest.h"
#include "engine/lua/functions/functions.h"
#include "engine/lua/proxy.h"

namespace plumb::lua {
namespace {

// The registry's key of the table that push_standard_environment gives.
constexpr char standard_environment = 0;

// Upvalue: Lua's own function.
int linear(lua_State* L) {
  std::size_t bytes = 0;
  for (int i = lua_gettop(L); i > 0; --i) {
    if (lua_type(L, i) == LUA_TSTRING) bytes += lua_rawlen(L, i);
  }
  charge_bytes(L, bytes);
  return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

int refuse_write(lua_State* L) { raise(L, "globals and libraries are read-only"); }

// Wraps the table on the top in an empty one that reads from it and cannot be written or unlocked.
void lock(lua_State* L) {
  lua_newtable(L);
  lua_createtable(L, 0, 3);
  lua_rotate(L, -3, -1);
  lua_setfield(L, -2, "__index");
  set_function(L, "__newindex", &guarded<&refuse_write>);
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_setmetatable(L, -2);
}

using Pusher = void (*)(lua_State*, int);

// Opens one of Lua's libraries aside and replaces it by what `push` makes of it.
void push_from(lua_State* L, lua_CFunction opener, Pusher push) {
  lua_pushcfunction(L, opener);
  lua_call(L, 0, 1);
  push(L, lua_gettop(L));
  lua_remove(L, -2);
}

[[noreturn]] void undefined(lua_State* L, const std::string& name) {
  charge(L, 2000);  // looking for what was meant is work, and the message may be caught
  std::vector<std::string> words = run_of(L).scope;
  const auto functions = Interpreter::function_names();
  words.insert(words.end(), functions.begin(), functions.end());
  for (const char* word : {"pairs", "ipairs", "type", "select", "error", "assert", "math", "string", "table", "utf8",
                           "tostring", "tonumber", "pcall"}) {
    words.emplace_back(word);
  }
  const std::string message = "\"" + name + "\" is not defined" + did_you_mean(name, words);
  if (!run_of(L).script) raise(L, message);
  constexpr std::array<std::string_view, 7> scope{"var", "locals", "each", "data", "module", "stacks", "stack"};
  if (std::find(scope.begin(), scope.end(), name) == scope.end()) {
    raise(L, message + "; a module gets what it needs as inputs");
  }
  raise_error(L, {"`" + name + "` cannot be read here: a module gets what it needs as inputs",
                  "declare a variable and read it as a field of what `build` is given; the text of an expression, "
                  "\"${" +
                      name + "...}\", may stand in what it returns"});
}

// Reads a global that is no function. Upvalues: the numbers of the scope names, the last object of each.
int read_global(lua_State* L) {
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(1)) == LUA_TNIL) {
    if (lua_type(L, 2) != LUA_TSTRING) raise(L, "the environment is indexed by names");
    const auto name = text_at(L, 2);
    if (name == "null") {
      lua_pushnil(L);
      return 1;
    }
    undefined(L, std::string(name));
  }
  Run& run = run_of(L);
  const lua_Integer number = lua_tointeger(L, -1);
  const std::string& name = run.scope[static_cast<std::size_t>(number)];
  Access access = run.host->root(name);
  const auto* object = std::get_if<ObjectRef>(&access);
  if (object == nullptr) {
    push_access(L, std::move(access), name);
    return 1;
  }
  // The userdata of the last time serves again when it stands for the same object.
  if (lua_rawgeti(L, lua_upvalueindex(2), number) == LUA_TUSERDATA &&
      static_cast<const ObjectProxy*>(lua_touserdata(L, -1))->ref == *object) {
    return 1;
  }
  push_object(L, *object);
  lua_pushvalue(L, -1);
  lua_rawseti(L, lua_upvalueindex(2), number);
  return 1;
}

void push_scope_reader(lua_State* L) {
  const auto& scope = run_of(L).scope;
  lua_newtable(L);
  for (std::size_t i = 0; i < scope.size(); ++i) {
    lua_pushinteger(L, static_cast<lua_Integer>(i));
    lua_setfield(L, -2, scope[i].c_str());
  }
  lua_newtable(L);
  lua_pushcclosure(L, &guarded<&read_global>, 2);
}

// Of a script's environment. Arguments: it, name, value. Upvalue: what it reads from.
int write_global(lua_State* L) {
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) {
    raise(L, "`" + std::string(text_at(L, 2)) + "` is built in and cannot be replaced");
  }
  lua_settop(L, 3);
  lua_rawset(L, 1);
  return 0;
}

// Strings reach their library through their metatable: it is locked, and holds ours.
void lock_strings(lua_State* L) {
  lua_pushliteral(L, "");
  lua_getmetatable(L, -1);
  lua_pushvalue(L, -3);
  lua_setfield(L, -2, "__index");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 2);
}

}  // namespace

void push_standard_environment(lua_State* L) { lua_rawgetp(L, LUA_REGISTRYINDEX, &standard_environment); }

void set_function(lua_State* L, const char* name, lua_CFunction function) {
  lua_pushcfunction(L, function);
  lua_setfield(L, -2, name);
}

void keep(lua_State* L, int own, const char* name) {
  lua_getfield(L, own, name);
  lua_setfield(L, -2, name);
}

void keep_linear(lua_State* L, int own, const char* name) {
  lua_getfield(L, own, name);
  lua_pushcclosure(L, &guarded<&linear>, 1);
  lua_setfield(L, -2, name);
}

namespace {

int open(lua_State* L) {
  open_proxies(L);
  push_from(L, &luaopen_base, &push_base_library);
  for (const auto& function : standard_functions()) {
    // The entry is for its error messages (run.cc).
    lua_pushlightuserdata(L, const_cast<StandardFunction*>(&function));
    lua_pushcclosure(L, function.call, 1);
    lua_setfield(L, -2, function.doc.name);
  }
  push_from(L, &luaopen_string, &push_string_library);
  lock(L);
  lock_strings(L);
  lua_setfield(L, -2, "string");
  push_from(L, &luaopen_table, &push_table_library);
  lock(L);
  lua_setfield(L, -2, "table");
  push_from(L, &luaopen_math, &push_math_library);
  lock(L);
  lua_setfield(L, -2, "math");
  push_from(L, &luaopen_utf8, &push_utf8_library);
  lock(L);
  lua_setfield(L, -2, "utf8");
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &standard_environment);
  // A global that is no function is one of the host's.
  lua_createtable(L, 0, 1);
  push_scope_reader(L);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, -2);
  lock(L);
  return 1;
}

}  // namespace

lua_State* open_state(Run& run) {
  lua_State* L = lua_newstate(&allocate, &run.memory);
  if (L == nullptr) std::abort();  // no memory at start
  *static_cast<Run**>(lua_getextraspace(L)) = &run;
  lua_pushcfunction(L, &open);
  lua_call(L, 0, 1);
  return L;
}

void push_script_environment(lua_State* L, int index) {
  index = lua_absindex(L, index);
  lua_newtable(L);
  lua_createtable(L, 0, 3);
  lua_getmetatable(L, index);
  lua_pushliteral(L, "__index");
  lua_rawget(L, -2);
  lua_replace(L, -2);
  lua_pushvalue(L, -1);
  lua_setfield(L, -3, "__index");
  lua_pushcclosure(L, &guarded<&write_global, Looks::none>, 1);
  lua_setfield(L, -2, "__newindex");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_setmetatable(L, -2);
}

}  // namespace plumb::lua
