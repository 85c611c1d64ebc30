#include <catch2/catch.hpp>

#include "engine/base/hash.h"
#include "tests/support/faulty_session.h"
#include "tests/support/plan_lines.h"
#include "tests/support/stack_fixture.h"

using namespace plumb;
using namespace plumb::test;

namespace {

const Error kFull{"disk full", "free some space", {}, Fault::provider};

Error with(Retry retry) {
  Error error = kFull;
  error.retry = retry;
  return error;
}

}  // namespace

TEST_CASE_METHOD(StackFixture, "every fake type is made, is kept, and goes") {
  settle(R"yaml(
resources:
  fake.box.b: { name: b, label: l }
  fake.thing.a: { name: a, size: 3, note: n, tags: { k: v }, owner: me, zone: z, box: b }
  fake.thing.b: { name: b }
  fake.link.l: { from: a, to: b, admin: true }
)yaml");
  CHECK(state().instances.size() == 4);
  settle("providers:\n  fake:\n");
  CHECK(fake->size("fake.thing") + fake->size("fake.box") + fake->size("fake.link") == 0);
  CHECK(state().instances.empty());
}

TEST_CASE_METHOD(StackFixture, "a failure stops its dependents only, and outputs that can be told are told") {
  const char* const yaml = R"yaml(
resources:
  fake.thing.a: { name: a }
  fake.thing.b: { name: b, note: "${fake.thing.a.id}" }
  fake.thing.c: { name: c, note: "${fake.thing.b.id}" }
  fake.thing.other: { name: other }
outputs:
  a: { value: "${fake.thing.a.id}" }
  other: { value: "${fake.thing.other.id}" }
)yaml";
  fake->add({.call = FakeCall::create, .identity = "a", .times = 1, .error = kFull});
  const auto run = apply(yaml);
  CHECK(run->outcome.failed == 1);
  CHECK(run->outcome.skipped == 2);
  CHECK(run->outcome.done == 1);
  CHECK(run->outcome.exit_code(*run->plan) == 1);
  CHECK(run->event_text().find("failed create fake.thing.a: disk full\nskipped create fake.thing.b because of "
                               "fake.thing.a\nskipped create fake.thing.c because of fake.thing.a") !=
        std::string::npos);
  CHECK(state().outputs.count("other") == 1);
  CHECK(state().outputs.count("a") == 0);
  CHECK(state().pending.empty());
  settle(yaml);
  CHECK(state().outputs.count("a") == 1);
}

TEST_CASE_METHOD(StackFixture, "errors that may pass are tried again at once, five times") {
  fake->add({.call = FakeCall::create, .times = 2, .error = with(Retry::at_once)});
  settle("resources:\n  fake.thing.a: { name: a }\n");
  CHECK(fake->count(FakeCall::create) == 3);
  fake->clear_log();
  fake->add({.call = FakeCall::update, .error = with(Retry::at_once)});
  const auto run = apply("resources:\n  fake.thing.a: { name: a, size: 2 }\n");
  CHECK(run->outcome.failed == 1);
  CHECK(fake->count(FakeCall::update) == 6);
}

TEST_CASE_METHOD(StackFixture, "errors that pass with time are tried later, within the cap") {
  fake->add({.call = FakeCall::create, .times = 1, .error = with(Retry::later)});
  auto run = settle("resources:\n  fake.thing.a: { name: a }\n");
  CHECK(run->event_text() == "retry create fake.thing.a after 500 ms\ndone create fake.thing.a\n");
  Error busy = with(Retry::later);
  busy.retry_after = std::chrono::milliseconds(700);
  fake->add({.call = FakeCall::update, .error = busy});
  apply_options.retry_cap = std::chrono::milliseconds(800);
  run = apply("resources:\n  fake.thing.a: { name: a, size: 2 }\n");
  CHECK(run->event_text() == "retry update fake.thing.a after 700 ms\nfailed update fake.thing.a: disk full\n");
}

TEST_CASE_METHOD(StackFixture, "what a server wants to be known is told, less its secrets") {
  fake->add({.call = FakeCall::create, .warnings = {"the secret hunter2hunter2 is weak"}});
  variables = {{"s", "hunter2hunter2"}};
  const auto run = settle(
      "variables:\n  s: { type: string, sensitive: true }\n"
      "resources:\n  fake.thing.a: { name: a, secret: \"${var.s}\" }\n");
  CHECK(run->event_text() ==
        "note fake.thing.a: the server says: the secret (sensitive) is weak\ndone create fake.thing.a\n");
}

TEST_CASE_METHOD(StackFixture, "a lost reply is settled by reading, whether it was done or not") {
  using Moment = FakeRule::Moment;
  const Moment moment = GENERATE(Moment::before, Moment::after);
  const bool done = moment == Moment::after;
  const char* const yaml = "resources:\n  fake.thing.a: { name: a }\n";
  fake->add({.call = FakeCall::create, .times = 1, .moment = moment, .error = with(Retry::outcome_unknown)});
  settle(yaml);
  CHECK(fake->count(FakeCall::create) == (done ? 1 : 2));
  fake->add({.call = FakeCall::update, .times = 1, .moment = moment, .error = with(Retry::outcome_unknown)});
  settle("resources:\n  fake.thing.a: { name: a, size: 2 }\n");
  CHECK(fake->count(FakeCall::update) == (done ? 1 : 2));
  fake->add({.call = FakeCall::remove, .times = 1, .moment = moment, .error = with(Retry::outcome_unknown)});
  settle("providers:\n  fake:\n");
  CHECK(fake->count(FakeCall::remove) == (done ? 1 : 2));
}

TEST_CASE_METHOD(StackFixture, "a lost reply that cannot be settled stays open, and the next run reads") {
  const char* const yaml = "resources:\n  fake.thing.a: { name: a }\n";
  fake->add(
      {.call = FakeCall::create, .times = 1, .moment = FakeRule::Moment::after, .error = with(Retry::outcome_unknown)});
  // The plan's read of what is new goes by: the call, and the object in it.
  fake->add({.call = FakeCall::read, .type = "fake.thing", .skip = 2, .error = kFull});
  const auto run = apply(yaml);
  INFO(run->event_text());
  CHECK(run->outcome.failed == 1);
  CHECK(state().pending.size() == 1);
  fake->clear_rules();
  settle(yaml);
  CHECK(fake->count(FakeCall::create) == 1);
  CHECK(state().pending.empty());
}

TEST_CASE_METHOD(StackFixture, "what got half-way is recorded, and the next plan mends it") {
  const char* const yaml = "resources:\n  fake.thing.a: { name: a, zone: z, size: 4 }\n";
  fake->add({.call = FakeCall::create, .times = 1, .moment = FakeRule::Moment::halfway, .error = kFull});
  const auto run = apply(yaml);
  CHECK(run->event_text() == "half create fake.thing.a: disk full\n");
  REQUIRE(state().instances.size() == 1);
  CHECK(state().instances.begin()->second.partial == "disk full");
  fake->change("fake.thing", "a", "size", Value(2));
  const auto next = plan(yaml);
  CHECK(next->change("fake.thing.a")->action == Action::update);
  CHECK(next->change("fake.thing.a")->reason.find("disk full") != std::string::npos);
  settle(yaml);
  CHECK_FALSE(state().instances.begin()->second.partial.has_value());
}

TEST_CASE_METHOD(StackFixture, "a provider that does not do what was planned is named") {
  fake->add({.call = FakeCall::create, .times = 1, .answer = [](const Value& value) {
               return with_value_at(value, Path("size"), Value(99));
             }});
  const auto run = apply("resources:\n  fake.thing.a: { name: a, size: 4 }\n");
  CHECK(run->outcome.failed == 1);
  CHECK(run->event_text().find("size") != std::string::npos);
  CHECK(run->event_text().find("fake") != std::string::npos);
  CHECK(state().instances.begin()->second.partial.has_value());
}

TEST_CASE_METHOD(StackFixture, "secrets are nowhere in the files of the state") {
  variables = {{"s", "correct horse battery"}};
  settle(R"yaml(
variables:
  s: { type: string, sensitive: true }
resources:
  random.password.p: { length: 24 }
  fake.thing.a: { name: a, secret: "${var.s}" }
  fake.thing.b: { name: b, secret: "${random.password.p.value}" }
  core.value.v: { input: { inside: "${var.s}", open: 1 } }
outputs:
  o: { value: "${random.password.p.value}", sensitive: true }
)yaml");
  const std::string bytes = stored_bytes();
  REQUIRE(bytes.size() > 100);
  const std::string generated = fake->object("fake.thing", "b")->get("secret").as_string();
  REQUIRE(generated.size() == 24);
  for (const std::string& secret : {std::string("correct horse battery"), generated}) {
    CHECK(bytes.find(secret) == std::string::npos);
    CHECK(bytes.find(hex(secret)) == std::string::npos);
    CHECK(bytes.find(base64(secret).substr(0, 24)) == std::string::npos);
    CHECK(bytes.find(base64url(secret).substr(0, 24)) == std::string::npos);
  }
}

TEST_CASE_METHOD(StackFixture, "a generated secret is durable before its reader's call") {
  const auto script = std::make_shared<JournalScript>();
  wrap = [script](auto real) { return std::make_unique<FaultySession>(std::move(real), script); };
  bool recorded = false;
  fake->add({.call = FakeCall::create, .run = [&](const FakeEvent&) {
               for (const auto& [address, record] : state().instances) {
                 recorded = recorded || address.str() == "random.password.p";
               }
             }});
  apply(
      "resources:\n  random.password.p: { length: 24 }\n"
      "  fake.thing.a: { name: a, secret: '${random.password.p.value}' }\n");
  CHECK(recorded);
}

TEST_CASE_METHOD(StackFixture, "when the journal cannot be written nothing new is called") {
  const char* const yaml =
      "resources:\n  fake.thing.a: { name: a }\n"
      "  fake.thing.b: { name: b, note: '${fake.thing.a.id}' }\n";
  const auto script = std::make_shared<JournalScript>();
  script->allow = 0;
  wrap = [script](auto real) { return std::make_unique<FaultySession>(std::move(real), script); };
  SECTION("from the start") {
    const auto run = apply(yaml);
    CHECK(fake->writes() == 0);
    CHECK_FALSE(run->outcome.errors.empty());
    CHECK(run->outcome.exit_code(*run->plan) == 1);
  }
  SECTION("after the first intent; a disk that is full for a moment loses no outcome") {
    script->allow = 2;
    script->fail_times = 1;
    const auto run = apply(yaml);
    CHECK(fake->count(FakeCall::create) == 1);
    CHECK(run->outcome.exit_code(*run->plan) == 1);
    wrap = nullptr;
    CHECK(state().instances.size() == 1);
    CHECK(state().pending.empty());
  }
  wrap = nullptr;
  settle(yaml);
}

TEST_CASE_METHOD(StackFixture, "no more calls are in flight than the provider allows") {
  fake->add({.call = FakeCall::create, .delay = std::chrono::milliseconds(5)});
  std::string yaml = "resources:\n";
  for (int i = 0; i < 40; ++i)
    yaml += "  fake.thing.t" + std::to_string(i) + ": { name: t" + std::to_string(i) + " }\n";
  SECTION("its own limit") {
    settle(yaml);
    CHECK(fake->most_at_once() > 1);
    CHECK(fake->most_at_once() <= fake->schema().concurrency);
  }
  SECTION("--parallelism") {
    options.parallelism = 2;
    settle(yaml);
    CHECK(fake->most_at_once() <= 2);
  }
}

TEST_CASE_METHOD(StackFixture, "a signal: what runs is finished, the rest is told") {
  StopRequest stop{0};
  apply_options.stop = &stop;
  fake->add({.call = FakeCall::create, .identity = "a", .run = [&stop](const FakeEvent&) { stop = 1; }});
  const char* const yaml =
      "resources:\n  fake.thing.a: { name: a }\n  fake.thing.b: { name: b, note: '${fake.thing.a.id}' }\n"
      "  fake.thing.c: { name: c, note: '${fake.thing.b.id}' }\n";
  const auto run = apply(yaml);
  CHECK(run->event_text() ==
        "done create fake.thing.a\nskipped create fake.thing.b (interrupted)\nskipped create fake.thing.c "
        "(interrupted)\n");
  CHECK(run->outcome.interrupted);
  CHECK(run->outcome.exit_code(*run->plan) == 1);
  CHECK(state().instances.size() == 1);
  stop = 0;
  fake->clear_rules();
  settle(yaml);
}

TEST_CASE_METHOD(StackFixture, "a signal while a retry is due leaves no open intent") {
  StopRequest stop{0};
  apply_options.stop = &stop;
  fake->add({.call = FakeCall::create, .error = with(Retry::later)});
  on_event = [&stop](const ApplyEvent& event) {
    if (std::holds_alternative<StepRetrying>(event)) stop = 1;
  };
  const auto run = apply("resources:\n  fake.thing.a: { name: a }\n");
  CHECK(run->outcome.skipped == 1);
  CHECK(state().pending.empty());
}

TEST_CASE_METHOD(StackFixture, "a second signal gives up within five seconds, and the journal tells the rest") {
  StopRequest stop{0};
  apply_options.stop = &stop;
  fake->add({.call = FakeCall::create, .delay = std::chrono::milliseconds(6500)});
  on_event = [&stop](const ApplyEvent& event) {
    if (std::holds_alternative<StepStarted>(event)) stop = 2;
  };
  const char* const yaml = "resources:\n  fake.thing.a: { name: a }\n";
  const auto start = std::chrono::steady_clock::now();
  std::unique_ptr<Run> run = apply(yaml);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::milliseconds(6300));
  CHECK(run->outcome.abandoned);
  CHECK(run->outcome.exit_code(*run->plan) == 1);
  CHECK(state().pending.size() == 1);
  run.reset();  // a process would end here; the session waits for the call
  stop = 0;
  fake->clear_rules();
  settle(yaml);
  CHECK(fake->count(FakeCall::create) == 1);
}
