#include "tests/unit/config/support.h"

using namespace plumb;
using namespace plumb::test;

namespace {

struct Read {
  Value value;
  std::string errors;
};

Read constant(std::string_view text, const TypePtr& type) {
  Diagnostics diagnostics;
  const Tree tree = read_yaml(text, FileName("f"), diagnostics);
  REQUIRE_FALSE(diagnostics.has_errors());
  REQUIRE(tree.constant());
  Value value = constant_value(tree, *type, diagnostics);
  return {std::move(value), lines(diagnostics)};
}

}  // namespace

TEST_CASE("Constants take the type they are wanted in") {
  const TypePtr tenants = *parse_type("map(object({ plan: string, seats?: integer }))");
  const Read good = constant("acme: { plan: 1.10, seats: 0x10 }\n", tenants);
  CHECK(good.errors.empty());
  CHECK(good.value.get("acme").get("plan").as_string() == "1.10");
  CHECK(good.value.get("acme").get("seats").as_integer() == 16);
  const Read untyped = constant("v: [1.10, '1.10', NO, ~]\n", any_type());
  CHECK(untyped.value.debug() == R"({"v": [1.1, "1.10", "NO", null]})");
}

TEST_CASE("Errors in constants stand at the value") {
  const TypePtr tenants = *parse_type("map(object({ plan: string, seats?: integer }))");
  const std::string found = constant("a: { plan: x, seats: many }\nb:\n  plan: y\n  seat: 3\n", tenants).errors;
  CHECK(found.find("f:1:22: ") != std::string::npos);
  CHECK(found.find("f:4:9: ") != std::string::npos);
  const std::string list = constant("- 1\n- x\n", list_type(integer_type())).errors;
  CHECK(list.find("f:2:3: ") == 0);
  CHECK(constant("a: 1e400\nb: .inf\n", any_type()).errors ==
        "f:1:4: 1e400 is out of range of a number\nf:2:4: .inf is not a finite number\n");
}
