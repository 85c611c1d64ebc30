// A module written in Lua: a chunk that returns `{ variables = {...}, build = function(input) ... end }`.
//
// The same sandbox as expressions (interpreter.h), one interpreter a module, a fresh environment for each call.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "engine/lua/interpreter.h"

namespace plumb {

// Reads a text file for file() and template(), named as the script names it.
using ReadFile = std::function<Result<std::string>(std::string_view path)>;

// Not thread-safe: one thread owns it.
class LuaModule {
 public:
  // Runs the chunk, text only. `file` is shown in positions (relative to the stack).
  static Result<std::unique_ptr<LuaModule>> load(std::string_view text, const std::string& file, ReadFile read_file,
                                                 InterpreterLimits limits = {});
  virtual ~LuaModule() = default;

  // What `variables` says: a map of names to maps (`type`, `default`, `opaque`, `sensitive`, `description`).
  [[nodiscard]] virtual const Value& variables() const = 0;
  // Where `build` begins: the position of what it returns.
  [[nodiscard]] virtual SourcePos build_pos() const = 0;

  // Calls `build`. `inputs` is a map, fully known and without marks. Names in `opaque` reach the script as references:
  // they may be placed, joined with `..`, indexed and passed on, and become the text `${var.NAME...}` in what is
  // returned; looking into one (comparing, tostring, `#`, pairs, arithmetic) is an error that names the input. What
  // comes back is a plain value whose strings may hold `${...}`. Errors carry the script's file and line; a table that
  // contains itself names the path.
  virtual Result<Value> build(const Value& inputs, const std::set<std::string>& opaque) = 0;
};

}  // namespace plumb
