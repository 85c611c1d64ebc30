// Replacements that make the new object first. The plans are edited: each replacement of the plan is turned around.
#include <catch2/catch.hpp>

#include "tests/support/faulty_session.h"
#include "tests/support/plan_lines.h"
#include "tests/support/stack_fixture.h"

using namespace plumb;
using namespace plumb::test;

namespace {

const Error kFull{"disk full", "free some space", {}, Fault::provider};

// Turns "delete, then create" into "create, then delete".
void turn_around(Plan& plan) {
  for (PlannedChange& change : plan.changes) {
    if (change.action == Action::replace) change.create_first = true;
  }
  auto& steps = plan.graph.steps;
  plan.graph.joins.clear();
  const auto rank = [&](const Step& step) {
    return step.kind == StepKind::create ? 0 : step.kind == StepKind::remove ? 2 : 1;
  };
  for (Step& step : steps) {
    step.after.clear();
    for (StepId other = 0; other < steps.size(); ++other) {
      if (rank(steps[other]) < rank(step)) step.after.push_back(other);
    }
  }
}

const char* const kBefore =
    "resources:\n  fake.link.l: { from: a, to: b }\n  fake.thing.a: { name: a }\n"
    "  fake.thing.b: { name: b }\n  fake.thing.c: { name: c }\n";
const char* const kAfter =
    "resources:\n  fake.link.l: { from: a, to: c }\n  fake.thing.a: { name: a }\n"
    "  fake.thing.b: { name: b }\n  fake.thing.c: { name: c }\n";

struct Replacing : StackFixture {
  Replacing() {
    settle(kBefore);
    REQUIRE(fake->size("fake.link") == 1);
    fake->clear_log();
    edit = turn_around;
  }
  [[nodiscard]] InstanceRecord link() const {
    const State now = state();
    return now.instances.at(*Address::parse("fake.link.l"));
  }
};

}  // namespace

TEST_CASE_METHOD(Replacing, "the new object is made, the old one known as deposed, then deleted") {
  std::vector<std::string> left;
  fake->add({.call = FakeCall::remove, .run = [&](const FakeEvent&) {
               for (const Deposed& one : link().deposed) left.push_back(one.identity.debug());
             }});
  const auto script = std::make_shared<JournalScript>();
  wrap = [script](auto real) { return std::make_unique<FaultySession>(std::move(real), script); };
  const std::string uid = link().uid;
  const auto run = apply(kAfter);
  CHECK(run->event_text() == "done create fake.link.l\ndone delete fake.link.l\n");
  // Durable before the call.
  CHECK(left == std::vector<std::string>{Value(ValueMap{{"from", "a"}, {"to", "b"}}).debug()});
  CHECK(link().deposed.empty());
  CHECK(link().uid == uid);
  CHECK(link().identity.get("to") == Value("c"));
  CHECK(fake->size("fake.link") == 1);
  std::vector<std::string> intents;
  for (const JournalEvent& event : script->events) {
    if (const auto* intent = std::get_if<Intent>(&event))
      intents.push_back(intent->deposed.empty() ? "itself" : "deposed");
  }
  CHECK(intents == std::vector<std::string>{"itself", "deposed"});
  edit = nullptr;
  settle(kAfter);
}

TEST_CASE_METHOD(Replacing, "a create that fails leaves the old object as it is") {
  fake->add({.call = FakeCall::create, .times = 1, .error = kFull});
  const auto run = apply(kAfter);
  CHECK(run->event_text() ==
        "failed create fake.link.l: disk full\nskipped delete fake.link.l because of fake.link.l\n");
  CHECK(link().deposed.empty());
  CHECK(link().identity.get("to") == Value("b"));
  CHECK(fake->count(FakeCall::remove) == 0);
  CHECK(state().pending.empty());
}

TEST_CASE_METHOD(Replacing, "a create that got half-way keeps both objects known") {
  fake->add({.call = FakeCall::create, .times = 1, .moment = FakeRule::Moment::halfway, .error = kFull});
  const auto run = apply(kAfter);
  CHECK(run->event_text() == "half create fake.link.l: disk full\nskipped delete fake.link.l because of fake.link.l\n");
  CHECK(link().partial == "disk full");
  CHECK(link().identity.get("to") == Value("c"));
  REQUIRE(link().deposed.size() == 1);
  CHECK(link().deposed[0].identity.get("to") == Value("b"));
  CHECK(fake->size("fake.link") == 2);
}

TEST_CASE_METHOD(Replacing, "a delete that fails leaves the old object for the next plan") {
  fake->add({.call = FakeCall::remove, .times = 2, .error = kFull});
  const auto run = apply(kAfter);
  CHECK(run->event_text() == "done create fake.link.l\nfailed delete fake.link.l: disk full\n");
  REQUIRE(link().deposed.size() == 1);
  CHECK(state().pending.empty());
  // Whatever happens to the object itself, what it left behind stays known until it is gone.
  edit = nullptr;
  const std::string with_admin =
      "resources:\n  fake.link.l: { from: a, to: c, admin: true }\n  fake.thing.a: { name: a }\n"
      "  fake.thing.b: { name: b }\n  fake.thing.c: { name: c }\n";
  const std::string events = apply(with_admin)->event_text();
  CHECK(events.find("done update fake.link.l\n") != std::string::npos);
  CHECK(events.find("failed delete fake.link.l: disk full\n") != std::string::npos);
  REQUIRE(link().deposed.size() == 1);
  CHECK(settle(with_admin)->event_text() == "done delete fake.link.l\n");
  CHECK(link().deposed.empty());
  CHECK(link().attributes.get("admin") == Value(true));
  CHECK(fake->size("fake.link") == 1);
  CHECK(fake->object("fake.link", "from=a,to=c").has_value());
}

TEST_CASE_METHOD(Replacing, "a record that knows of deposed objects does not go before them") {
  fake->add({.call = FakeCall::remove, .times = 1, .error = kFull});
  apply(kAfter);
  REQUIRE(link().deposed.size() == 1);
  // A plan that forgot them.
  edit = [](Plan& plan) {
    std::erase_if(plan.graph.steps, [](const Step& step) { return !step.deposed.empty(); });
    for (Step& step : plan.graph.steps) step.after.clear();
    plan.graph.joins.clear();
  };
  const auto run =
      apply("resources:\n  fake.thing.a: { name: a }\n  fake.thing.b: { name: b }\n  fake.thing.c: { name: c }\n");
  CHECK(run->event_text() == "failed delete fake.link.l: 1 object that replacements left behind must go first\n");
  CHECK(link().deposed.size() == 1);
}

TEST_CASE_METHOD(Replacing, "a lost reply of the second delete is settled by the server id") {
  fake->add({.call = FakeCall::remove,
             .times = 1,
             .moment = FakeRule::Moment::after,
             .error = Error{"lost", "", {}, Fault::provider, Retry::outcome_unknown}});
  const auto run = apply(kAfter);
  CHECK(run->event_text() == "done create fake.link.l\ndone delete fake.link.l\n");
  CHECK(fake->count(FakeCall::remove) == 1);
  CHECK(link().deposed.empty());
}

TEST_CASE_METHOD(StackFixture,
                 "values without outside effect are replaced in place, and what reads them reads the new") {
  settle("resources:\n  random.id.i: { bytes: 4 }\n  fake.thing.t: { name: t, note: '${random.id.i.hex}' }\n");
  const Value before = fake->object("fake.thing", "t")->get("note");
  edit = [](Plan& plan) { turn_around(plan); };
  const char* const after =
      "resources:\n  random.id.i: { bytes: 6 }\n  fake.thing.t: { name: t, note: '${random.id.i.hex}' }\n";
  const auto run = apply(after);
  INFO(run->event_text());
  CHECK(run->outcome.exit_code(*run->plan) == 0);
  const State now = state();
  const InstanceRecord& id = now.instances.at(*Address::parse("random.id.i"));
  CHECK(id.deposed.empty());
  CHECK(id.attributes.get("hex").as_string().size() == 12);
  CHECK(fake->object("fake.thing", "t")->get("note") == id.attributes.get("hex"));
  CHECK_FALSE(before == id.attributes.get("hex"));
}
