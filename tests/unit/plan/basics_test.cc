#include <catch2/catch.hpp>

#include "tests/support/plan_lines.h"
#include "tests/support/stack_fixture.h"

using namespace plumb;
using namespace plumb::test;

TEST_CASE_METHOD(StackFixture, "a small stack is planned, applied, and then there is nothing to do") {
  const char* const yaml = R"yaml(
resources:
  random.password.p: { length: 20 }
  core.value.v: { input: { a: x } }
  fake.box.b: { name: box }
  fake.thing.a:
    name: a
    secret: ${random.password.p.value}
    box: ${fake.box.b.name}
    tags: { v: "${core.value.v.output.a}" }
  fake.thing.b: { name: "b-${fake.thing.a.id}" }
  fake.link.l: { from: "${fake.thing.a.name}", to: "${fake.thing.b.name}" }
outputs:
  id: { value: "${fake.thing.a.id}" }
)yaml";
  const auto first = plan(yaml);
  INFO(first->errors());
  REQUIRE(first->plan.has_value());
  CHECK(brief(*first->plan) ==
        "create core.value.v\ncreate fake.box.b\ncreate fake.link.l\ncreate fake.thing.a\ncreate fake.thing.b\n"
        "create random.password.p\noutput id\n");
  CHECK(follows(*first->plan, "create fake.thing.a", "create fake.box.b"));
  CHECK(follows(*first->plan, "create fake.thing.a", "create random.password.p"));
  CHECK(follows(*first->plan, "create fake.link.l", "create fake.thing.b"));
  settle(yaml);
  CHECK(fake->count(FakeCall::create) == 4);
  CHECK(state().outputs.at("id").value == Value(fake->server_id("fake.thing", "a")));
}
