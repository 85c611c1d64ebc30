// A module written in Lua: a chunk that returns `{ variables = {...}, build = function(input) ... end }`.
//
// The same sandbox as expressions (interpreter.h), without the names of a stack: what a script needs are its inputs.
// One interpreter a module. Each call runs the chunk anew in a fresh environment, so nothing passes from one to the
// next.
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

// Reads YAML for yaml_decode().
using ParseYaml = std::function<Result<Value>(std::string_view text)>;

// What one run of a script may use up.
inline constexpr InterpreterLimits script_limits{256U << 20, 200'000'000};

// Not thread-safe: one thread owns it.
class LuaModule {
 public:
  // Runs the chunk, text only. `file` is shown in positions (relative to the stack).
  static Result<std::unique_ptr<LuaModule>> load(std::string_view text, const std::string& file, ReadFile read_file,
                                                 InterpreterLimits limits = script_limits, ParseYaml parse_yaml = {});
  virtual ~LuaModule() = default;

  // What `variables` says: a map of names to maps (`type`, `default`, `opaque`, `sensitive`, `description`). Empty when
  // there are none.
  [[nodiscard]] virtual const Value& variables() const = 0;
  // Where the script declares a variable: a line, column 0. The line of `variables` when the name cannot be found.
  [[nodiscard]] virtual SourcePos variable_pos(std::string_view name) const = 0;
  // Where `build` begins: the position of what it returns. A line, column 0.
  [[nodiscard]] virtual SourcePos build_pos() const = 0;

  // Calls `build`. `inputs` is a map, fully known and without marks; a name that is neither in it, nor opaque, nor a
  // variable is an error when the script reads it, what is null reads as nil. A `${` in the text of an input reaches
  // the script as `$${`: placed in what is returned, it is a literal again and never runs.
  //
  // Names in `opaque` reach the script as references: they may be placed, joined with `..`, indexed and passed on, and
  // become the text `${var.NAME...}` in what is returned. Looking into one (order, `#`, pairs, arithmetic, tostring,
  // a function of text) is an error that names the input. Lua asks nobody for `==` with a text or nil, nor for truth: a
  // reference is unequal to both, and true, whatever it will be.
  //
  // What comes back is a map without marks or unknowns; its strings may hold `${...}`. Errors carry the script's file
  // and line (column 0) and how the failing function was called; what is no value names its path, also a table that
  // contains itself or is nested more than 100 levels deep.
  virtual Result<Value> build(const Value& inputs, const std::set<std::string>& opaque) = 0;
};

}  // namespace plumb
