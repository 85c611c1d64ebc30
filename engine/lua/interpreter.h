// The sandboxed interpreter for expressions: Lua 5.4, one shared state, lazy proxies into the host's world.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/base/result.h"
#include "engine/lua/expression.h"
#include "engine/model/value.h"

namespace plumb {

// Something of the host's that Lua holds without looking into it. Only the host knows what the numbers mean.
struct ObjectRef {
  std::uint32_t kind = 0;
  std::uint32_t id = 0;
  bool operator==(const ObjectRef&) const = default;
};

// One step of reading. `Demand` ends the evaluation: the host has noted what must be made ready first.
struct Demand {};
struct Nil {};
using Access = std::variant<Value, ObjectRef, Nil, Demand, Error>;

// What an expression can reach. Called only during evaluate(), on its thread.
class ExpressionHost {
 public:
  virtual ~ExpressionHost() = default;
  // A scope name: `var`, `each`, `postgres`.
  virtual Access root(std::string_view name) = 0;
  // `object.key`; an index is passed as its decimal text when it was a whole number.
  virtual Access member(ObjectRef object, std::string_view key) = 0;
  // Keys of a whole `for_each` resource and the like, sorted; for pairs() and `#`.
  virtual std::variant<std::vector<std::string>, Demand, Error> keys(ObjectRef object) = 0;
  // The keys that keys() told are not known yet: listing them is unknown.
  virtual bool keys_unknown(ObjectRef /*object*/) { return false; }
  // The value an object stands for when an expression yields it or passes it to a function (a whole resource: a map of
  // maps).
  virtual Access whole(ObjectRef object) = 0;
  // A text file of the project, for file() and template(); named relative to the file that holds the expression.
  virtual Result<std::string> read_file(std::string_view path);
  // The value of a YAML document, by the rules of the configuration; for yaml_decode().
  virtual Result<Value> parse_yaml(std::string_view text);
};

struct Evaluation {
  enum class Status : std::uint8_t { done, demand, error };
  Status status = Status::done;
  // done: what came out. Unknown when anything unknown was read, unavailable likewise (unknown wins), whatever the code
  // caught; marked sensitive as a whole when anything sensitive was read and not passed through nonsensitive().
  Value value;
  bool used_nonsensitive = false;
  Error
      error;  // error: Lua's words in ours, without a position in `[string ...]` form; line relative to the expression
};

struct InterpreterLimits {
  std::size_t memory_bytes = 256u << 20;
  std::uint64_t instructions = 50'000'000;  // per evaluation
};

using ExpressionId = std::uint32_t;

// Not thread-safe: one thread owns it. Never global.
class Interpreter {
 public:
  explicit Interpreter(std::vector<std::string> scope_names, InterpreterLimits limits = {});
  ~Interpreter();
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  // Compiles once per distinct text. The error is placed inside the expression, counted from `pos` (the byte after
  // `${`).
  Result<ExpressionId> compile(std::string_view text, const SourcePos& pos);
  [[nodiscard]] const References& references_of(ExpressionId id) const;
  // May be called again after a demand; keeps nothing between calls.
  Evaluation evaluate(ExpressionId id, ExpressionHost& host);

  // Names of the standard functions, sorted: for "did you mean" and the reference page.
  static std::vector<std::string> function_names();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace plumb
