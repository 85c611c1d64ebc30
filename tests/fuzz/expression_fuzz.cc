// Any bytes as an expression: it is cut out, looked at, rewritten, compiled and evaluated, and none of that may crash,
// disagree, or tell a secret.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/lua/interpreter.h"

namespace {

using plumb::Access;
using plumb::Value;
using plumb::ValueMap;

constexpr std::string_view secret = "hunter2hunter2";

void require(bool holds) {
  if (!holds) std::abort();
}

// `var` is an object, `locals` a map with all kinds of values, `each` is not known yet.
class Host final : public plumb::ExpressionHost {
 public:
  Access root(std::string_view name) override {
    if (name == "var") return plumb::ObjectRef{1, 1};
    if (name == "locals") return values();
    if (name == "each") return Value::unknown();
    return plumb::Error{"nothing is called so", "call it otherwise"};
  }
  Access member(plumb::ObjectRef /*object*/, std::string_view key) override {
    if (key == "d") return plumb::Demand{};
    if (key == "o") return plumb::ObjectRef{1, 2};
    if (const Value* found = values_.find(key)) return *found;
    return plumb::Error{"there is no \"" + std::string(key) + "\"", "declare it"};
  }
  std::variant<std::vector<std::string>, plumb::Demand, plumb::Error> keys(plumb::ObjectRef /*object*/) override {
    std::vector<std::string> names;
    for (const auto& entry : values_.as_map()) names.push_back(entry.first);
    return names;
  }
  Access whole(plumb::ObjectRef /*object*/) override { return values(); }

 private:
  [[nodiscard]] Access values() const { return values_; }

  Value values_ = ValueMap{{"l", Value::list({Value(2), Value("b"), Value(), Value(1.5)})},
                           {"m", ValueMap{{"k", Value("v")}, {"s", Value(secret).with_sensitive()}}},
                           {"n", Value(7)},
                           {"s", Value(secret).with_sensitive()},
                           {"t", Value("text ${x}")},
                           {"u", Value::unknown()},
                           {"v", Value::unavailable()}};
};

void evaluate(plumb::Interpreter& interpreter, plumb::ExpressionId id) {
  Host host;
  const plumb::Evaluation made = interpreter.evaluate(id, host);
  if (made.status == plumb::Evaluation::Status::error) {
    require(!made.error.message.empty() && !made.error.next_step.empty());
    require(made.error.message.find(secret) == std::string::npos);
    require(made.error.message.find('\x01') == std::string::npos);
  } else if (made.status == plumb::Evaluation::Status::done) {
    // `debug` hides what is marked.
    require(made.used_nonsensitive || made.value.debug().find(secret) == std::string::npos);
    require(made.value.depth() <= 101);
  }
}

}  // namespace

// The contract of libFuzzer.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::vector<std::string> scope{"var", "locals", "each", "postgres"};
  const auto end = plumb::expression_end(text);
  require(!end || (*end < size && text[*end] == '}'));
  const std::string_view expression = end ? text.substr(0, *end) : text;
  const auto found = plumb::references(expression, scope);
  for (const auto& chain : found.chains) {
    require(!chain.steps.empty() && expression.substr(chain.offset).starts_with(chain.steps.front()));
  }
  require(!found.whole || (found.chains.size() == 1 && !found.chains.front().widened));
  require(plumb::rewrite_forms(expression).size() >= expression.size());
  plumb::Interpreter interpreter(scope, {4U << 20, 200'000});
  const auto id = interpreter.compile(expression, plumb::SourcePos{plumb::FileName("fuzz.yaml"), 1, 1});
  require(id || (!id.error().message.empty() && id.error().pos.known()));
  // A secret that stands in the text is none.
  if (id && expression.find("hunter2") == std::string_view::npos) evaluate(interpreter, *id);
  return 0;
}
