#include "engine/lua/run.h"

#include <cstdlib>
#include <ctime>

#include "engine/lua/functions/functions.h"
#include "engine/lua/proxy.h"

namespace plumb::lua {
namespace {

// The last resort, for work that one instruction can hide (copying a very long argument list): never met by code whose
// steps cost what steps cost.
constexpr std::int64_t processor_limit = 2'000'000'000;
// Copying this many bytes counts as one step.
constexpr std::size_t bytes_per_step = 32;

std::int64_t processor_time() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

void Run::begin(ExpressionHost& with, std::string_view expression) {
  host = &with;
  text = expression;
  steps = 0;
  cpu_start = -1;
  stop = Stop::none;
  stop_sensitive = sensitive = used_nonsensitive = user_error = false;
  result = Value();
  memory.limit = memory.used + limits.memory_bytes;
  memory.churn = memory.values = 0;
  memory.churned = false;
  memory.churn_limit = limits.instructions * bytes_per_step;
}

void Run::end() {
  host = nullptr;
  memory.limit = memory.churn_limit = SIZE_MAX;
}

void raise_top(lua_State* L) {
  lua_error(L);
  __builtin_unreachable();
}

void raise(lua_State* L, std::string_view message) {
  luaL_where(L, 1);
  push_text(L, message);
  lua_concat(L, 2);
  raise_top(L);
}

void raise_error(lua_State* L, Error error) {
  push_error(L, std::move(error));
  raise_top(L);
}

void stop(lua_State* L, Stop why, bool sensitive) {
  Run& run = run_of(L);
  if (run.stop == Stop::none) {
    run.stop = why;
    run.stop_sensitive = sensitive;
  }
  lua_pushnil(L);
  raise_top(L);
}

void stop_with(lua_State* L, Error error) {
  Run& run = run_of(L);
  if (run.stop == Stop::none) run.stop_error = std::move(error);
  stop(L, Stop::error);
}

void wrong_argument(lua_State* L, int index, const char* expected) {
  const char* came = lua_isnone(L, index) ? "no value" : kind_at(L, index);
  bad_argument(L, index, (std::string(expected) + " expected, got " + came).c_str());
}

void bad_argument(lua_State* L, int index, const char* why) {
  // A standard function knows its name also when it was passed on and is called by another.
  if (lua_islightuserdata(L, lua_upvalueindex(1)) != 0) {
    const auto* function = static_cast<const StandardFunction*>(lua_touserdata(L, lua_upvalueindex(1)));
    raise(L, "bad argument #" + std::to_string(index) + " to '" + function->doc.name + "' (" + why + ")");
  }
  luaL_argerror(L, index, why);
  __builtin_unreachable();
}

std::string_view check_text(lua_State* L, int index) {
  if (lua_type(L, index) == LUA_TNUMBER) {
    push_as_text(L, index);
    lua_replace(L, index);
  }
  if (lua_type(L, index) != LUA_TSTRING) wrong_argument(L, index, "string");
  const std::string_view text = text_at(L, index);
  charge_bytes(L, text.size());
  return text;
}

void charge(lua_State* L, std::uint64_t steps) {
  Run& run = run_of(L);
  if (steps > run.limits.instructions || (run.steps += steps) > run.limits.instructions) stop(L, Stop::steps);
}

void charge_values(lua_State* L, std::size_t items, std::size_t bytes) {
  Run& run = run_of(L);
  charge(L, items);
  run.memory.values += items * 24 + bytes;
  if (run.memory.values > run.limits.memory_bytes) stop(L, Stop::memory);
}

void charge_result(lua_State* L, const Value& result) {
  charge(L, result.weight());
  check_size(L, std::size_t{result.weight()} * 24);
}

void check_size(lua_State* L, std::size_t bytes) {
  if (bytes > run_of(L).limits.memory_bytes) stop(L, Stop::memory);
}

Error limit_error(const Run& run, const std::string& what) {
  if (run.stop == Stop::memory) {
    return {"the " + what + " needs more than " + std::to_string(run.limits.memory_bytes >> 20) + " MiB of memory",
            run.script ? "build less text or smaller tables" : "build less text or smaller tables in one expression"};
  }
  return {"the " + what + " does not end within " + std::to_string(run.limits.instructions) + " steps",
          run.script ? "look for an endless loop" : "look for an endless loop, or split the work over several locals"};
}

// In Lua 5.4.4 a metamethod of `..` that makes the stack grow leaves the virtual machine with a pointer into the old
// one. So every function of a script begins with room for one more call: only our own metamethod is ever called so, for
// setmetatable refuses `__concat`.
void room_hook(lua_State* L, lua_Debug* activation) {
  constexpr int enough = 3 * LUA_MINSTACK;
  // One of ours may be that metamethod.
  if (lua_getinfo(L, "S", activation) == 0 || *activation->what == 'C') return;
  if (lua_checkstack(L, enough) == 0) raise(L, "stack overflow");
}

void count_hook(lua_State* L, lua_Debug* activation) {
  if (activation->event != LUA_HOOKCOUNT) return room_hook(L, activation);
  Run& run = run_of(L);
  if (run.stop != Stop::none) stop(L, run.stop);
  charge(L, hook_interval);
  const std::int64_t now = processor_time();
  if (run.cpu_start < 0) run.cpu_start = now;
  if (now - run.cpu_start > processor_limit) stop(L, Stop::steps);
}

void* allocate(void* memory, void* block, std::size_t old_size, std::size_t new_size) {
  Memory& counted = *static_cast<Memory*>(memory);
  if (block == nullptr) old_size = 0;  // then it tells the kind of object
  if (new_size == 0) {
    counted.used -= old_size;
    std::free(block);
    return nullptr;
  }
  if (new_size > old_size) {
    if (counted.used + (new_size - old_size) > counted.limit) return nullptr;
    if (counted.churn + new_size > counted.churn_limit) {
      counted.churned = true;
      return nullptr;
    }
    counted.churn += new_size;
  }
  void* made = std::realloc(block, new_size);
  if (made != nullptr) counted.used = counted.used - old_size + new_size;
  return made;
}

int protected_call(lua_State* L, int arguments, int results, int handler) {
  const int status = lua_pcall(L, arguments, results, handler);
  Run& run = run_of(L);
  if (status == LUA_ERRMEM && run.stop == Stop::none) {
    run.stop = run.memory.churned ? Stop::steps : Stop::memory;
  }
  if (run.stop != Stop::none) {
    lua_pushnil(L);
    raise_top(L);
  }
  return status;
}

void push_outside_text(lua_State* L, std::string_view text) {
  if (run_of(L).script && text.find("${") != std::string_view::npos) {
    push_text(L, literal_text(text));
  } else {
    push_text(L, text);
  }
}

}  // namespace plumb::lua
