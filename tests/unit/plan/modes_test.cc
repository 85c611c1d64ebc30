// Flags of plan: --target, --replace, --refresh, destroy, validate.
#include <catch2/catch.hpp>

#include "tests/support/plan_lines.h"
#include "tests/support/stack_fixture.h"

using namespace plumb;
using namespace plumb::test;

namespace {

Address address(const std::string& text) { return *Address::parse(text); }

const std::string kThree =
    "resources:\n  fake.thing.a: { name: a }\n  fake.thing.b: { name: b, note: '${fake.thing.a.id}' }\n"
    "  fake.thing.c: { for_each: [x, y], name: '${each.key}' }\n";

}  // namespace

TEST_CASE_METHOD(StackFixture, "--target plans what it names with what that depends on") {
  options.targets = {address("fake.thing.b")};
  CHECK(brief(*plan(kThree)->plan) == "create fake.thing.a\ncreate fake.thing.b\n");
  options.targets = {address("fake.thing.c[\"y\"]")};
  CHECK(brief(*plan(kThree)->plan) == "create fake.thing.c[\"y\"]\n");
  options.targets = {address("fake.thing.c")};
  CHECK(plan(kThree)->plan->counts.create == 2);
  options.targets = {address("fake.thing.nope")};
  CHECK(plan(kThree)->errors().find("neither in configuration nor in state") != std::string::npos);
  options.targets.clear();
  settle(kThree);
  options.targets = {address("fake.thing.b")};
  CHECK(brief(*plan("providers:\n  fake:\n")->plan) == "delete fake.thing.b\n");
}

TEST_CASE_METHOD(StackFixture, "--replace makes a new one, and its readers follow") {
  settle(kThree);
  options.replace = {address("fake.thing.a")};
  const auto run = plan(kThree);
  CHECK(brief(*run->plan) == "replace fake.thing.a\nupdate fake.thing.b: note\n");
  CHECK(run->change("fake.thing.a")->reason == "because --replace asks for it");
  const auto applied = apply(kThree);
  CHECK(applied->outcome.failed == 0);
  options.replace.clear();
  CHECK(brief(*plan(kThree)->plan).empty());
}

TEST_CASE_METHOD(StackFixture, "--refresh: one read a type in full, only of what would change, or none") {
  settle(kThree);
  fake->change("fake.thing", "a", "size", Value(9));
  fake->clear_log();
  CHECK(brief(*plan(kThree)->plan) == "update fake.thing.a: size\ndrift changed fake.thing.a: size\n");
  CHECK(fake->count(FakeCall::read) == 1);
  options.refresh = Refresh::none;
  fake->clear_log();
  CHECK(brief(*plan(kThree)->plan).empty());
  CHECK(fake->count(FakeCall::read) == 0);
  options.refresh = Refresh::changed;
  CHECK(brief(*plan(kThree)->plan).empty());
  CHECK(fake->count(FakeCall::read) == 0);
  const std::string moved =
      "resources:\n  fake.thing.a: { name: a, note: n }\n  fake.thing.b: { name: b, note: '${fake.thing.a.id}' }\n"
      "  fake.thing.c: { for_each: [x, y], name: '${each.key}' }\n";
  CHECK(brief(*plan(moved)->plan) == "update fake.thing.a: note, size\ndrift changed fake.thing.a: size\n");
  CHECK(fake->log().back().objects == 1);
}

TEST_CASE_METHOD(StackFixture, "destroy takes everything, readers first") {
  settle(kThree);
  options.mode = PlanMode::destroy;
  const auto run = plan(kThree);
  INFO(run->errors());
  REQUIRE(run->plan.has_value());
  CHECK(run->plan->destroy);
  CHECK(run->plan->counts.remove == 4);
  CHECK(follows(*run->plan, "delete fake.thing.a", "delete fake.thing.b"));
  apply(kThree);
  CHECK(fake->size("fake.thing") == 0);
  CHECK(state().instances.empty());
}

TEST_CASE_METHOD(StackFixture, "validate asks nobody") {
  options.mode = PlanMode::validate;
  const auto run = plan(kThree);
  INFO(run->errors());
  REQUIRE(run->plan.has_value());
  CHECK(fake->log().empty());
  CHECK(plan("resources:\n  fake.thing.a: { name: [] }\n")->errors().starts_with("plumb.yaml:2:"));
}

TEST_CASE_METHOD(StackFixture, "a removed attribute goes back to its default, or to nothing, or is released") {
  settle("resources:\n  fake.thing.a: { name: a, size: 5, note: n, owner: me, tags: { k: v } }\n");
  const std::string less = "resources:\n  fake.thing.a: { name: a }\n";
  const auto run = plan(less);
  CHECK(brief(*run->plan) == "update fake.thing.a: note, size, tags\n");
  CHECK(run->change("fake.thing.a")->warnings.size() == 1);
  settle(less);
  CHECK(fake->object("fake.thing", "a")->get("size") == Value(1));
  CHECK(fake->object("fake.thing", "a")->get("owner") == Value("me"));
  CHECK(plan(less)->plan->records.empty());
}

TEST_CASE_METHOD(StackFixture, "what is released alone is told, once") {
  settle("resources:\n  fake.thing.a: { name: a, owner: me }\n");
  const std::string less = "resources:\n  fake.thing.a: { name: a }\n";
  const auto run = plan(less);
  CHECK(brief(*run->plan).empty());
  REQUIRE_FALSE(run->plan->records.empty());
  CHECK(run->plan->records[0].what.find("`owner` left configuration") != std::string::npos);
  apply(less);
  CHECK(plan(less)->plan->records.empty());
}

TEST_CASE_METHOD(StackFixture, "a secret that was ignored is compared again when it no longer is") {
  variables = {{"s", "correct horse battery"}};
  const auto stack = [](const std::string& lifecycle) {
    return "variables:\n  s: { type: string, sensitive: true }\nresources:\n  fake.thing.a: { name: a, secret: "
           "\"${var.s}\", lifecycle: { " +
           lifecycle + " } }\n";
  };
  settle(stack(""));
  fake->change("fake.thing", "a", "secret", "somebody else's");
  // What is recorded meanwhile must not take the foreign secret for ours.
  settle(stack("ignore_changes: [secret], prevent_destroy: true"));
  CHECK(brief(*plan(stack("ignore_changes: [secret], prevent_destroy: true"))->plan).empty());
  CHECK(brief(*plan(stack("prevent_destroy: true"))->plan) ==
        "update fake.thing.a: secret\ndrift changed fake.thing.a: secret\n");
}

TEST_CASE_METHOD(StackFixture, "ignore_changes leaves what others change") {
  const std::string yaml =
      "resources:\n  fake.thing.a: { name: a, note: mine, tags: { k: v }, lifecycle: { ignore_changes: [note, tags.x] "
      "} }\n";
  settle(yaml);
  fake->change("fake.thing", "a", "note", Value("theirs"));
  fake->change("fake.thing", "a", "tags", Value(ValueMap{{"k", "v"}, {"x", "theirs"}}));
  CHECK(brief(*plan(yaml)->plan).empty());
}
