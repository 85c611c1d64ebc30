// A kill between any two journal records: the next run converges, and nothing is made twice.
#include <catch2/catch.hpp>
#include <map>

#include "tests/support/faulty_session.h"
#include "tests/support/plan_lines.h"
#include "tests/support/stack_fixture.h"

using namespace plumb;
using namespace plumb::test;

namespace {

const char* const kBefore = R"yaml(
resources:
  random.password.old: { length: 24 }
  fake.box.one: { name: one }
  fake.box.two: { name: two }
  fake.thing.keep: { name: keep, zone: a, box: "${fake.box.one.name}" }
  fake.thing.grow: { name: grow, size: 1, secret: "${random.password.old.value}" }
  fake.thing.gone: { name: gone, box: "${fake.box.two.name}" }
  fake.link.tie: { from: "${fake.thing.keep.name}", to: "${fake.thing.gone.name}" }
)yaml";

// Creates, an update with a new secret, a replacement, deletions with an order, a rename.
const char* const kAfter = R"yaml(
resources:
  random.password.fresh: { length: 24 }
  core.value.v: { input: "${fake.thing.made.id}" }
  fake.box.one: { name: one }
  fake.thing.keep: { name: keep, zone: b, box: "${fake.box.one.name}" }
  fake.thing.grow: { name: grown, size: 2, secret: "${random.password.fresh.value}" }
  fake.thing.made: { name: made, secret: "${random.password.fresh.value}", note: "of ${fake.thing.keep.id}" }
  fake.link.tie: { from: "${fake.thing.keep.name}", to: "${fake.thing.made.name}" }
)yaml";

// Creations of each identity that the server saw.
std::map<std::string, std::size_t> creations(const FakeServer& server) {
  std::map<std::string, std::size_t> out;
  for (const FakeEvent& event : server.log()) {
    if (event.call == FakeCall::create) ++out[event.type + " " + event.identity];
  }
  return out;
}

// How many records an undisturbed run writes.
std::size_t records_of(const char* before, const char* after) {
  StackFixture stack;
  if (before != nullptr) stack.settle(before);
  const auto script = std::make_shared<JournalScript>();
  stack.wrap = [script](auto real) { return std::make_unique<FaultySession>(std::move(real), script); };
  stack.apply(after);
  return script->written;
}

// What must be on the server in the end.
struct Left {
  std::size_t boxes, things, links;
};

void crash_everywhere(const char* before, const char* after, const Left& left = {1, 3, 1}) {
  const std::size_t records = records_of(before, after);
  REQUIRE(records > 10);
  for (std::size_t k = 0; k <= records; ++k) {
    StackFixture stack;
    if (before != nullptr) stack.settle(before);
    stack.fake->clear_log();
    const auto script = std::make_shared<JournalScript>();
    script->allow = k;
    stack.wrap = [script](auto real) { return std::make_unique<FaultySession>(std::move(real), script); };
    const auto killed = stack.apply(after);
    stack.wrap = nullptr;
    INFO("killed after record " << k << " of " << records << "\n" << killed->event_text());
    CHECK(killed->outcome.exit_code(*killed->plan) == 1);
    const auto second = stack.plan(after);
    INFO(second->errors() << (second->plan ? brief(*second->plan) : ""));
    REQUIRE(second->plan.has_value());
    CHECK(second->plan->counts.blocked == 0);
    stack.settle(after);
    for (const auto& [object, times] : creations(*stack.fake)) {
      INFO(object);
      CHECK(times == 1);
    }
    CHECK(stack.fake->size("fake.box") == left.boxes);
    CHECK(stack.fake->size("fake.thing") == left.things);
    CHECK(stack.fake->size("fake.link") == left.links);
    const State now = stack.state();
    CHECK(now.pending.empty());
    for (const auto& [address, record] : now.instances) CHECK(record.deposed.empty());
  }
}

// Three replacements, each because of the one before; asked for by the last, forced on the others.
std::string chain(const std::string& n) {
  return "resources:\n  fake.thing.a: { name: a" + n + ", zone: z" + n +
         " }\n"
         "  fake.thing.b: { name: b" +
         n +
         ", zone: '${fake.thing.a.name}', note: '${fake.thing.a.id}' }\n"
         "  fake.thing.c: { name: c" +
         n +
         ", zone: '${fake.thing.b.name}', note: '${fake.thing.b.id}', lifecycle: { create_before_destroy: true } }\n";
}

}  // namespace

TEST_CASE("killed between any two records of a chain of replacements that create first") {
  crash_everywhere(chain("1").c_str(), chain("2").c_str(), {0, 3, 0});
}

TEST_CASE("killed between any two records of a first apply") { crash_everywhere(nullptr, kAfter); }

TEST_CASE("killed between any two records of creates, updates, replacements and deletions") {
  crash_everywhere(kBefore, kAfter);
}

TEST_CASE_METHOD(StackFixture, "an interrupted create is taken in without the adopt flag, and keeps its uid") {
  const char* const yaml =
      "resources:\n  fake.thing.a: { name: a, secret: '${var.s}' }\n"
      "variables:\n  s: { type: string, sensitive: true }\n";
  variables = {{"s", "correct horse"}};
  const auto script = std::make_shared<JournalScript>();
  script->allow = 2;  // the server, the intent
  wrap = [script](auto real) { return std::make_unique<FaultySession>(std::move(real), script); };
  apply(yaml);
  wrap = nullptr;
  REQUIRE(script->events.size() == 2);
  const auto* intent = std::get_if<Intent>(&script->events[1]);
  REQUIRE(intent != nullptr);
  REQUIRE(fake->size("fake.thing") == 1);
  const auto again = plan(yaml);
  CHECK(brief(*again->plan) == "adopt fake.thing.a\n");
  settle(yaml);
  CHECK(state().instances.begin()->second.uid == intent->uid);
  CHECK(fake->count(FakeCall::create) == 1);
}

TEST_CASE_METHOD(StackFixture, "an apply of something else keeps the intent of an interrupted create") {
  const char* const yaml = "resources:\n  fake.thing.a: { name: a }\n  fake.thing.b: { name: b }\n";
  const auto script = std::make_shared<JournalScript>();
  script->allow = 3;  // the server, two intents
  wrap = [script](auto real) { return std::make_unique<FaultySession>(std::move(real), script); };
  apply(yaml);
  wrap = nullptr;
  REQUIRE(fake->size("fake.thing") == 2);
  options.targets = {*Address::parse("fake.thing.a")};
  apply(yaml);
  CHECK(state().pending.size() == 1);
  options.targets.clear();
  settle(yaml);
  CHECK(state().pending.empty());
  CHECK(fake->count(FakeCall::create) == 2);
}

TEST_CASE_METHOD(StackFixture,
                 "an interrupted create that left configuration is deleted, or dropped if it was not made") {
  const char* const yaml = "resources:\n  fake.thing.a: { name: a }\n";
  const auto script = std::make_shared<JournalScript>();
  script->allow = 2;
  wrap = [script](auto real) { return std::make_unique<FaultySession>(std::move(real), script); };
  apply(yaml);
  wrap = nullptr;
  SECTION("made") {
    settle("providers:\n  fake:\n");
    CHECK(fake->size("fake.thing") == 0);
  }
  SECTION("not made") {
    fake->erase("fake.thing", "a");
    apply("providers:\n  fake:\n");
  }
  CHECK(state().pending.empty());
  CHECK(state().instances.empty());
}

TEST_CASE_METHOD(StackFixture, "two intents of one object are one object") {
  const char* const yaml = "resources:\n  fake.thing.a: { name: a }\n";
  const auto interrupted = [&](int allow) {
    const auto script = std::make_shared<JournalScript>();
    script->allow = allow;
    wrap = [script](auto real) { return std::make_unique<FaultySession>(std::move(real), script); };
    apply(yaml);
    wrap = nullptr;
  };
  interrupted(2);  // the server, the intent
  fake->erase("fake.thing", "a");
  interrupted(1);  // the server is known
  REQUIRE(fake->size("fake.thing") == 1);
  REQUIRE(state().pending.size() == 2);
  CHECK(brief(*plan(yaml)->plan) == "adopt fake.thing.a\n");
  settle(yaml);
  CHECK(fake->size("fake.thing") == 1);
  CHECK(state().pending.empty());
}
