// `moved`: between names, keys and modules.
#include <catch2/catch.hpp>

#include "tests/support/plan_lines.h"
#include "tests/support/stack_fixture.h"

using namespace plumb;
using plumb::test::brief;
using plumb::test::StackFixture;

namespace {
bool says(const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; }
}  // namespace

TEST_CASE_METHOD(StackFixture, "a renamed resource keeps its object") {
  settle("resources:\n  fake.thing.old: { name: x }\n");
  const std::string uid = state().instances.begin()->second.uid;
  const auto run =
      settle("resources:\n  fake.thing.new: { name: x }\nmoved: [{ from: fake.thing.old, to: fake.thing.new }]\n");
  CHECK(brief(*run->plan) == "record fake.thing.new: was fake.thing.old (moved)\n");
  CHECK(run->plan->counts.moved == 1);
  CHECK(state().instances.begin()->first.str() == "fake.thing.new");
  CHECK(state().instances.begin()->second.uid == uid);
  CHECK(fake->count(FakeCall::create) == 1);
}

TEST_CASE_METHOD(StackFixture, "moves go between keys, into for_each, and follow each other") {
  settle("resources:\n  fake.thing.a: { name: x }\n");
  const std::string keyed = "resources:\n  fake.thing.c: { for_each: [k], name: x }\n";
  settle(keyed +
         "moved: [{ from: fake.thing.a, to: fake.thing.b }, { from: fake.thing.b, to: 'fake.thing.c[\"k\"]' }]\n");
  CHECK(state().instances.begin()->first.str() == "fake.thing.c[\"k\"]");
  settle(
      "resources:\n  fake.thing.c: { for_each: [l, m], name: '${each.key}' }\n"
      "moved: [{ from: 'fake.thing.c[\"k\"]', to: 'fake.thing.c[\"l\"]' }]\n");
  CHECK(fake->size("fake.thing") == 2);
}

TEST_CASE_METHOD(StackFixture, "moves go into modules, and rename them") {
  files["m/module.yaml"] = "resources:\n  fake.thing.it: { name: x }\n";
  settle("resources:\n  fake.thing.a: { name: x }\n");
  settle("modules:\n  one: { source: m }\nmoved: [{ from: fake.thing.a, to: module.one.fake.thing.it }]\n");
  settle("modules:\n  two: { source: m, for_each: [k] }\nmoved: [{ from: module.one, to: 'module.two[\"k\"]' }]\n");
  CHECK(state().instances.begin()->first.str() == "module.two[\"k\"].fake.thing.it");
  settle("modules:\n  three: { source: m, for_each: [k] }\nmoved: [{ from: module.two, to: module.three }]\n");
  CHECK(state().instances.begin()->first.str() == "module.three[\"k\"].fake.thing.it");
  files["m/module.yaml"] =
      "resources:\n  fake.thing.renamed: { name: x }\nmoved: [{ from: fake.thing.it, to: fake.thing.renamed }]\n";
  const auto run = settle("modules:\n  three: { source: m, for_each: [k] }\n");
  CHECK(state().instances.begin()->first.str() == "module.three[\"k\"].fake.thing.renamed");
  CHECK(fake->count(FakeCall::create) == 1);
  CHECK(fake->count(FakeCall::remove) == 0);
}

TEST_CASE_METHOD(StackFixture, "moves that cannot be are errors") {
  settle("resources:\n  fake.thing.a: { name: x }\n  fake.thing.b: { name: y }\n");
  CHECK(says(
      plan("resources:\n  fake.thing.b: { name: y }\nmoved: [{ from: fake.thing.a, to: fake.thing.b }]\n")->errors(),
      "plumb.yaml:3:9: `moved` cannot put fake.thing.a at fake.thing.b: that is in state already"));
  CHECK(says(plan("resources:\n  fake.thing.a: { name: x }\n  fake.thing.b: { name: y }\n"
                  "moved: [{ from: fake.thing.a, to: fake.thing.c }]\n")
                 ->errors(),
             "plumb.yaml:4:9: `moved` from fake.thing.a, which is still in configuration"));
  CHECK(says(
      plan("moved: [{ from: fake.thing.a, to: fake.thing.c }, { from: fake.thing.c, to: fake.thing.a }]\n")->errors(),
      "in a circle"));
}
