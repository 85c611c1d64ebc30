// The same inputs give the same plan, whatever the threads do.
#include <catch2/catch.hpp>

#include "tests/support/plan_lines.h"
#include "tests/support/stack_fixture.h"

using namespace plumb;
using namespace plumb::test;

namespace {

const char* const kStack = R"yaml(
providers:
  inner: { endpoint: "${fake.thing.first.name}" }
locals:
  all: "${join(keys(inner.thing.many), ',')}"
resources:
  fake.thing.first: { name: first, size: "${var.n}" }
  fake.thing.gated: { for_each: '${list{"g" .. fake.thing.first.name}}', name: "${each.key}", note: "${locals.all}" }
  inner.thing.many: { for_each: [a, b, c], name: "${each.key}", zone: "z${var.n}" }
  inner.thing.late: { for_each: "${keys(fake.thing.gated)}", name: "late-${each.key}" }
  inner.box.box: { name: box }
  inner.thing.inside: { name: inside, box: box, note: "${inner.thing.late[\"gfirst\"].id}" }
  random.password.p: { length: 20 }
  core.value.v: { for_each: [z, y, x], input: "${each.key}${var.n}" }
variables:
  n: { type: integer, default: 1 }
outputs:
  o: { value: "${locals.all}" }
)yaml";

}  // namespace

TEST_CASE_METHOD(StackFixture, "a plan is the same over twenty runs and any number of threads") {
  const bool later = GENERATE(false, true);
  if (later) {
    settle(kStack);
    variables = {{"n", "2"}};
    fake->change("fake.thing", "first", "note", Value("drift"));
    inner->erase("inner.thing", "b");
  }
  std::string first;
  for (std::size_t run = 0; run < 20; ++run) {
    fake->clear_rules();
    inner->clear_rules();
    FakeServer& slow = run % 2 == 0 ? *fake : *inner;
    slow.add({.call = FakeCall::read, .delay = std::chrono::milliseconds(run % 4 < 2 ? 3 : 0)});
    options.parallelism = run % 16 + 1;
    const auto now = plan(kStack);
    INFO(now->errors());
    REQUIRE(now->plan.has_value());
    const std::string text = whole(*now->plan);
    if (run == 0) first = text;
    REQUIRE(text == first);
  }
  CHECK(first.size() > 500);
}

TEST_CASE_METHOD(StackFixture, "the order in which servers answer does not show") {
  const std::string yaml =
      "resources:\n  fake.thing.a: { name: a }\n  inner.thing.a: { name: a }\n"
      "  core.value.f: { for_each: '${list{fake.thing.a.name}}', input: 1 }\n"
      "  core.value.i: { for_each: '${list{inner.thing.a.name}}', input: 1 }\n";
  std::string first;
  for (int run = 0; run < 2; ++run) {
    fake->clear_rules();
    inner->clear_rules();
    (run == 0 ? *fake : *inner).add({.call = FakeCall::read, .delay = std::chrono::milliseconds(50)});
    const auto now = plan(yaml);
    INFO(now->errors());
    REQUIRE(now->plan.has_value());
    if (run == 0) first = whole(*now->plan);
    CHECK(whole(*now->plan) == first);
  }
}
