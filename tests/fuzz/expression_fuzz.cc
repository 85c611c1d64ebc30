// Any bytes as an expression: it is cut out, looked at, rewritten and compiled, and none of that may crash or disagree.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/lua/interpreter.h"

// The contract of libFuzzer.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::vector<std::string> scope{"var", "locals", "each", "postgres"};
  const auto end = plumb::expression_end(text);
  if (end && (*end >= size || text[*end] != '}')) std::abort();
  const std::string_view expression = end ? text.substr(0, *end) : text;
  const auto found = plumb::references(expression, scope);
  for (const auto& chain : found.chains) {
    if (chain.steps.empty() || !expression.substr(chain.offset).starts_with(chain.steps.front())) std::abort();
  }
  if (found.whole && (found.chains.size() != 1 || found.chains.front().widened)) std::abort();
  if (plumb::rewrite_forms(expression).size() < expression.size()) std::abort();
  plumb::Interpreter interpreter(scope);
  const auto id = interpreter.compile(expression, plumb::SourcePos{plumb::FileName("fuzz.yaml"), 1, 1});
  if (!id && (id.error().message.empty() || !id.error().pos.known())) std::abort();
  return 0;
}
