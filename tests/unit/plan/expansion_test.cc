#include <catch2/catch.hpp>
#include <chrono>

#include "tests/support/plan_lines.h"
#include "tests/support/stack_fixture.h"

using namespace plumb;
using namespace plumb::test;

namespace {

std::string values(const std::string& meta) {
  return "resources:\n  core.value.v: { " + meta + ", input: '${each.key}' }\n";
}

}  // namespace

TEST_CASE_METHOD(StackFixture, "for_each takes maps, sets and lists of unique strings") {
  CHECK(brief(*plan(values("for_each: { b: 1, a: 2 }"))->plan) ==
        "create core.value.v[\"a\"]\ncreate core.value.v[\"b\"]\n");
  CHECK(brief(*plan(values("for_each: [y, x]"))->plan) == "create core.value.v[\"x\"]\ncreate core.value.v[\"y\"]\n");
  CHECK(brief(*plan(values("for_each: []"))->plan).empty());
  CHECK(brief(*plan(values("for_each: {}"))->plan).empty());
  CHECK(brief(*plan("variables:\n  s: { type: set(string), default: [q] }\n" + values("for_each: '${var.s}'"))->plan) ==
        "create core.value.v[\"q\"]\n");
}

TEST_CASE_METHOD(StackFixture, "for_each refuses repeats, other kinds and secrets, at their place") {
  CHECK(plan(values("for_each: [x, y, x]"))->errors() ==
        "plumb.yaml:2:36: core.value.v: for_each has \"x\" twice (elements 1 and 3)\n");
  CHECK(plan(values("for_each: [x, 1]"))->errors().find("element 2 is of kind integer") != std::string::npos);
  CHECK(plan(values("for_each: 7"))->errors().find("must be a map, a set or a list") != std::string::npos);
  variables = {{"s", "secret-key"}};
  const auto run = plan("variables:\n  s: { type: string, sensitive: true }\n" + values("for_each: ['${var.s}']"));
  CHECK(run->errors().find("a secret") != std::string::npos);
  CHECK(run->errors().find("secret-key") == std::string::npos);
}

TEST_CASE_METHOD(StackFixture, "when: false makes nothing, reads as nil, and deletes what there was") {
  const auto text = [](const std::string& when) {
    return "variables:\n  on: { type: bool }\nresources:\n  fake.thing.a: { when: '" + when +
           "', name: a }\n  fake.thing.b: { name: b, note: '${fake.thing.a and fake.thing.a.name or \"none\"}' }\n";
  };
  variables = {{"on", "true"}};
  settle(text("${var.on}"));
  CHECK(fake->object("fake.thing", "b")->get("note") == Value("a"));
  variables = {{"on", "false"}};
  const auto run = plan(text("${var.on}"));
  CHECK(brief(*run->plan) == "delete fake.thing.a\nupdate fake.thing.b: note\n");
  CHECK(run->change("fake.thing.a")->reason == "because `when` is false in plumb.yaml:4");
  settle(text("${var.on}"));
}

TEST_CASE_METHOD(StackFixture, "an unknown when or for_each is deferred, with whatever reads it, until it is known") {
  const std::string meta = GENERATE(as<std::string>(), "when: '${fake.thing.a.owner == \"server\"}'",
                                    "for_each: '${list{fake.thing.a.owner}}'");
  const bool keyed = meta.starts_with("for_each");
  const std::string yaml = "resources:\n  fake.thing.a: { name: a }\n  fake.thing.b: { " + meta +
                           ", name: b }\n  fake.thing.c: { name: c, note: '${" +
                           (keyed ? std::string("join(keys(fake.thing.b), \",\")") : std::string("fake.thing.b.name")) +
                           "}' }\n";
  const auto run = plan(yaml);
  INFO(run->errors());
  REQUIRE(run->plan.has_value());
  INFO(brief(*run->plan));
  CHECK(run->change("fake.thing.a")->action == Action::create);
  REQUIRE(run->change("fake.thing.b") != nullptr);
  CHECK(run->change("fake.thing.b")->action == Action::deferred);
  CHECK(run->change("fake.thing.c")->action == Action::deferred);
  const auto applied = apply(yaml);
  CHECK(applied->outcome.failed == 0);
  CHECK(applied->outcome.exit_code(*applied->plan) == 2);
  settle(yaml);
  CHECK(fake->size("fake.thing") == 3);
}

TEST_CASE_METHOD(StackFixture, "a missing key is an error that names the nearest") {
  const auto run = plan(
      "resources:\n  core.value.v: { for_each: [alpha, beta], input: 1 }\n"
      "  core.value.w: { input: '${core.value.v[\"alpa\"].input}' }\n");
  CHECK(run->errors().find("core.value.v has no instance with key \"alpa\" (did you mean \"alpha\"?)") !=
        std::string::npos);
}

TEST_CASE_METHOD(StackFixture, "a chain of 10,000 instances that reads itself is planned in linear time") {
  const auto text = [](int count) {
    return "resources:\n  core.value.c:\n    for_each: '${map(range(1, " + std::to_string(count) +
           "), function(i) return tostring(i) end)}'\n"
           "    input: '${each.key == \"1\" and \"x\" or core.value.c[tostring(math.tointeger(tonumber(each.key)) - "
           "1)].input}'\n";
  };
  const auto time = [&](int count) {
    const auto start = std::chrono::steady_clock::now();
    const auto run = plan(text(count));
    INFO(run->errors());
    REQUIRE(run->plan.has_value());
    CHECK(run->plan->counts.create == static_cast<std::size_t>(count));
    CHECK(run->change("core.value.c[\"" + std::to_string(count) + "\"]")->after.get("input") == Value("x"));
    return std::chrono::steady_clock::now() - start;
  };
  const auto small = time(1000), large = time(10000);
  CHECK(large < 40 * small);  // ten times, with much room for a busy machine
}

TEST_CASE_METHOD(StackFixture, "a cycle is told as the chain of addresses") {
  const auto run = plan(
      "locals:\n  l: '${core.value.a.input}'\nresources:\n"
      "  core.value.a: { input: '${core.value.b.input}' }\n  core.value.b: { input: '${locals.l}' }\n");
  CHECK(run->errors() ==
        "plumb.yaml:2:3: these need each other: locals.l -> core.value.a -> core.value.b -> locals.l\n");
}
