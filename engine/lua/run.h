// What one evaluation may use up and what it has met: the state behind every function that Lua can call.
//
// Lua is the C++ build, so its errors are exceptions: raising unwinds our frames and runs destructors.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/lua/interpreter.h"
#include "engine/lua/lua_api.h"

namespace plumb::lua {

// Why an evaluation must end, whatever the code catches.
enum class Stop : std::uint8_t { none, unknown, unavailable, demand, error, steps, memory };

// Counts what the interpreter holds. `limit` stands for one evaluation and is lifted between them.
struct Memory {
  std::size_t used = 0;
  std::size_t limit = SIZE_MAX;
  std::size_t churn = 0;  // bytes asked for since the evaluation began: copying is work that no hook sees
  std::size_t churn_limit = SIZE_MAX;
  bool churned = false;    // that was refused
  std::size_t values = 0;  // bytes of Values that our functions built since the evaluation began
};

struct Run {
  InterpreterLimits limits;
  std::vector<std::string> scope;
  Memory memory;

  bool script = false;  // a module's: references are about, and there is no scope
  ExpressionHost* host = nullptr;
  std::string_view text;  // of the expression that runs
  std::uint64_t steps = 0;
  std::int64_t cpu_start = -1;  // nanoseconds of the thread's processor time at the first hook
  Stop stop = Stop::none;
  bool stop_sensitive = false;  // the unknown that was met was marked
  Error stop_error;
  bool sensitive = false;
  bool used_nonsensitive = false;
  bool user_error = false;  // `error` or `assert` spoke: a message may hold what was read
  Value result;

  void begin(ExpressionHost& with, std::string_view expression);
  void end();
};

constexpr int most_arguments = 1'000'000;

inline Run& run_of(lua_State* L) { return **static_cast<Run**>(lua_getextraspace(L)); }

[[noreturn]] void raise_top(lua_State* L);
// A message that code may catch, with the line it happened in.
[[noreturn]] void raise(lua_State* L, std::string_view message);
// An Error of the host, whole; code may catch it.
[[noreturn]] void raise_error(lua_State* L, Error error);
// Ends the evaluation; nothing catches it.
[[noreturn]] void stop(lua_State* L, Stop why, bool sensitive = false);
[[noreturn]] void stop_with(lua_State* L, Error error);
// `bad argument #1 to 'keys' (map expected, got string)`
[[noreturn]] void wrong_argument(lua_State* L, int index, const char* expected);
[[noreturn]] void bad_argument(lua_State* L, int index, const char* why);

// Work done in C, where no hook fires. One step is about one instruction.
void charge(lua_State* L, std::uint64_t steps);
inline void charge_bytes(lua_State* L, std::size_t bytes) { charge(L, bytes / 16 + 1); }
// Memory that Lua's allocator does not see: a Value about to be built, a text about to grow to this size.
void charge_values(lua_State* L, std::size_t items, std::size_t bytes = 0);
// What leaves the interpreter: a value that holds one table many times over is small here, and large for whoever
// writes it out.
void charge_result(lua_State* L, const Value& result);
// Refuses a text that would never fit.
void check_size(lua_State* L, std::size_t bytes);

// What to say when a run met its limit; `what` ran.
Error limit_error(const Run& run, const std::string& what);

// The count hook: keeps failing once it has fired.
void count_hook(lua_State* L, lua_Debug* activation);
constexpr int hook_interval = 500;
void* allocate(void* memory, void* block, std::size_t old_size, std::size_t new_size);

// Runs a function under protection on the values at the top, as lua_pcall does, but lets nothing catch a stop.
int protected_call(lua_State* L, int arguments, int results, int handler = 0);

// Which of its arguments a function looks into: an opaque reference among them is refused.
enum class Looks : std::uint8_t { none, first, all };
void refuse_opaque_arguments(lua_State* L, int most);  // opaque.cc

// What every C++ function goes through that Lua can call. Catches what libraries throw, and not `...`: Lua's own errors
// are exceptions too.
template <lua_CFunction function, Looks looks = Looks::all>
int guarded(lua_State* L) {
  try {
    if constexpr (looks != Looks::none) {
      if (run_of(L).script) refuse_opaque_arguments(L, looks == Looks::first ? 1 : most_arguments);
    }
    return function(L);
  } catch (const std::bad_alloc&) {
    run_of(L).stop = Stop::memory;
  } catch (const std::exception& error) {
    lua_pushstring(L, error.what());
  }
  raise_top(L);
}

inline std::string_view text_at(lua_State* L, int index) {
  std::size_t size = 0;
  const char* data = lua_tolstring(L, index, &size);
  return {data, size};
}
// A text, or a number as text by the rules of interpolation.
std::string_view check_text(lua_State* L, int index);
inline void push_text(lua_State* L, std::string_view text) { lua_pushlstring(L, text.data(), text.size()); }

// Text of a file: in a script, what it places is a template, so the text is made one that stands for itself.
void push_outside_text(lua_State* L, std::string_view text);

}  // namespace plumb::lua
