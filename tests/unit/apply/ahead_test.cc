// Limits of calls in flight, and intents that are written before there is room for their calls.
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/support/faulty_session.h"
#include "tests/support/stack_fixture.h"

using namespace plumb;
using namespace plumb::test;

namespace {

std::string things(int count) {
  std::string yaml = "resources:\n";
  for (int i = 0; i < count; ++i)
    yaml += "  fake.thing.t" + std::to_string(i) + ": { name: t" + std::to_string(i) + " }\n";
  return yaml;
}

}  // namespace

TEST_CASE_METHOD(StackFixture, "one sync serves many intents, and every call's intent is there before the call") {
  const auto script = std::make_shared<JournalScript>();
  wrap = [script](auto real) { return std::make_unique<FaultySession>(std::move(real), script); };
  std::atomic<std::size_t> unknown{0};
  fake->add({.call = FakeCall::create, .run = [&](const FakeEvent& event) {
               // Read without a lock: the store's own file.
               const std::string bytes = stored_bytes();
               if (event.intent_id.empty() || bytes.find(event.intent_id) == std::string::npos) ++unknown;
             }});
  settle(things(200));
  CHECK(unknown == 0);
  CHECK(fake->most_at_once() <= fake->schema().concurrency);
  CHECK(script->syncs < 20);
  CHECK(state().pending.empty());
}

TEST_CASE_METHOD(StackFixture, "what was only prepared when a signal came is told, and leaves no open intent") {
  StopRequest stop{0};
  apply_options.stop = &stop;
  options.parallelism = 1;
  fake->add({.call = FakeCall::create, .skip = 1, .run = [&stop](const FakeEvent&) { stop = 1; }});
  const auto run = apply(things(30));
  CHECK(run->outcome.done == 2);
  CHECK(run->outcome.skipped == 28);
  CHECK(run->outcome.failed == 0);
  CHECK(state().pending.empty());
  CHECK(state().instances.size() == 2);
  stop = 0;
  fake->clear_rules();
  settle(things(30));
  CHECK(fake->count(FakeCall::create) == 30);
}

TEST_CASE_METHOD(StackFixture,
                 "killed with many intents ahead: the next run makes what was not made, and nothing twice") {
  options.parallelism = 1;
  for (const std::size_t allow : {31U, 32U, 40U, 60U}) {
    StackFixture stack;
    stack.options.parallelism = 1;
    const auto script = std::make_shared<JournalScript>();
    script->allow = allow;
    stack.wrap = [script](auto real) { return std::make_unique<FaultySession>(std::move(real), script); };
    const auto run = stack.apply(things(30));
    INFO(allow << "\n" << run->event_text());
    stack.wrap = nullptr;
    CHECK(run->outcome.exit_code(*run->plan) == 1);
    CHECK_FALSE(stack.state().pending.empty());
    stack.settle(things(30));
    CHECK(stack.fake->count(FakeCall::create) == 30);
    CHECK(stack.state().pending.empty());
  }
}

TEST_CASE_METHOD(StackFixture, "a type's own limit is held to") {
  ProviderSchema schema = fake_schema("tight");
  schema.types[0].concurrency = 1;
  REQUIRE(schema.types[0].name == "tight.thing");
  const auto server = std::make_shared<FakeServer>(std::move(schema));
  registry.add("tight", [server] { return std::make_unique<FakeKind>(server); });
  std::string yaml = "resources:\n";
  for (int i = 0; i < 20; ++i) {
    const std::string n = std::to_string(i);
    yaml += "  tight.thing.t" + n + ": { name: t" + n + " }\n  tight.box.b" + n + ": { name: b" + n + " }\n";
  }
  std::atomic<int> inside{0}, most{0};
  server->add({.call = FakeCall::create, .type = "tight.thing", .run = [&](const FakeEvent&) {
                 const int now = ++inside;
                 most = std::max(most.load(), now);
                 std::this_thread::sleep_for(std::chrono::milliseconds(2));
                 --inside;
               }});
  server->add({.call = FakeCall::create, .type = "tight.box", .delay = std::chrono::milliseconds(2)});
  settle(yaml);
  CHECK(most == 1);
  CHECK(server->most_at_once() > 1);
  CHECK(server->size("tight.thing") + server->size("tight.box") == 40);
}
