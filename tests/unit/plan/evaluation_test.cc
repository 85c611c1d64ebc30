#include <catch2/catch.hpp>

#include "tests/support/plan_lines.h"
#include "tests/support/stack_fixture.h"

using namespace plumb;
using namespace plumb::test;

TEST_CASE_METHOD(StackFixture, "mistakes are told all at once, at their place, with the nearest name") {
  const auto run = plan(R"yaml(variables:
  region: { type: string, default: eu }
locals:
  prefix: p
resources:
  fake.thing.alpha: { name: a, nmae: b }
  fake.thing.beta: { name: "${var.regoin}" }
  fake.thing.gamma: { name: "${fake.thing.alfa.name}" }
  fake.thing.delta: { name: "${fake.thing.alpha.nam}" }
  fake.thing.eps: { size: 1 }
  fake.thing.zeta: { name: "${locals.prefx}", id: x }
)yaml");
  CHECK_FALSE(run->plan.has_value());
  const std::string errors = run->errors();
  for (const char* expected :
       {"plumb.yaml:6:32: fake.thing.alpha has no attribute \"nmae\" (did you mean \"name\"?)",
        "there is no variable \"regoin\" (did you mean \"region\"?)", "there is no resource fake.thing.alfa",
        "fake.thing has no attribute \"nam\" (did you mean \"name\"?)", "plumb.yaml:10:3: fake.thing.eps needs `name`",
        "there is no local \"prefx\" (did you mean \"prefix\"?)", "`id` is told by the server and cannot be set"}) {
    INFO(expected);
    CHECK(errors.find(expected) != std::string::npos);
  }
  CHECK(run->diagnostics.error_count() == 7);
}

TEST_CASE_METHOD(StackFixture, "an error in an evaluation is placed, and its readers are silent") {
  const auto run = plan(
      "locals:\n  bad: '${var.n + nil}'\nvariables:\n  n: { type: integer, default: 1 }\n"
      "resources:\n  core.value.a: { input: '${locals.bad}' }\n"
      "  core.value.b: { input: '${core.value.a.input}' }\n");
  CHECK(run->diagnostics.error_count() == 1);
  CHECK(run->errors().starts_with("plumb.yaml:2:"));
}

TEST_CASE_METHOD(StackFixture, "what meets an unknown depends on all it may read; once known, on what it read") {
  const char* const yaml = R"yaml(
resources:
  fake.thing.a: { name: a }
  fake.thing.b: { name: b }
  fake.thing.c: { name: c, note: '${fake.thing.a.owner == "server" and "yes" or fake.thing.b.id}' }
)yaml";
  const auto run = plan(yaml);
  CHECK(follows(*run->plan, "create fake.thing.c", "create fake.thing.a"));
  CHECK(follows(*run->plan, "create fake.thing.c", "create fake.thing.b"));
  settle(yaml);
  const State now = state();
  std::vector<std::string> read;
  now.sets.flatten(now.instances.at(*Address::parse("fake.thing.c")).dependencies, [&](std::uint32_t uid) {
    for (const auto& [address, record] : now.instances) {
      if (record.uid == now.uids.uid(uid)) read.push_back(address.str());
    }
  });
  CHECK(read == std::vector<std::string>{"fake.thing.a"});
}

TEST_CASE_METHOD(StackFixture, "unknown parts of a value leave the known ones in the plan") {
  const char* const yaml = R"yaml(
resources:
  fake.thing.a: { name: a }
  fake.thing.b: { name: b, tags: { known: k, learnt: "${fake.thing.a.id}" } }
)yaml";
  const auto run = plan(yaml);
  const Value tags = run->change("fake.thing.b")->after.get("tags");
  CHECK(tags.get("known") == Value("k"));
  CHECK(tags.get("learnt").is_unknown());
  settle(yaml);
  CHECK(fake->object("fake.thing", "b")->get("tags").get("learnt") == Value(fake->server_id("fake.thing", "a")));
}

TEST_CASE_METHOD(StackFixture, "sensitivity goes with the value, to the plan and through locals") {
  variables = {{"s", "correct horse"}};
  const char* const yaml = R"yaml(
variables:
  s: { type: string, sensitive: true }
locals:
  l: "pre-${var.s}"
resources:
  fake.thing.a: { name: a, note: "${locals.l}" }
outputs:
  o: { value: "${nonsensitive(#var.s)}" }
)yaml";
  const auto run = plan(yaml);
  INFO(run->errors());
  REQUIRE(run->plan.has_value());
  CHECK(run->change("fake.thing.a")->after.get("note").sensitive());
  CHECK(whole(*run->plan).find("correct horse") == std::string::npos);
  CHECK(run->plan->nonsensitive.size() == 1);
  settle(yaml);
  CHECK(stored_bytes().find("correct horse") == std::string::npos);
}

TEST_CASE_METHOD(StackFixture, "secrets are refused where they would be shown") {
  variables = {{"s", "correct horse"}};
  const std::string head = "variables:\n  s: { type: string, sensitive: true }\nresources:\n";
  CHECK(plan(head + "  fake.thing.a: { name: '${var.s}' }\n")->errors().find("its identity is a secret") !=
        std::string::npos);
  CHECK(plan(head + "  fake.thing.a: { name: a, when: '${var.s == \"x\"}' }\n")->errors().find("`when` is a secret") !=
        std::string::npos);
  CHECK(plan(head + "outputs:\n  o: { value: '${var.s}' }\n")->errors().find("holds a secret") != std::string::npos);
  variables.clear();
  CHECK(
      plan("resources:\n  fake.thing.a: { name: a, secret: literal }\n")->errors().find("written here in clear text") !=
      std::string::npos);
  options.allow_literal_secrets = true;
  CHECK(plan("resources:\n  fake.thing.a: { name: a, secret: literal }\n")->plan.has_value());
}

TEST_CASE_METHOD(StackFixture, "validations of variables are said in their own words") {
  variables = {{"n", "0"}};
  const auto run =
      plan("variables:\n  n: { type: integer, validation: [{ condition: '${var.n > 0}', message: too small }] }\n");
  CHECK(run->errors().find("variable \"n\": too small") != std::string::npos);
}

TEST_CASE_METHOD(StackFixture, "dependencies that lead back to each other by depends_on are an error") {
  const auto run = plan(
      "resources:\n  core.value.a: { input: 1, depends_on: [core.value.b] }\n"
      "  core.value.b: { input: '${core.value.a.input}' }\n");
  CHECK_FALSE(run->plan.has_value());
  CHECK(run->errors().find("core.value.a") != std::string::npos);
}

TEST_CASE_METHOD(StackFixture, "values that hold themselves again and again end in an error") {
  std::string yaml = "locals:\n  l0: [1, 1]\n";
  for (int i = 1; i <= 60; ++i) {
    const std::string before = "\"${locals.l" + std::to_string(i - 1) + "}\"";
    yaml += "  l" + std::to_string(i) + ": [" + before + ", " + before + "]\n";
  }
  const auto run = plan(yaml + "resources:\n  core.value.a: { input: '${locals.l60}' }\n");
  CHECK_FALSE(run->plan.has_value());
  CHECK(run->errors().find("has more than 10000000 parts") != std::string::npos);
}
