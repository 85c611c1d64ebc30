// The rules of order, as paths in the plan's graph.
#include <catch2/catch.hpp>

#include "tests/support/plan_lines.h"
#include "tests/support/stack_fixture.h"

using namespace plumb;
using namespace plumb::test;

namespace {

const std::string kHead = "resources:\n";

std::string thing(const std::string& name, const std::string& attributes = {}) {
  return "  fake.thing." + name + ": { name: " + name + (attributes.empty() ? "" : ", " + attributes) + " }\n";
}

}  // namespace

TEST_CASE_METHOD(StackFixture, "(a) what is read comes first, also through locals and whole resources") {
  const auto run =
      plan("locals:\n  l: '${fake.thing.a.id}'\nresources:\n" + thing("a") + thing("b", "note: '${locals.l}'") +
           "  fake.thing.many: { for_each: [x, y], name: '${each.key}' }\n"
           "  fake.thing.all: { name: all, note: '${join(keys(fake.thing.many), \",\")}' }\n" +
           thing("last", "depends_on: [fake.thing.b]"));
  INFO(run->errors());
  REQUIRE(run->plan.has_value());
  CHECK(follows(*run->plan, "create fake.thing.b", "create fake.thing.a"));
  CHECK(follows(*run->plan, "create fake.thing.last", "create fake.thing.b"));
  CHECK_FALSE(follows(*run->plan, "create fake.thing.a", "create fake.thing.b"));
}

TEST_CASE_METHOD(StackFixture, "(b) deletes go against the recorded reads") {
  settle(kHead + thing("x") + thing("y", "note: '${fake.thing.x.id}'"));
  const auto run = plan("providers:\n  fake:\n");
  CHECK(brief(*run->plan) == "delete fake.thing.x\ndelete fake.thing.y\n");
  CHECK(follows(*run->plan, "delete fake.thing.x", "delete fake.thing.y"));
}

TEST_CASE_METHOD(StackFixture, "(b) X is deleted after the update of Y that no longer reads it") {
  const std::string how = GENERATE("direct", "local");
  const std::string read = how == "direct" ? "${fake.thing.x.id}" : "${locals.l}";
  settle((how == "direct" ? "" : "locals:\n  l: '${fake.thing.x.id}'\n") + kHead + thing("x") +
         thing("y", "note: '" + read + "'"));
  const auto run = plan(kHead + thing("y", "note: none"));
  CHECK(brief(*run->plan) == "delete fake.thing.x\nupdate fake.thing.y: note\n");
  CHECK(follows(*run->plan, "delete fake.thing.x", "update fake.thing.y"));
}

TEST_CASE_METHOD(StackFixture,
                 "(b) a replaced X: who left it is updated before its delete, who reads it after its create") {
  const std::string how = GENERATE("direct", "local");
  const std::string read = how == "direct" ? "${fake.thing.x.id}" : "${locals.l}";
  const std::string locals = how == "direct" ? "" : "locals:\n  l: '${fake.thing.x.id}'\n";
  settle(locals + kHead + thing("x", "zone: a") + thing("leaves", "note: '" + read + "'") +
         thing("stays", "note: '" + read + "'"));
  const auto run = plan(locals + kHead + thing("x", "zone: b") + thing("leaves", "note: none") +
                        thing("stays", "note: '" + read + "'"));
  REQUIRE(run->plan.has_value());
  CHECK(brief(*run->plan) ==
        "update fake.thing.leaves: note\nupdate fake.thing.stays: note\nreplace fake.thing.x: zone!\n");
  CHECK(follows(*run->plan, "create fake.thing.x", "delete fake.thing.x"));
  CHECK(follows(*run->plan, "delete fake.thing.x", "update fake.thing.leaves"));
  CHECK(follows(*run->plan, "update fake.thing.stays", "create fake.thing.x"));
}

TEST_CASE_METHOD(StackFixture, "(b) an owner moves from A to B while A is deleted and B is made") {
  settle(kHead + thing("a") + thing("y", "owner: '${fake.thing.a.name}'"));
  const auto run = plan(kHead + thing("b") + thing("y", "owner: '${fake.thing.b.name}'"));
  CHECK(follows(*run->plan, "update fake.thing.y", "create fake.thing.b"));
  CHECK(follows(*run->plan, "delete fake.thing.a", "update fake.thing.y"));
}

TEST_CASE_METHOD(StackFixture, "(b) what replaces reads goes in the right order on both sides") {
  settle(kHead + thing("x", "zone: a") + thing("y", "zone: '${fake.thing.x.zone}'"));
  const auto run = plan(kHead + thing("x", "zone: b") + thing("y", "zone: '${fake.thing.x.zone}'"));
  CHECK(follows(*run->plan, "delete fake.thing.x", "delete fake.thing.y"));
  CHECK(follows(*run->plan, "create fake.thing.x", "delete fake.thing.x"));
  CHECK(follows(*run->plan, "create fake.thing.y", "create fake.thing.x"));
  settle(kHead + thing("x", "zone: b") + thing("y", "zone: '${fake.thing.x.zone}'"));
}

TEST_CASE_METHOD(StackFixture, "(c) an instance without a step passes edges through") {
  const auto text = [](const std::string& size) {
    return kHead + thing("a", "size: " + size) + thing("b", "note: '${fake.thing.a.name}'") +
           thing("c", "note: '${fake.thing.b.name}', size: " + size);
  };
  settle(text("1"));
  const auto run = plan(text("2"));
  CHECK(brief(*run->plan) == "update fake.thing.a: size\nupdate fake.thing.c: size\n");
  CHECK(follows(*run->plan, "update fake.thing.c", "update fake.thing.a"));
}

TEST_CASE_METHOD(StackFixture, "(e) and (f) deletes behind a provider that reads resources") {
  const std::string head = "providers:\n  inner: { endpoint: '${fake.thing.a.name}-${fake.thing.a.size}' }\n";
  settle(head + kHead + thing("a") + "  inner.thing.t: { name: t }\n");
  SECTION("(f) a delete follows the update of what configures its provider") {
    const auto run = plan(head + kHead + thing("a", "size: 2"));
    INFO(run->errors());
    REQUIRE(run->plan.has_value());
    CHECK(brief(*run->plan) == "update fake.thing.a: size\ndelete inner.thing.t\n");
    CHECK(follows(*run->plan, "delete inner.thing.t", "update fake.thing.a"));
  }
  SECTION("(e) what configures a provider is deleted after what is behind it") {
    options.mode = PlanMode::destroy;
    const auto run = plan(head + kHead + thing("a") + "  inner.thing.t: { name: t }\n");
    INFO(run->errors());
    REQUIRE(run->plan.has_value());
    CHECK(brief(*run->plan) == "delete fake.thing.a\ndelete inner.thing.t\n");
    CHECK(follows(*run->plan, "delete fake.thing.a", "delete inner.thing.t"));
    apply(head + kHead + thing("a") + "  inner.thing.t: { name: t }\n");
    CHECK(state().instances.empty());
  }
  SECTION("a provider block that is gone is an error that names the instances") {
    const std::string base = kHead + thing("a") + "  inner.thing.t: { name: t }\n";
    settle(head + "  other: { type: inner, endpoint: x }\n" + base + "  inner.thing.u: { name: u, provider: other }\n");
    const auto run = plan(head + base);
    REQUIRE_FALSE(run->plan.has_value());
    CHECK(run->errors().find("inner.thing.u") != std::string::npos);
  }
}

TEST_CASE_METHOD(StackFixture, "what is blocked blocks whatever waits for it, and nothing else") {
  fake->put("fake.thing", Value(ValueMap{{"name", "x"}}));
  const auto run = plan("locals:\n  l: '${fake.thing.x.id}'\n" + kHead + thing("x") +
                        thing("y", "note: '${locals.l}'") + thing("z", "note: '${fake.thing.y.id}'") + thing("free"));
  REQUIRE(run->plan.has_value());
  CHECK(brief(*run->plan) ==
        "create fake.thing.free\n"
        "blocked(adopt) fake.thing.x: fake.thing x exists already, and is not in state\n"
        "blocked(create) fake.thing.y: it waits for fake.thing.x, which is blocked\n"
        "blocked(create) fake.thing.z: it waits for fake.thing.x, which is blocked\n");
  CHECK(steps(*run->plan) == "create fake.thing.free\n");
  const auto applied = apply("locals:\n  l: '${fake.thing.x.id}'\n" + kHead + thing("x") +
                             thing("y", "note: '${locals.l}'") + thing("free"));
  CHECK(applied->outcome.exit_code(*applied->plan) == 2);
}

TEST_CASE_METHOD(StackFixture, "a blocked delete keeps what it stands on, and both halves of a replacement") {
  const auto text = [](const std::string& zone, bool with_x) {
    return kHead + thing("base", "zone: " + zone) +
           (with_x ? thing("x", "note: '${fake.thing.base.id}', lifecycle: { prevent_destroy: true }") : "");
  };
  settle(text("a", true));
  const auto run = plan(text("b", false));
  REQUIRE(run->plan.has_value());
  CHECK(brief(*run->plan) ==
        "blocked(replace) fake.thing.base: it waits for fake.thing.x, which is blocked\n"
        "blocked(delete) fake.thing.x: it is protected (prevent_destroy), and it would be deleted\n");
  CHECK(run->plan->graph.steps.empty());
}
