// Any bytes as a module's script: loading and building it ends, with a document that is plain or with a placed error.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/lua/module.h"

namespace {

using plumb::Value;
using plumb::ValueMap;

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const plumb::Error& error) {
  require(!error.message.empty() && !error.next_step.empty() && error.pos.known());
  require(error.message.find('\x01') == std::string::npos);
}

// Where exactly a limit is met may differ.
bool at_limit(const std::string& said) {
  return said.find("MiB of memory") != std::string::npos || said.find("does not end within") != std::string::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const plumb::ReadFile read = [](std::string_view path) -> plumb::Result<std::string> {
    if (path == "a") return "text ${x} %{ if x }";
    return plumb::fail("there is no such file", "create it");
  };
  const auto module = plumb::LuaModule::load(text, "fuzz.lua", read, {4U << 20, 200'000});
  if (!module) {
    check(module.error());
    return 0;
  }
  require((*module)->variables().is_map() && (*module)->build_pos().line > 0);
  const Value inputs = ValueMap{{"a", Value("x${var.b}")},
                                {"l", Value::list({Value(1), Value("b"), Value()})},
                                {"m", ValueMap{{"k", Value(1.5)}, {"n", ValueMap{{"o", Value(true)}}}}},
                                {"n", Value(7)},
                                {"u", Value()}};
  std::string first;
  for (int call = 0; call < 2; ++call) {
    const auto made = (*module)->build(inputs, {"p", "q"});
    if (!made) {
      check(made.error());
    } else {
      require(made->is_map() && made->fully_known() && !made->any_sensitive() && made->depth() <= 101);
    }
    // Nothing passes from one call to the next.
    const std::string said = made ? made->debug() : made.error().str();
    if (call == 0) first = said;
    require(first == said || at_limit(first) || at_limit(said));
  }
  return 0;
}
