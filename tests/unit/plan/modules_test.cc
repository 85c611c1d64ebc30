// Modules: scopes, inputs, outputs, keys, providers, deferral; in YAML and in Lua.
#include <catch2/catch.hpp>

#include "tests/support/plan_lines.h"
#include "tests/support/stack_fixture.h"

using namespace plumb;
using plumb::test::brief;
using plumb::test::StackFixture;

namespace {

constexpr const char* kThing =
    "variables:\n"
    "  name: { type: string }\n"
    "  size: { type: integer, default: 3, validation: [{ condition: '${var.size > 0}', message: too small }] }\n"
    "locals:\n  label: thing-${var.name}\n"
    "resources:\n  fake.thing.it: { name: '${locals.label}', size: '${var.size}' }\n"
    "outputs:\n  id: { value: '${fake.thing.it.id}' }\n  name: { value: '${fake.thing.it.name}' }\n";

bool says(const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; }

}  // namespace

TEST_CASE_METHOD(StackFixture, "a module is called for each key, and its outputs are read") {
  files["m/module.yaml"] = kThing;
  const std::string stack =
      "modules:\n  t: { source: m, for_each: { a: 1, b: 2 }, inputs: { name: '${each.key}', size: '${each.value}' } }\n"
      "resources:\n  core.value.one: { input: '${module.t[\"b\"].name}' }\n"
      "  core.value.all: { input: '${map(module.t, function(t) return t.id end)}' }\n";
  const auto run = settle(stack);
  CHECK(brief(*run->plan) ==
        "create core.value.all\ncreate core.value.one\n"
        "create module.t[\"a\"].fake.thing.it\ncreate module.t[\"b\"].fake.thing.it\n");
  CHECK(fake->object("fake.thing", "thing-b")->get("size").as_integer() == 2);
  CHECK(state().instances.at(Address::parse("core.value.one").value()).attributes.get("output").as_string() ==
        "thing-b");
}

TEST_CASE_METHOD(StackFixture, "what leaves a module's keys is deleted, and says why") {
  files["m/module.yaml"] = kThing;
  settle("modules:\n  t: { source: m, for_each: [a, b], inputs: { name: '${each.key}' } }\n");
  const auto run = plan("modules:\n  t: { source: m, for_each: [a], inputs: { name: '${each.key}' } }\n");
  REQUIRE(run->plan);
  CHECK(brief(*run->plan) == "delete module.t[\"b\"].fake.thing.it\n");
  CHECK(run->plan->changes[0].reason == "because module.t[\"b\"] is not called any more");
}

TEST_CASE_METHOD(StackFixture, "modules nest, and `when: false` reads as nothing") {
  files["outer/module.yaml"] =
      "variables:\n  on: { type: bool }\n"
      "modules:\n  deep: { source: ../m, when: '${var.on}', inputs: { name: deep } }\n"
      "outputs:\n  name: { value: '${module.deep and module.deep.name or \"none\"}' }\n";
  files["m/module.yaml"] = kThing;
  const auto on = [&](const std::string& yes) {
    return "modules:\n  o: { source: outer, inputs: { on: " + yes +
           " } }\n"
           "outputs:\n  name: { value: '${module.o.name}' }\n";
  };
  settle(on("true"));
  CHECK(state().instances.contains(Address::parse("module.o.module.deep.fake.thing.it").value()));
  CHECK(state().outputs.at("name").value.as_string() == "thing-deep");
  settle(on("false"));
  CHECK(state().instances.empty());
  CHECK(state().outputs.at("name").value.as_string() == "none");
}

TEST_CASE_METHOD(StackFixture, "inputs are checked: missing, unknown, of the wrong type, not valid") {
  files["m/module.yaml"] = kThing;
  const auto errors = [&](const std::string& inputs) {
    return plan("modules:\n  t:\n    source: m\n    inputs: " + inputs + "\n")->errors();
  };
  CHECK(errors("{ size: 1 }") == "plumb.yaml:2:3: the module `t` needs the input `name`\n");
  CHECK(errors("{ name: a, sise: 1 }") ==
        "plumb.yaml:4:24: the module `t` takes no input `sise` (did you mean \"size\"?)\n");
  CHECK(errors("{ name: a, size: [] }") ==
        "plumb.yaml:4:30: input `size` of the module `t`: must be an integer, got a list\n");
  CHECK(errors("{ name: a, size: 0 }") == "plumb.yaml:4:24: module.t: input \"size\": too small\n");
}

TEST_CASE_METHOD(StackFixture, "names end at the module: nothing leaks in or out") {
  files["m/module.yaml"] = "resources:\n  core.value.x: { input: '${var.outside}' }\n";
  const auto inside = plan("variables:\n  outside: { default: 1 }\nmodules:\n  t: { source: m }\n");
  CHECK(inside->errors() == "m/module.yaml:2:29: there is no variable \"outside\"\n");
  files["m/module.yaml"] = "resources:\n  core.value.x: { input: 1 }\noutputs:\n  y: { value: 1 }\n";
  const auto outside = plan(
      "modules:\n  t: { source: m }\nresources:\n  core.value.a: { input: '${core.value.x.input}' }\n"
      "  core.value.b: { input: '${module.t.z}' }\n  core.value.c: { input: '${module.s.y}' }\n");
  CHECK(says(outside->errors(), "plumb.yaml:4:29: there is no resource core.value.x"));
  CHECK(says(outside->errors(), "plumb.yaml:5:29: module t has no output \"z\""));
  CHECK(says(outside->errors(), "plumb.yaml:6:29: there is no module \"s\"; did you mean \"t\"?") == false);
  CHECK(says(outside->errors(), "plumb.yaml:6:29: there is no module \"s\""));
}

TEST_CASE_METHOD(StackFixture, "a module's provider is the caller's, under the name it is given") {
  files["m/module.yaml"] =
      "resources:\n  fake.thing.it: { name: it }\n  fake.thing.other: { name: other, provider: second }\n";
  const auto run = settle(
      "providers:\n  fake: {}\n  warehouse: { type: fake }\n"
      "modules:\n  t: { source: m, providers: { second: warehouse } }\n");
  CHECK(state().instances.at(Address::parse("module.t.fake.thing.other").value()).provider == "warehouse");
  CHECK(state().instances.at(Address::parse("module.t.fake.thing.it").value()).provider == "fake");
  CHECK(plan("providers: { warehouse: { type: fake } }\nmodules:\n  t: { source: m }\n")->errors() ==
        "m/module.yaml:3:46: module.t: there is no provider instance \"second\"\n");
}

TEST_CASE_METHOD(StackFixture, "secrets travel through inputs and outputs with their mark") {
  files["m/module.yaml"] =
      "variables:\n  secret: { type: string }\nresources:\n  fake.thing.it: { name: it, secret: '${var.secret}' }\n"
      "outputs:\n  back: { value: '${var.secret}' }\n";
  variables = {{"pw", "hunter2-hunter2"}};
  const std::string head =
      "variables:\n  pw: { type: string, sensitive: true }\n"
      "modules:\n  t: { source: m, inputs: { secret: '${var.pw}' } }\n";
  settle(head);
  CHECK(stored_bytes().find("hunter2") == std::string::npos);
  CHECK(says(plan(head + "outputs:\n  o: { value: '${module.t.back}' }\n")->errors(), "output \"o\" holds a secret"));
}

TEST_CASE_METHOD(StackFixture, "unknown keys defer a module; what waits for it is deferred too") {
  files["m/module.yaml"] = kThing;
  const std::string stack =
      "resources:\n  core.value.keys: { input: [x, y] }\n  core.value.after: { input: '${module.t}' }\n"
      "modules:\n  t: { source: m, for_each: '${core.value.keys.output}', inputs: { name: '${each.key}' } }\n";
  const auto first = apply(stack);
  CHECK(brief(*first->plan) ==
        "deferred(create) core.value.after: it waits for module.t, which cannot be planned yet\n"
        "create core.value.keys\n"
        "deferred(create) module.t: its `for_each` or `when` is known only after apply\n");
  CHECK(first->outcome.exit_code(*first->plan) == 2);
  settle(stack);
  CHECK(fake->size("fake.thing") == 2);
  // Keys that become unknown delete nothing.
  const auto again = plan(stack + "outputs:\n  n: { value: 1 }\n");
  const auto changed = plan(
      "resources:\n  core.value.keys: { input: [x, y, z] }\n  core.value.after: { input: '${module.t}' }\n"
      "modules:\n  t: { source: m, for_each: '${core.value.keys.output}', inputs: { name: '${each.key}' } }\n");
  REQUIRE(changed->plan);
  CHECK(changed->plan->counts.remove == 0);
  CHECK(changed->change("module.t") != nullptr);
  CHECK(changed->change("module.t[\"x\"].fake.thing.it")->action == Action::deferred);
}

TEST_CASE_METHOD(StackFixture, "depends_on takes modules, and modules take depends_on") {
  files["m/module.yaml"] = "resources:\n  fake.thing.it: { name: inside }\n";
  const auto order = [&](const std::string& stack) {
    fake->clear_log();
    settle(stack);
    std::vector<std::string> creates;
    for (const auto& line : fake->log_text()) {
      if (line.starts_with("create")) creates.push_back(line);
    }
    apply("resources: {}\n");
    return creates;
  };
  using Lines = std::vector<std::string>;
  CHECK(order("modules:\n  t: { source: m }\nresources:\n  fake.thing.a: { name: a, depends_on: [module.t] }\n") ==
        Lines{"create fake.thing inside", "create fake.thing a"});
  CHECK(order("modules:\n  t: { source: m, depends_on: [fake.thing.a] }\nresources:\n  fake.thing.a: { name: a }\n") ==
        Lines{"create fake.thing a", "create fake.thing inside"});
  CHECK(says(plan("modules:\n  t: { source: m, depends_on: [module.t] }\n")->errors(), "these need each other"));
}

TEST_CASE_METHOD(StackFixture, "a target may be a module or something in it") {
  files["m/module.yaml"] = kThing;
  const std::string stack =
      "modules:\n  t: { source: m, for_each: [a, b], inputs: { name: '${each.key}' } }\n  u: { source: m, inputs: { "
      "name: u } }\n"
      "resources:\n  fake.thing.x: { name: x }\n";
  const auto targeted = [&](const std::string& address) {
    options.targets = {Address::parse_any(address).value()};
    auto run = plan(stack);
    options.targets.clear();
    return run->plan ? brief(*run->plan) : run->errors();
  };
  CHECK(targeted("module.t") == "create module.t[\"a\"].fake.thing.it\ncreate module.t[\"b\"].fake.thing.it\n");
  CHECK(targeted("module.t[\"b\"]") == "create module.t[\"b\"].fake.thing.it\n");
  CHECK(targeted("module.u.fake.thing.it") == "create module.u.fake.thing.it\n");
  CHECK(says(targeted("module.no"), "module.no is neither in configuration nor in state"));
}

TEST_CASE_METHOD(StackFixture, "two calls that make one object are told apart by place") {
  files["m/module.yaml"] = "resources:\n  fake.thing.it: { name: same }\n";
  const auto run = plan("modules:\n  a: { source: m }\n  b: { source: m }\n");
  CHECK(says(run->errors(), "module.b.fake.thing.it"));
  CHECK(says(run->errors(), "module.a.fake.thing.it"));
  CHECK(says(run->errors(), "are the same fake.thing"));
}

TEST_CASE_METHOD(StackFixture, "a cycle through modules is told as a chain") {
  files["m/module.yaml"] = "variables:\n  x: {}\noutputs:\n  y: { value: '${var.x}' }\n";
  const auto run = plan(
      "modules:\n  a: { source: m, inputs: { x: '${module.b.y}' } }\n"
      "  b: { source: m, inputs: { x: '${module.a.y}' } }\n");
  CHECK(says(run->errors(), "these need each other: "));
  CHECK(says(run->errors(), "module.a: var.x"));
  CHECK(says(run->errors(), "module.b: output y"));
}

TEST_CASE_METHOD(StackFixture, "the plan is the same whatever order things were learnt in") {
  files["m/module.yaml"] = kThing;
  std::string stack = "modules:\n";
  for (int i = 0; i < 5; ++i) {
    stack += "  t" + std::to_string(i) + ": { source: m, for_each: [a, b, c], inputs: { name: '" + std::to_string(i) +
             "${each.key}' } }\n";
  }
  std::string first;
  for (const std::size_t threads : {1, 2, 8}) {
    options.parallelism = threads;
    const auto run = plan(stack);
    REQUIRE(run->plan);
    const std::string text = plumb::test::whole(*run->plan);
    if (first.empty()) first = text;
    CHECK(text == first);
  }
}

TEST_CASE_METHOD(StackFixture, "what a module cannot say is refused, not ignored") {
  files["m/module.yaml"] =
      "resources:\n  fake.thing.it: { name: it }\nimport: [{ to: fake.thing.it, id: { name: it } }]\n";
  CHECK(plan("modules:\n  t: { source: m }\n")->errors() ==
        "m/module.yaml:3:10: `import` stands in the stack, not in a module\n");
  files.erase("m/module.yaml");
  files["m/module.lua"] =
      "return { build = function() return { resources = { [\"fake.thing.b\"] = { name = \"it\" } },\n"
      "  moved = { { from = \"fake.thing.a\", to = \"fake.thing.b\" } } } end }\n";
  CHECK(says(plan("modules:\n  t: { source: m }\n")->errors(), "`moved` comes too late in what a script builds"));
}
