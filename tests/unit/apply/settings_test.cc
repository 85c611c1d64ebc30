// What a plan tells apply besides its steps: timeouts, moves, reads. The plans are edited.
#include <catch2/catch.hpp>

#include "tests/support/faulty_session.h"
#include "tests/support/plan_lines.h"
#include "tests/support/stack_fixture.h"

using namespace plumb;
using namespace plumb::test;
using std::chrono::milliseconds;

namespace {

Address addr(const std::string& text) { return *Address::parse(text); }

// Passes everything on to a fake; notes the timeouts it is given, and answers questions.
class Listening : public FakeKind {
 public:
  struct Heard {
    std::vector<milliseconds> timeouts;
    std::vector<Value> questions;
    std::vector<ReadResult> answers;  // one after the other
  };
  class Connection : public Provider {
   public:
    Connection(std::unique_ptr<Provider> real, Heard& heard) : real_(std::move(real)), heard_(heard) {}
    Result<ServerInfo> configure(const Value& config) override { return real_->configure(config); }
    std::vector<ReadResult> read_many(const TypeSchema& type, std::span<const ReadKey> keys) override {
      return real_->read_many(type, keys);
    }
    std::vector<ReadResult> read_data(const TypeSchema&, std::span<const Value> configs) override {
      heard_.questions.insert(heard_.questions.end(), configs.begin(), configs.end());
      if (heard_.answers.empty()) return {};
      ReadResult next = heard_.answers.front();
      heard_.answers.erase(heard_.answers.begin());
      return {next};
    }
    ApplyResult apply(const ChangeRequest& change) override {
      heard_.timeouts.push_back(change.timeout);
      return real_->apply(change);
    }

   private:
    std::unique_ptr<Provider> real_;
    Heard& heard_;
  };

  Listening(std::shared_ptr<FakeServer> server, Heard& heard) : FakeKind(std::move(server)), heard_(heard) {}
  [[nodiscard]] std::unique_ptr<Provider> make() const override {
    return std::make_unique<Connection>(FakeKind::make(), heard_);
  }

 private:
  Heard& heard_;
};

struct Settings : StackFixture {
  Listening::Heard heard;
  std::shared_ptr<FakeServer> server = std::make_shared<FakeServer>(fake_schema("ear"));
  Settings() {
    options.parallelism = 1;
    registry.add("ear", [this] { return std::make_unique<Listening>(server, heard); });
  }
  void edit_all(const std::function<void(PlannedChange&)>& change) {
    edit = [change](Plan& plan) {
      for (PlannedChange& one : plan.changes) change(one);
    };
  }
};

ReadResult answer(const std::string& name, const Value& note) {
  return ReadResult::present(Value(ValueMap{{"name", name}, {"note", note}, {"id", "7"}}), "7");
}

}  // namespace

TEST_CASE_METHOD(Settings, "each operation is told its timeout") {
  edit_all([](PlannedChange& change) {
    change.timeouts = {milliseconds(1000), milliseconds(2000), milliseconds(3000), milliseconds(4000)};
  });
  apply("resources:\n  ear.thing.a: { name: a, zone: x }\n");
  apply("resources:\n  ear.thing.a: { name: a, zone: x, size: 2 }\n");
  apply("resources:\n  ear.thing.a: { name: a, zone: y, size: 2 }\n");
  CHECK(heard.timeouts ==
        std::vector<milliseconds>{milliseconds(1000), milliseconds(2000), milliseconds(3000), milliseconds(1000)});
  edit = nullptr;
  apply("providers:\n  ear:\n");
  CHECK(heard.timeouts.back() == milliseconds(0));
}

TEST_CASE_METHOD(Settings, "a timeout caps the retries of a step, and is named") {
  Error busy{"busy", "wait", {}, Fault::provider, Retry::later, milliseconds(400)};
  server->add({.call = FakeCall::create, .error = busy});
  edit_all([](PlannedChange& change) { change.timeouts.create = milliseconds(700); });
  auto run = apply("resources:\n  ear.thing.a: { name: a }\n");
  CHECK(run->event_text() ==
        "retry create ear.thing.a after 500 ms\nfailed create ear.thing.a: busy; gave up after 700ms "
        "(`timeouts.create`)\n");
  CHECK(state().pending.empty());
  // And allows more than the usual cap does.
  apply_options.retry_cap = milliseconds(1);
  server->clear_rules();
  server->add({.call = FakeCall::create, .times = 1, .error = busy});
  edit_all([](PlannedChange& change) { change.timeouts.create = std::chrono::minutes(90); });
  run = apply("resources:\n  ear.thing.a: { name: a }\n");
  CHECK(run->event_text() == "retry create ear.thing.a after 500 ms\ndone create ear.thing.a\n");
}

TEST_CASE_METHOD(Settings, "a call that was given up by the provider names the timeout too") {
  server->add(
      {.call = FakeCall::update, .error = Error{"canceled", "", {}, Fault::provider}, .delay = milliseconds(20)});
  settle("resources:\n  ear.thing.a: { name: a }\n");
  edit_all([](PlannedChange& change) { change.timeouts.update = milliseconds(10); });
  const auto run = apply("resources:\n  ear.thing.a: { name: a, size: 3 }\n");
  CHECK(run->event_text() == "failed update ear.thing.a: canceled; gave up after 10ms (`timeouts.update`)\n");
  // One that failed in time does not.
  edit_all([](PlannedChange& change) { change.timeouts.update = std::chrono::hours(1); });
  CHECK(apply("resources:\n  ear.thing.a: { name: a, size: 3 }\n")->event_text() ==
        "failed update ear.thing.a: canceled\n");
}

TEST_CASE_METHOD(Settings, "a data source is asked in apply, recorded, and its readers go on") {
  edit = [](Plan& plan) {
    for (Step& step : plan.graph.steps) {
      if (step.address == addr("ear.thing.d")) step.kind = StepKind::read;
    }
  };
  const char* const yaml =
      "resources:\n  ear.thing.d: { name: d }\n  fake.thing.t: { name: t, note: '${ear.thing.d.id}' }\n";
  const auto script = std::make_shared<JournalScript>();
  wrap = [script](auto real) { return std::make_unique<FaultySession>(std::move(real), script); };
  SECTION("told") {
    heard.answers = {answer("d", "hello")};
    const auto run = apply(yaml);
    CHECK(run->event_text() == "done read ear.thing.d\ndone create fake.thing.t\n");
    CHECK(run->outcome.done == 2);
    REQUIRE(heard.questions.size() == 1);
    CHECK(heard.questions[0].get("name") == Value("d"));
    CHECK(fake->object("fake.thing", "t")->get("note") == Value("7"));
    CHECK(state().instances.at(addr("ear.thing.d")).attributes.get("note") == Value("hello"));
    for (const JournalEvent& event : script->events) {
      if (const auto* intent = std::get_if<Intent>(&event)) CHECK(intent->address == addr("fake.thing.t"));
    }
    CHECK(server->writes() == 0);
  }
  SECTION("absent") {
    heard.answers = {ReadResult::absent()};
    const auto run = apply(yaml);
    CHECK(
        run->event_text() ==
        "failed read ear.thing.d: not found: there is nothing that it asks for\nskipped create fake.thing.t because of "
        "ear.thing.d\n");
    CHECK(run->outcome.exit_code(*run->plan) == 1);
    CHECK(state().instances.empty());
  }
  SECTION("not to be told, at first") {
    heard.answers = {ReadResult::unreadable(Error{"busy", "", {}, Fault::provider, Retry::outcome_unknown}),
                     answer("d", "late")};
    const auto run = apply(yaml);
    CHECK(run->event_text() == "retry read ear.thing.d after 0 ms\ndone read ear.thing.d\ndone create fake.thing.t\n");
  }
  SECTION("unreadable") {
    heard.answers = {ReadResult::unreadable(Error{"denied", "", {}, Fault::denied})};
    CHECK(apply(yaml)->event_text().find("failed read ear.thing.d: denied\n") == 0);
  }
  SECTION("not as its schema says") {
    heard.answers = {answer("d", Value::list({1}))};
    const std::string text = apply(yaml)->event_text();
    INFO(text);
    CHECK(text.find("failed read ear.thing.d: the ear provider broke its contract: ear.thing: \"note\"") == 0);
  }
  SECTION("no answer") {
    const std::string text = apply(yaml)->event_text();
    CHECK(text.find("failed read ear.thing.d: the ear provider broke its contract") == 0);
  }
  CHECK(state().pending.empty());
}

TEST_CASE_METHOD(StackFixture, "moves are journalled before the first step, the end of a chain first") {
  settle("resources:\n  fake.thing.a: { name: a }\n  fake.thing.b: { name: b }\n");
  const State before = state();
  const auto script = std::make_shared<JournalScript>();
  wrap = [script](auto real) { return std::make_unique<FaultySession>(std::move(real), script); };
  edit = [](Plan& plan) {
    plan.graph = {};
    plan.changes.clear();
    plan.moves = {{addr("fake.thing.a"), addr("fake.thing.b")}, {addr("fake.thing.b"), addr("fake.thing.c")}};
  };
  SECTION("without a step") {
    apply_options.plan_id = "p1";
    const auto run = apply("resources:\n  fake.thing.a: { name: a }\n  fake.thing.b: { name: b }\n");
    CHECK(run->outcome.exit_code(*run->plan) == 0);
    CHECK(state().applied_plans == std::vector<std::string>{"p1"});
  }
  SECTION("with one") {
    edit = [](Plan& plan) {
      plan.moves = {{addr("fake.thing.a"), addr("fake.thing.b")}, {addr("fake.thing.b"), addr("fake.thing.c")}};
    };
    apply("resources:\n  fake.thing.a: { name: a }\n  fake.thing.b: { name: b }\n  fake.thing.z: { name: z }\n");
    bool intent_seen = false;
    for (const JournalEvent& event : script->events) {
      intent_seen = intent_seen || std::holds_alternative<Intent>(event);
      if (std::holds_alternative<Moved>(event)) CHECK_FALSE(intent_seen);
    }
    CHECK(intent_seen);
  }
  const State after = state();
  CHECK(after.instances.at(addr("fake.thing.b")).uid == before.instances.at(addr("fake.thing.a")).uid);
  CHECK(after.instances.at(addr("fake.thing.c")).uid == before.instances.at(addr("fake.thing.b")).uid);
  CHECK_FALSE(after.instances.contains(addr("fake.thing.a")));
}

TEST_CASE_METHOD(StackFixture, "moves in a circle lose nothing: they are refused, and nothing is done") {
  settle("resources:\n  fake.thing.a: { name: a }\n  fake.thing.b: { name: b }\n");
  edit = [](Plan& plan) {
    plan.moves = {{addr("fake.thing.a"), addr("fake.thing.b")}, {addr("fake.thing.b"), addr("fake.thing.a")}};
  };
  const auto run =
      apply("resources:\n  fake.thing.a: { name: a }\n  fake.thing.b: { name: b }\n  fake.thing.z: { name: z }\n");
  REQUIRE(run->outcome.errors.size() == 1);
  CHECK(run->outcome.errors[0].message == "the moves of this plan form a circle");
  CHECK(run->outcome.exit_code(*run->plan) == 1);
  CHECK(state().instances.size() == 2);
  CHECK(fake->size("fake.thing") == 2);
}

TEST_CASE_METHOD(StackFixture,
                 "a check that fails is said and kept, and fails nothing; with its block its result goes") {
  const std::string made = "resources:\n  fake.thing.a: { name: a, size: 2 }\n";
  const std::string checks =
      "checks:\n  big: { assert: [{ condition: '${fake.thing.a.size > 5}', message: 'only ${fake.thing.a.size}' }] }\n"
      "  fine: { assert: [{ condition: '${fake.thing.a.size == 2}', message: never }] }\n";
  const auto run = apply(made + checks);
  INFO(run->errors());
  CHECK(run->event_text() == "done create fake.thing.a\nnote plumb.yaml:4:3: check big failed: only 2\n");
  CHECK(run->outcome.exit_code(*run->plan) == 0);
  CHECK(state().checks ==
        std::map<std::string, CheckRecord>{{"big", {"failed", {"only 2"}}}, {"fine", {"passed", {}}}});
  // Written when something changed, and only then.
  const auto script = std::make_shared<JournalScript>();
  wrap = [script](auto real) { return std::make_unique<FaultySession>(std::move(real), script); };
  apply(made + checks);
  CHECK(script->written == 0);
  apply(made);
  CHECK(script->written == 1);
  CHECK(state().checks.empty());
}
