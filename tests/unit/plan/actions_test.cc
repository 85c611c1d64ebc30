// What is planned for objects that are there, are not, have moved, or may not go.
#include <catch2/catch.hpp>

#include "tests/support/plan_lines.h"
#include "tests/support/stack_fixture.h"

using namespace plumb;
using namespace plumb::test;

namespace {

Value named(const std::string& name) { return Value(ValueMap{{"name", name}}); }

const std::string kOne = "resources:\n  fake.thing.a: { name: a }\n";
const std::string kNothing = "providers:\n  fake:\n";

}  // namespace

TEST_CASE_METHOD(StackFixture, "an object that is there is blocked, with words on how to take it over") {
  fake->put("fake.thing", named("a"));
  const auto run = plan(kOne);
  const PlannedChange* change = run->change("fake.thing.a");
  REQUIRE(change != nullptr);
  CHECK(change->blocked->message == "fake.thing a exists already, and is not in state");
  CHECK(change->blocked->next_step.find("plumb import 'fake.thing.a' 'a'") != std::string::npos);
  CHECK(run->plan->exit_code() == 2);
}

TEST_CASE_METHOD(StackFixture, "adoption: by flag, by import block, and of links without a word") {
  fake->put("fake.thing", Value(ValueMap{{"name", "a"}, {"size", 5}}));
  fake->put("fake.thing", Value(ValueMap{{"name", "b"}, {"size", 1}}));
  fake->put("fake.link", Value(ValueMap{{"from", "a"}, {"to", "b"}, {"admin", false}}));
  const char* const yaml = R"yaml(
resources:
  fake.thing.a: { name: a, lifecycle: { adopt: always } }
  fake.thing.b: { name: b }
  fake.link.l: { from: a, to: b }
import:
  - { to: fake.thing.b, id: { name: b } }
)yaml";
  const auto run = plan(yaml);
  INFO(run->errors());
  REQUIRE(run->plan.has_value());
  CHECK(brief(*run->plan) == "adopt fake.link.l\nupdate+adopt fake.thing.a: size\nadopt fake.thing.b\n");
  settle(yaml);
  CHECK(fake->count(FakeCall::create) == 0);
}

TEST_CASE_METHOD(StackFixture, "an import takes over just what it names") {
  const std::string head = "resources:\n  fake.thing.a: { name: a }\nimport:\n  - { to: fake.thing.a, id: ";
  CHECK(brief(*plan(head + "a }\n")->plan) == "blocked(adopt) fake.thing.a: its import names a, which is not there\n");
  fake->put("fake.thing", named("a"));
  fake->put("fake.thing", named("other"));
  CHECK(brief(*plan(head + "other }\n")->plan) ==
        "blocked(adopt) fake.thing.a: its import names other, and its block a\n");
  CHECK(plan(head + "{ size: 1 } }\n")->change("fake.thing.a")->blocked->message ==
        "fake.thing is not named by `size`");
  CHECK(plan(head + "a }\n")->change("fake.thing.a")->adopt);
}

TEST_CASE_METHOD(StackFixture, "two of one identity are refused, and both places are named") {
  const auto run = plan("resources:\n  fake.thing.a: { name: same }\n  fake.thing.b: { name: same }\n");
  REQUIRE_FALSE(run->plan.has_value());
  CHECK(run->errors().find("are the same fake.thing: same") != std::string::npos);
  const auto all = run->diagnostics.sorted();
  REQUIRE(all.size() == 1);
  REQUIRE(all[0].related.size() == 1);
  CHECK(all[0].pos.line + all[0].related[0].first.line == 5);
}

TEST_CASE_METHOD(StackFixture, "what is missing is made again, and is drift") {
  settle(kOne);
  fake->erase("fake.thing", "a");
  CHECK(brief(*plan(kOne)->plan) == "create fake.thing.a\ndrift missing fake.thing.a\n");
  settle(kOne);
}

TEST_CASE_METHOD(StackFixture, "replaced and renamed outside") {
  settle(kOne);
  SECTION("replaced: the new one is taken over once that is approved") {
    const std::string before = fake->server_id("fake.thing", "a");
    fake->erase("fake.thing", "a");
    fake->put("fake.thing", Value(ValueMap{{"name", "a"}, {"size", 1}}));
    REQUIRE(fake->server_id("fake.thing", "a") != before);
    CHECK(brief(*plan(kOne)->plan) == "adopt fake.thing.a\ndrift replaced outside fake.thing.a\n");
    const auto gone = plan("resources: {}\n");
    REQUIRE(gone->plan.has_value());
    CHECK(gone->plan->counts.blocked == 1);  // it is not ours to delete
    apply(kOne);
    CHECK(state().instances.begin()->second.server_id == fake->server_id("fake.thing", "a"));
  }
  SECTION("renamed: it gets its name back") {
    fake->change("fake.thing", "a", "name", Value("z"));
    CHECK(brief(*plan(kOne)->plan) == "update fake.thing.a: name\ndrift renamed outside fake.thing.a: name\n");
    settle(kOne);
    CHECK(fake->object("fake.thing", "a").has_value());
  }
}

TEST_CASE_METHOD(StackFixture, "a rename is an update, unless the name is taken") {
  settle(kOne);
  const std::string renamed = "resources:\n  fake.thing.a: { name: b }\n";
  CHECK(brief(*plan(renamed)->plan) == "update fake.thing.a: name\n");
  fake->put("fake.thing", named("b"));
  CHECK(brief(*plan(renamed)->plan) == "blocked(update) fake.thing.a: there already is a fake.thing called b\n");
  fake->erase("fake.thing", "b");
  settle(renamed);
}

TEST_CASE_METHOD(StackFixture, "a name moves to another block: the old object goes first") {
  settle(kOne);
  const std::string moved = "resources:\n  fake.thing.b: { name: a }\n";
  const auto run = plan(moved);
  CHECK(brief(*run->plan) == "delete fake.thing.a\ncreate fake.thing.b\n");
  CHECK(follows(*run->plan, "create fake.thing.b", "delete fake.thing.a"));
  settle(moved);
}

TEST_CASE_METHOD(StackFixture, "prevent_destroy blocks, also once the block is gone, and ends by applying false") {
  const auto text = [](const std::string& zone, const std::string& guard) {
    return "resources:\n  fake.thing.a: { name: a, zone: " + zone + ", lifecycle: { prevent_destroy: " + guard +
           " } }\n";
  };
  settle(text("x", "true"));
  CHECK(brief(*plan(text("y", "true"))->plan) ==
        "blocked(replace) fake.thing.a: it is protected (prevent_destroy), and a change of `zone` replaces it\n");
  CHECK(plan(kNothing)->change("fake.thing.a")->action == Action::blocked);
  options.mode = PlanMode::destroy;
  CHECK(plan(text("x", "true"))->change("fake.thing.a")->action == Action::blocked);
  options.mode = PlanMode::normal;
  // Lowering it is approved, and takes an apply of its own.
  CHECK(plan(text("y", "false"))->change("fake.thing.a")->action == Action::blocked);
  const auto lowered = plan(text("x", "false"));
  CHECK(brief(*lowered->plan) == "record fake.thing.a: is not protected any more (prevent_destroy: false)\n");
  CHECK(lowered->plan->exit_code() == 2);
  settle(text("x", "false"));
  settle(kNothing);
}

TEST_CASE_METHOD(StackFixture, "retain forgets") {
  settle("resources:\n  fake.thing.a: { name: a, lifecycle: { retain: true } }\n");
  CHECK(brief(*plan(kNothing)->plan) == "forget fake.thing.a\n");
  settle(kNothing);
  CHECK(fake->size("fake.thing") == 1);
}

TEST_CASE_METHOD(StackFixture, "what is in a container is made after it, and is replaced with it") {
  const auto text = [](const std::string& box) {
    return "resources:\n  fake.thing.a: { name: a, box: " + box + " }\n  fake.box.b: { name: " + box + " }\n";
  };
  const auto first = plan(text("one"));
  // A literal makes the edge too.
  CHECK(follows(*first->plan, "create fake.thing.a", "create fake.box.b"));
  settle(text("one"));
  options.replace = {*Address::parse("fake.box.b")};
  const auto run = plan(text("one"));
  CHECK(brief(*run->plan) == "replace fake.box.b\nreplace fake.thing.a\n");
  CHECK(run->change("fake.thing.a")->reason == "because fake.box.b is replaced");
  CHECK(follows(*run->plan, "delete fake.box.b", "delete fake.thing.a"));
  const auto applied = apply(text("one"));
  CHECK(applied->outcome.failed == 0);
  options.replace.clear();
  CHECK(brief(*plan(text("one"))->plan).empty());
}

TEST_CASE_METHOD(StackFixture, "a chain of instances in one container still waits for it") {
  const char* const yaml = R"yaml(
resources:
  core.value.k: { input: box }
  fake.thing.c:
    for_each: ["1", "2", "3"]
    name: "t${each.key}"
    box: box
    note: '${each.key == "1" and "first" or fake.thing.c[tostring(tonumber(each.key) - 1)].name}'
  fake.box.b: { name: "${core.value.k.input}" }
)yaml";
  const auto run = plan(yaml);
  INFO(run->errors());
  REQUIRE(run->plan.has_value());
  for (const char* key : {"1", "2", "3"}) {
    CHECK(follows(*run->plan, std::string("create fake.thing.c[\"") + key + "\"]", "create fake.box.b"));
  }
  settle(yaml);
}

TEST_CASE_METHOD(StackFixture, "drift is told from change, and says why") {
  settle("resources:\n  fake.thing.a: { name: a, note: mine, size: 2 }\n");
  fake->change("fake.thing", "a", "note", Value("theirs"));
  const auto run = plan("resources:\n  fake.thing.a: { name: a, note: mine, size: 3 }\n");
  CHECK(brief(*run->plan) == "update fake.thing.a: note, size\ndrift changed fake.thing.a: note\n");
  const auto& paths = run->change("fake.thing.a")->paths;
  CHECK(paths[0].why == Why::drift);
  CHECK(paths[1].why == Why::configuration);
  CHECK(paths[1].pos.str() == "plumb.yaml:2:46");
}

TEST_CASE_METHOD(StackFixture, "a cause upstream is named") {
  const auto text = [](const std::string& zone) {
    return "resources:\n  fake.thing.x: { name: x, zone: " + zone +
           " }\n  fake.thing.y: { name: y, note: 'of ${fake.thing.x.id}' }\n";
  };
  settle(text("a"));
  const auto run = plan(text("b"));
  REQUIRE(run->change("fake.thing.y") != nullptr);
  CHECK(run->change("fake.thing.y")->paths[0].why == Why::upstream);
  CHECK(run->change("fake.thing.y")->reason == "because `note` comes from fake.thing.x");
}

TEST_CASE_METHOD(StackFixture, "what cannot be read is blocked; its dependents plan from prior") {
  const std::string yaml = kOne + "  fake.thing.b: { name: b, note: '${fake.thing.a.id}', size: ";
  settle(yaml + "1 }\n");
  fake->add({.call = FakeCall::read, .identity = "a", .error = Error{"no right", "ask for it", {}, Fault::denied}});
  CHECK(brief(*plan(yaml + "2 }\n")->plan) ==
        "blocked(no-op) fake.thing.a: no right\nupdate fake.thing.b: size\nunreadable fake.thing.a\n");
}

TEST_CASE_METHOD(StackFixture, "an unreachable server ends the plan") {
  fake->add({.call = FakeCall::configure, .error = Error{"no route", "start it", {}, Fault::unreachable}});
  const auto run = plan(kOne);
  CHECK_FALSE(run->plan.has_value());
  CHECK(run->errors().find("no route") != std::string::npos);
}
