// Joining opaque inputs, at every depth of the stack: Lua 5.4.4 loses track of a stack that grows inside `..`.
#include <catch2/catch.hpp>

#include "engine/lua/module.h"

using namespace plumb;

namespace {

Result<Value> built(const std::string& expression) {
  const std::string script =
      "local function deep(n, p) if n == 0 then return 'a' .. 'b' .. 'c' .. 'd' .. p .. 'e' end\n"
      "  return 'q' .. 'r' .. deep(n - 1, p) .. 's' .. n end\n"
      "return { variables = { p = { type = 'string', opaque = true } },\n"
      "  build = function(input) return { locals = { a = " +
      expression + " } } end }\n";
  auto module = LuaModule::load(script, "m/module.lua", {});
  REQUIRE(module.has_value());
  return (*module)->build(Value::map(), {"p"});
}

}  // namespace

TEST_CASE("an opaque input is joined wherever it stands") {
  for (const char* expression : {"'a' .. 'x' .. 'b' .. input.p .. 'c'", "'a' .. 'x' .. 'b' .. 'd' .. input.p",
                                 "input.p .. 'a' .. 1 .. 'b' .. 'c'"}) {
    const auto value = built(expression);
    INFO(expression);
    REQUIRE(value.has_value());
    CHECK(value->get("locals").get("a").as_string().find("${var.p}") != std::string::npos);
  }
  CHECK(built("'a' .. 'x' .. 'b' .. input.p .. 'c'")->get("locals").get("a").as_string() == "axb${var.p}c");
}

TEST_CASE("joining stays whole while the stack grows") {
  for (int depth = 0; depth < 120; ++depth) {
    const auto value = built("deep(" + std::to_string(depth) + ", input.p)");
    INFO(depth);
    REQUIRE(value.has_value());
    CHECK(value->get("locals").get("a").as_string().find("abcd${var.p}e") != std::string::npos);
  }
}

TEST_CASE("a script may not bring a `..` of its own") {
  const auto value = built("setmetatable({}, { __concat = function() return 1 end })");
  REQUIRE_FALSE(value.has_value());
  CHECK(value.error().message == "'__concat' is not available here");
}
