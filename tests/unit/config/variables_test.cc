#include "engine/config/stack.h"
#include "tests/support/memory_file_system.h"
#include "tests/unit/config/support.h"

using namespace plumb;
using namespace plumb::test;

namespace {

struct Resolved {
  std::map<std::string, Value> values;
  std::string errors;
};

Resolved resolve(std::string_view text, VariableInputs inputs, MemoryFileSystem& fs, bool literals = false) {
  fs.put("/s/plumb.yaml", text);
  Diagnostics diagnostics;
  const StackConfig stack = load_stack("/s", fs, diagnostics);
  REQUIRE(lines(diagnostics).empty());
  Resolved out;
  out.values = resolve_variables(stack, inputs, fs, literals, diagnostics);
  out.errors = lines(diagnostics);
  return out;
}

Resolved resolve(std::string_view text, VariableInputs inputs = {}, bool literals = false) {
  MemoryFileSystem fs;
  return resolve(text, std::move(inputs), fs, literals);
}

}  // namespace

TEST_CASE("Later sources win") {
  const char* const text = "variables:\n  v: { type: integer, default: 1 }\n";
  MemoryFileSystem fs;
  fs.put("/a.yaml", "v: 2\n");
  fs.put("/b.yaml", "v: 3\n");
  VariableInputs inputs;
  const auto value = [&] {
    const Resolved resolved = resolve(text, inputs, fs);
    CHECK(resolved.errors.empty());
    return resolved.values.at("v").as_integer();
  };
  CHECK(value() == 1);
  inputs.files = {"/a.yaml", "/b.yaml"};
  CHECK(value() == 3);
  inputs.environment = {{"PLUMB_VAR_v", "4"}, {"PLUMB_VAR_unknown", "x"}, {"HOME", "/"}};
  CHECK(value() == 4);
  inputs.flags = {{"v", "5"}, {"v", "6"}};
  CHECK(value() == 6);
}

TEST_CASE("A default of null means not given") {
  const Resolved resolved =
      resolve("variables:\n  s: { type: string, default: null }\n  n: { type: integer, default: ~ }\n");
  CHECK(resolved.errors.empty());
  CHECK(resolved.values.at("s").is_null());
  CHECK(resolved.values.at("n").is_null());
}

TEST_CASE("Flags are text for strings and YAML for the rest") {
  const Resolved resolved = resolve(
      "variables:\n  s: { type: string }\n  e: { type: 'enum(\"true\", \"no\")' }\n  l: { type: list(string) }\n"
      "  a: {}\n  n: { type: number }\n",
      {{}, {}, {{"s", "${x}: [ 010"}, {"e", "true"}, {"l", "[1.10, b]"}, {"a", "{k: 0x10}"}, {"n", "1e3"}}});
  CHECK(resolved.errors.empty());
  CHECK(resolved.values.at("s").as_string() == "${x}: [ 010");
  CHECK(resolved.values.at("e").as_string() == "true");
  CHECK(resolved.values.at("l").as_list()[0].as_string() == "1.10");
  CHECK(resolved.values.at("a").get("k").as_integer() == 16);
  CHECK(resolved.values.at("n").as_number() == 1000);
}

TEST_CASE("What is missing, unknown or does not fit is told at once") {
  const Resolved resolved = resolve("variables:\n  env: { type: string }\n  count: { type: integer }\n",
                                    {{}, {}, {{"evn", "x"}, {"count", "many"}}});
  CHECK(resolved.errors.find("no variable `evn` is declared (did you mean \"env\"?)\n") != std::string::npos);
  CHECK(resolved.errors.find("plumb.yaml:2:3: the variable `env` has no value\n") != std::string::npos);
  CHECK(resolved.errors.find("--var count:1:1: ") != std::string::npos);
  CHECK(resolved.errors.find("`count` has no value") == std::string::npos);
  MemoryFileSystem fs;
  fs.put("/a.yaml", "a: 1\nx: 2\n");
  const Resolved file = resolve("variables: { a: { type: bool } }\n", {{"/a.yaml", "/none.yaml"}, {}, {}}, fs);
  CHECK(file.errors.find("/a.yaml:1:4: ") != std::string::npos);
  CHECK(file.errors.find("/a.yaml:2:1: no variable `x` is declared") != std::string::npos);
  CHECK(file.errors.find("none.yaml") != std::string::npos);
}

TEST_CASE("Sensitive variables are marked, never quoted and have no default") {
  const char* const text =
      "variables:\n  p: { type: string, sensitive: true }\n  q: { type: integer, sensitive: true }\n";
  const Resolved good = resolve(text, {{}, {{"PLUMB_VAR_p", "hunter2"}}, {{"q", "7"}}});
  CHECK(good.errors.empty());
  CHECK(good.values.at("p").sensitive());
  CHECK(good.values.at("q").sensitive());
  for (const char* bad : {"hunter2", "{hunter2: 1, hunter2: 2}", "99999999999999999999", "[hunter2"}) {
    const Resolved resolved = resolve(text, {{}, {{"PLUMB_VAR_p", "x"}}, {{"q", bad}}});
    CHECK(resolved.errors.find("the value of the sensitive variable `q` is no integer\n") != std::string::npos);
    CHECK(resolved.errors.find("hunter2") == std::string::npos);
    CHECK(resolved.errors.find("99999") == std::string::npos);
  }
  const char* const literal = "variables:\n  p: { type: string, sensitive: true, default: abc }\n";
  const Resolved refused = resolve(literal);
  CHECK(refused.errors ==
        "plumb.yaml:2:48: the sensitive variable `p` has a default, so the secret stands in the file\n");
  const Resolved allowed = resolve(literal, {}, true);
  CHECK(allowed.errors.empty());
  CHECK(allowed.values.at("p").sensitive());
}
