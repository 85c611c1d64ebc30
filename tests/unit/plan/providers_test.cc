// Provider instances that are configured by resources, and keys that are gone.
#include <catch2/catch.hpp>

#include "tests/support/plan_lines.h"
#include "tests/support/stack_fixture.h"

using namespace plumb;
using namespace plumb::test;

namespace {

std::string behind(const std::string& config, const std::string& a = "name: a", const std::string& t = "name: t") {
  return "providers:\n  inner: { " + config +
         " }\nresources:\n  random.password.p: { length: 20 }\n  fake.thing.a: { " + a + " }\n  inner.thing.t: { " + t +
         " }\n";
}

}  // namespace

TEST_CASE_METHOD(StackFixture, "a provider behind a provider works from nothing, and on every later run") {
  const std::string yaml = behind("token: '${random.password.p.value}', endpoint: '${fake.thing.a.id}'");
  const auto run = plan(yaml);
  INFO(run->errors());
  REQUIRE(run->plan.has_value());
  CHECK(brief(*run->plan) == "create fake.thing.a\ncreate inner.thing.t\ncreate random.password.p\n");
  CHECK(run->change("inner.thing.t")->unverified);
  CHECK_FALSE(run->change("fake.thing.a")->unverified);
  CHECK(inner->count(FakeCall::configure) == 0);
  CHECK(follows(*run->plan, "create inner.thing.t", "create random.password.p"));
  CHECK(follows(*run->plan, "create inner.thing.t", "create fake.thing.a"));
  settle(yaml);
  options.mode = PlanMode::destroy;
  const auto gone = apply(yaml);
  INFO(gone->errors() << gone->event_text());
  CHECK(gone->outcome.failed == 0);
  CHECK(inner->size("inner.thing") + fake->size("fake.thing") == 0);
}

TEST_CASE_METHOD(StackFixture, "an unverified create reads first, and takes nothing over") {
  inner->put("inner.thing", Value(ValueMap{{"name", "t"}}));
  const auto run = apply(behind("endpoint: '${fake.thing.a.id}'"));
  CHECK(run->outcome.failed == 1);
  CHECK(inner->count(FakeCall::create) == 0);
  CHECK(run->event_text().find("failed create inner.thing.t: it exists already") != std::string::npos);
}

TEST_CASE_METHOD(StackFixture, "what is in state behind a configuration that changes is deferred") {
  settle(behind("endpoint: '${fake.thing.a.id}-${fake.thing.a.size}'"));
  SECTION("unknown: what it reads is replaced") {
    const auto run = plan(behind("endpoint: '${fake.thing.a.id}-${fake.thing.a.size}'", "name: a, zone: z"));
    REQUIRE(run->plan.has_value());
    CHECK(brief(*run->plan) ==
          "replace fake.thing.a: zone!\n"
          "deferred(update) inner.thing.t: provider \"inner\" is configured by something that this plan changes\n");
  }
  SECTION("known, but the server is not there yet") {
    inner->add({.call = FakeCall::configure, .error = Error{"no route", "start it", {}, Fault::unreachable}});
    const auto run = plan(behind("endpoint: '${fake.thing.a.id}-${fake.thing.a.size}'", "name: a, size: 2"));
    INFO(run->errors());
    REQUIRE(run->plan.has_value());
    CHECK(run->change("inner.thing.t")->action == Action::deferred);
    CHECK(run->plan->counts.update == 1);
    // Nothing changes upstream: then it is an error.
    CHECK_FALSE(plan(behind("endpoint: '${fake.thing.a.id}-${fake.thing.a.size}'"))->plan.has_value());
  }
}

TEST_CASE_METHOD(StackFixture, "another server than the one in state is an error") {
  settle(behind("endpoint: x"));
  inner->set_identity("another");
  CHECK(plan(behind("endpoint: x"))->errors().find("leads to another server") != std::string::npos);
}

TEST_CASE_METHOD(StackFixture,
                 "without the key nothing changes by itself, and what must send a kept secret is blocked") {
  const auto text = [](const std::string& more) {
    return "resources:\n  random.password.p: { length: 20 }\n"
           "  fake.thing.a: { name: a, secret: '${random.password.p.value}'" +
           more + " }\n";
  };
  settle(text(""));
  has_key = false;
  const auto run = plan(text(""));
  INFO(run->errors());
  REQUIRE(run->plan.has_value());
  CHECK(brief(*run->plan).empty());
  const auto moved = plan(text(", size: 2"));
  REQUIRE(moved->plan.has_value());
  REQUIRE(moved->change("fake.thing.a") != nullptr);
  CHECK(moved->change("fake.thing.a")->action == Action::blocked);
  CHECK(moved->change("fake.thing.a")->blocked->message.find(state().key_id) != std::string::npos);
}

TEST_CASE_METHOD(StackFixture, "instances of a provider configured by a kept secret are blocked without the key") {
  const std::string yaml = behind("token: '${random.password.p.value}'");
  settle(yaml);
  has_key = false;
  const auto run = plan(yaml);
  INFO(run->errors());
  REQUIRE(run->plan.has_value());
  REQUIRE(run->change("inner.thing.t") != nullptr);
  CHECK(run->change("inner.thing.t")->action == Action::blocked);
  CHECK(run->plan->exit_code() == 2);
}
