// create_before_destroy: rule (d), and what an interrupted one leaves behind.
#include <catch2/catch.hpp>

#include "tests/support/plan_lines.h"
#include "tests/support/stack_fixture.h"

using namespace plumb;
using namespace plumb::test;

namespace {

// Boxes are replaced for their names; `first` asks for the new one to be made before the old one goes.
std::string box(const std::string& name, const std::string& value, const std::string& label = {}, bool first = false) {
  return "  fake.box." + name + ": { name: " + value + (label.empty() ? "" : ", label: '" + label + "'") +
         (first ? ", lifecycle: { create_before_destroy: true }" : "") + " }\n";
}

// c reads b through a local, b reads a; a new suffix replaces all three.
std::string chain(const std::string& suffix, bool first = true) {
  return "locals: { l: '${fake.box.b.name}' }\nresources:\n" + box("a", "a" + suffix) +
         "  fake.box.b: { name: '${fake.box.a.name}b' }\n"
         "  fake.box.c: { name: '${locals.l}c'" +
         (first ? ", lifecycle: { create_before_destroy: true }" : "") + " }\n";
}

// What a create-first replacement of a leaves in state when it is interrupted between its halves.
State with_deposed(State state, const std::string& server_id) {
  Deposed left;
  left.id = "d1";
  left.identity = Value(ValueMap{{"name", "old"}});
  left.server_id = server_id;
  left.attributes = Value(ValueMap{{"name", "old"}, {"id", server_id}});
  state.instances.begin()->second.deposed.push_back(std::move(left));
  return state;
}

const PlannedChange* deposed_change(const Plan& plan) {
  for (const PlannedChange& change : plan.changes) {
    if (!change.deposed.empty()) return &change;
  }
  return nullptr;
}

}  // namespace

TEST_CASE_METHOD(StackFixture, "(d) a create-first replacement moves its readers before the old object goes") {
  const auto text = [](const std::string& name) {
    return "resources:\n" + box("x", name, {}, true) + "  fake.thing.y: { name: y, note: '${fake.box.x.name}' }\n";
  };
  settle(text("one"));
  const auto run = plan(text("two"));
  INFO(run->errors());
  REQUIRE(run->plan.has_value());
  CHECK(brief(*run->plan) == "replace fake.box.x: name!\nupdate fake.thing.y: note\n");
  CHECK(run->change("fake.box.x")->create_first);
  CHECK(follows(*run->plan, "update fake.thing.y", "create fake.box.x"));
  CHECK(follows(*run->plan, "delete fake.box.x", "update fake.thing.y"));
  fake->clear_log();
  settle(text("two"));
  CHECK(fake->size("fake.box") == 1);
  CHECK(state().instances.begin()->second.deposed.empty());
  CHECK(state().instances.begin()->second.create_before_destroy);
}

TEST_CASE_METHOD(StackFixture, "(d) a chain of three: created upwards, deleted downwards, forced on what it reads") {
  settle(chain("1"));
  const auto run = plan(chain("2"));
  INFO(run->errors());
  REQUIRE(run->plan.has_value());
  for (const char* address : {"fake.box.a", "fake.box.b", "fake.box.c"}) CHECK(run->change(address)->create_first);
  CHECK(run->change("fake.box.b")->reason.find("because fake.box.c is") != std::string::npos);
  CHECK(run->change("fake.box.a")->reason.find("because fake.box.b is") != std::string::npos);
  CHECK(run->change("fake.box.c")->reason.find("made before") == std::string::npos);
  CHECK(follows(*run->plan, "create fake.box.b", "create fake.box.a"));
  CHECK(follows(*run->plan, "create fake.box.c", "create fake.box.b"));
  CHECK(follows(*run->plan, "delete fake.box.c", "create fake.box.c"));
  CHECK(follows(*run->plan, "delete fake.box.b", "delete fake.box.c"));
  CHECK(follows(*run->plan, "delete fake.box.a", "delete fake.box.b"));
  settle(chain("2"));
  CHECK(fake->size("fake.box") == 3);
  for (const auto& [address, record] : state().instances) CHECK(record.create_before_destroy);
}

TEST_CASE_METHOD(StackFixture, "without it, the same chain is deleted first") {
  settle(chain("1", false));
  const auto run = plan(chain("2", false));
  REQUIRE(run->plan.has_value());
  CHECK_FALSE(run->change("fake.box.a")->create_first);
  CHECK(follows(*run->plan, "create fake.box.a", "delete fake.box.a"));
}

TEST_CASE_METHOD(StackFixture, "(d) is refused where the new object would have the old identity") {
  const auto text = [](const std::string& zone, const std::string& more) {
    return "resources:\n  fake.thing.a: { name: a, zone: " + zone + more + " }\n";
  };
  const std::string first = ", lifecycle: { create_before_destroy: true }";
  settle(text("x", first));
  const auto run = plan(text("y", first));
  REQUIRE(run->plan.has_value());
  CHECK(brief(*run->plan) ==
        "blocked(replace) fake.thing.a: `create_before_destroy` cannot be kept: its new object would have the identity "
        "of the old one (a)\n");
  CHECK(run->change("fake.thing.a")->blocked->next_step ==
        "give it another identity in the same change, or take `create_before_destroy` away");
  CHECK(run->plan->exit_code() == 2);
  CHECK(run->plan->graph.steps.empty());
}

TEST_CASE_METHOD(StackFixture, "(d) forced on an instance that keeps its name blocks both") {
  const auto text = [](const std::string& zone, const std::string& name) {
    return "resources:\n  fake.thing.a: { name: a, zone: " + zone + " }\n  fake.box.b: { name: " + name +
           ", label: '${fake.thing.a.zone}', lifecycle: { create_before_destroy: true } }\n";
  };
  settle(text("x", "b1"));
  const auto run = plan(text("y", "b2"));
  REQUIRE(run->plan.has_value());
  CHECK(brief(*run->plan) ==
        "blocked(replace) fake.box.b: it waits for fake.thing.a, which is blocked\n"
        "blocked(replace) fake.thing.a: it must be made before the old one goes, because fake.box.b is, and its new "
        "object would have the identity of the old one (a)\n");
}

TEST_CASE_METHOD(StackFixture, "what a create-first replacement left behind is deleted by its server id") {
  const std::string text = "resources:\n" + box("a", "new") + "  fake.thing.r: { name: r, note: '${fake.box.a.id}' }\n";
  settle(text);
  fake->put("fake.box", Value(ValueMap{{"name", "old"}}));
  const std::string id = fake->server_id("fake.box", "old");
  planted = with_deposed(state(), id);
  SECTION("of an instance in configuration, after whatever may still read it") {
    const auto run = plan("resources:\n" + box("a", "new") + "  fake.thing.r: { name: r, note: none }\n");
    INFO(run->errors());
    REQUIRE(run->plan.has_value());
    const PlannedChange* change = deposed_change(*run->plan);
    REQUIRE(change != nullptr);
    CHECK(change->deposed == "d1");
    CHECK(change->action == Action::remove);
    CHECK(change->reason == "because an earlier replacement left it behind");
    CHECK(change->before.get("id") == Value(id));
    CHECK(steps(*run->plan) == "update fake.thing.r\ndelete fake.box.a\n");
    CHECK(run->plan->graph.steps[1].deposed == "d1");
    CHECK(follows(*run->plan, "delete fake.box.a", "update fake.thing.r"));
  }
  SECTION("of an orphan: before its record goes") {
    const auto run = plan("providers:\n  fake:\n");
    REQUIRE(run->plan.has_value());
    CHECK(run->plan->counts.remove == 3);
    std::vector<std::string> order;
    for (const Step& step : run->plan->graph.steps) order.push_back(step.deposed);
    REQUIRE(order.size() == 3);
    CHECK(order[0].empty());  // the reader
    CHECK(order[1] == "d1");
    CHECK(order[2].empty());
  }
  SECTION("gone already: only state has something to drop") {
    fake->erase("fake.box", "old");
    const auto run = plan(text);
    REQUIRE(run->plan.has_value());
    CHECK(run->plan->changes.empty());
    REQUIRE(run->plan->graph.steps.size() == 1);
    CHECK(run->plan->graph.steps[0].kind == StepKind::record);
    CHECK(run->plan->graph.steps[0].deposed == "d1");
  }
  SECTION("another object took its name: it is not touched") {
    fake->erase("fake.box", "old");
    fake->put("fake.box", Value(ValueMap{{"name", "old"}}));
    const auto run = plan(text);
    REQUIRE(run->plan.has_value());
    CHECK(run->plan->changes.empty());
  }
  SECTION("protected: it was replaced already, and that is said") {
    planted->instances.begin()->second.prevent_destroy = true;
    const auto run = plan(
        "resources:\n  fake.box.a: { name: new, lifecycle: { prevent_destroy: true } }\n"
        "  fake.thing.r: { name: r, note: '${fake.box.a.id}' }\n");
    REQUIRE(run->plan.has_value());
    const PlannedChange* change = deposed_change(*run->plan);
    REQUIRE(change != nullptr);
    CHECK(change->action == Action::remove);
    REQUIRE(change->warnings.size() == 1);
    CHECK(change->warnings[0].find("protected") != std::string::npos);
  }
  SECTION("its name is wanted back: it goes before the new one is made") {
    const auto run =
        plan("resources:\n" + box("a", "old", {}, true) + "  fake.thing.r: { name: r, note: '${fake.box.a.id}' }\n");
    INFO(run->errors());
    REQUIRE(run->plan.has_value());
    CHECK(run->change("fake.box.a")->create_first);
    std::size_t left = 9, made = 0;
    for (std::size_t i = 0; i < run->plan->graph.steps.size(); ++i) {
      const Step& step = run->plan->graph.steps[i];
      if (step.deposed == "d1") left = i;
      if (step.kind == StepKind::create) made = i;
    }
    CHECK(left < made);
  }
}

TEST_CASE_METHOD(StackFixture, "an interrupted create-first replacement is finished by the next apply") {
  const auto text = [](const std::string& name) { return "resources:\n" + box("x", name, {}, true); };
  settle(text("one"));
  FakeRule rule;
  rule.call = FakeCall::remove;
  rule.error = Error{"busy", "try again", {}, Fault::provider};
  fake->add(rule);
  CHECK(apply(text("two"))->outcome.failed == 1);
  fake->clear_rules();
  CHECK(fake->size("fake.box") == 2);
  REQUIRE(state().instances.begin()->second.deposed.size() == 1);
  settle(text("two"));
  CHECK(fake->size("fake.box") == 1);
  CHECK(state().instances.begin()->second.deposed.empty());
}

TEST_CASE_METHOD(StackFixture, "what only state knows is made anew without a step to delete it") {
  const auto text = [](const std::string& value) {
    return "resources:\n  core.value.v: { input: x, lifecycle: { create_before_destroy: true, replace_when: [" + value +
           "] } }\n";
  };
  settle(text("one"));
  const auto run = plan(text("two"));
  INFO(run->errors());
  REQUIRE(run->plan.has_value());
  CHECK(steps(*run->plan) == "create core.value.v\n");
  settle(text("two"));
}
