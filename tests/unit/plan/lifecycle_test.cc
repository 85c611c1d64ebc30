// replace_when, conditions, timeouts, hold, removed, ignore and imports with for_each.
#include <catch2/catch.hpp>

#include "tests/support/plan_lines.h"
#include "tests/support/stack_fixture.h"

using namespace plumb;
using namespace plumb::test;

namespace {

std::string one(const std::string& more) { return "resources:\n  fake.thing.a: { name: a" + more + " }\n"; }

bool says(const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; }

}  // namespace

TEST_CASE_METHOD(StackFixture, "replace_when replaces once what it gives is another") {
  const auto text = [](const std::string& value) { return one(", lifecycle: { replace_when: ['" + value + "', 7] }"); };
  settle(one(""));
  const auto first = plan(text("v1"));  // nothing to compare with: recorded, no more
  CHECK(brief(*first->plan).empty());
  CHECK(steps(*first->plan) == "record fake.thing.a\n");
  settle(text("v1"));
  const auto run = plan(text("v2"));
  CHECK(brief(*run->plan) == "replace fake.thing.a\n");
  CHECK(says(run->change("fake.thing.a")->reason, "because `replace_when` changed in plumb.yaml:2"));
  settle(text("v2"));
  settle(one(""));  // and taken away it replaces nothing
  CHECK(state().instances.begin()->second.trigger.empty());
}

TEST_CASE_METHOD(StackFixture, "replace_when that is known only after apply replaces, and says what it comes from") {
  const auto text = [](const std::string& zone) {
    return "resources:\n  fake.thing.up: { name: up, zone: " + zone +
           " }\n  fake.thing.a: { name: a, lifecycle: { replace_when: ['${fake.thing.up.id}'] } }\n";
  };
  settle(text("x"));
  const auto run = plan(text("y"));
  CHECK(brief(*run->plan) == "replace fake.thing.a\nreplace fake.thing.up: zone!\n");
  CHECK(run->change("fake.thing.a")->reason == "because `replace_when` comes from fake.thing.up");
  CHECK(follows(*run->plan, "create fake.thing.a", "create fake.thing.up"));
  settle(text("y"));
}

TEST_CASE_METHOD(StackFixture, "a secret in replace_when leaves only a keyed digest") {
  const std::string text =
      "variables: { s: { type: string, sensitive: true } }\n" + one(", lifecycle: { replace_when: ['${var.s}'] }");
  variables = {{"s", "first secret"}};
  settle(text);
  const std::string trigger = state().instances.begin()->second.trigger;
  CHECK_FALSE(trigger.empty());
  CHECK_FALSE(says(stored_bytes(), "first secret"));
  variables = {{"s", "another secret"}};
  CHECK(brief(*plan(text)->plan) == "replace fake.thing.a\n");
  has_key = false;  // nobody can tell: nothing is replaced on a guess
  CHECK(brief(*plan(text)->plan).empty());
}

TEST_CASE_METHOD(StackFixture, "a precondition that does not hold blocks its instance and what waits for it") {
  const auto text = [](const std::string& limit) {
    return "locals: { limit: " + limit +
           " }\nresources:\n"
           "  fake.thing.a: { name: a, lifecycle: { precondition: [{ condition: '${locals.limit > 3}', message: "
           "'the limit is ${locals.limit}' }] } }\n"
           "  fake.thing.b: { name: b, note: '${fake.thing.a.id}' }\n  fake.thing.free: { name: free }\n";
  };
  const auto run = plan(text("2"));
  INFO(run->errors());
  REQUIRE(run->plan.has_value());
  CHECK(brief(*run->plan) ==
        "blocked(create) fake.thing.a: the limit is 2\n"
        "blocked(create) fake.thing.b: it waits for fake.thing.a, which is blocked\n"
        "create fake.thing.free\n");
  const Error& error = *run->change("fake.thing.a")->blocked;
  CHECK(error.next_step == "its precondition must hold: mend what it looks at, or the condition");
  CHECK(error.pos.line == 3);
  settle(text("5"));
  const auto later = plan(text("2"));  // also where nothing changes
  CHECK(brief(*later->plan) == "blocked(no-op) fake.thing.a: the limit is 2\n");
  CHECK(later->plan->exit_code() == 2);
}

TEST_CASE_METHOD(StackFixture, "a precondition that apply learns fails the step, with its place") {
  const auto text = [](const std::string& wanted) {
    return "resources:\n  fake.thing.up: { name: up }\n"
           "  fake.thing.a: { name: a, lifecycle: { precondition: [{ condition: '${#fake.thing.up.id > " +
           wanted + "}', message: too short }] } }\n";
  };
  const auto planned = plan(text("900"));
  CHECK(follows(*planned->plan, "create fake.thing.a", "create fake.thing.up"));
  const auto run = apply(text("900"));
  INFO(run->event_text());
  CHECK(says(run->event_text(), "failed create fake.thing.a: fake.thing.a: too short"));
  CHECK_FALSE(fake->object("fake.thing", "a").has_value());
  settle(text("0"));
}

TEST_CASE_METHOD(StackFixture, "postconditions read self: in plan when it is known, else after the step") {
  const auto text = [](const std::string& condition) {
    return one(", size: 3, lifecycle: { postcondition: [{ condition: '${" + condition +
               "}', message: 'size ${self.size}' }] }");
  };
  CHECK(brief(*plan(text("self.size > 5"))->plan) == "blocked(create) fake.thing.a: size 3\n");
  const auto run = apply(text("#self.id > 900"));
  CHECK(says(run->event_text(), "failed create fake.thing.a: fake.thing.a: size 3"));
  CHECK(fake->object("fake.thing", "a").has_value());  // it stays, and state knows it
  CHECK(state().instances.size() == 1);
  CHECK(brief(*plan(text("#self.id > 900"))->plan) == "blocked(no-op) fake.thing.a: size 3\n");
  settle(text("#self.id > 0"));
}

TEST_CASE_METHOD(StackFixture, "self means something only in a postcondition; secret messages are withheld") {
  const auto run = plan(one(", note: '${self.name}'"));
  CHECK(run->errors() == "plumb.yaml:2:37: `self` has a meaning only in a postcondition\n");
  variables = {{"s", "a long secret"}};
  const auto secret = plan("variables: { s: { type: string, sensitive: true } }\n" +
                           one(", lifecycle: { precondition: [{ condition: '${1 > 2}', message: 'is ${var.s}' }] }"));
  CHECK(brief(*secret->plan) == "blocked(create) fake.thing.a: its message is withheld, because it holds a secret\n");
}

TEST_CASE_METHOD(StackFixture, "timeouts are durations, and travel with the change") {
  const auto run = plan("locals: { t: 1h30m }\n" + one(", timeouts: { create: '${locals.t}', delete: 90s }"));
  INFO(run->errors());
  const Timeouts& timeouts = run->change("fake.thing.a")->timeouts;
  CHECK(timeouts.create == std::chrono::minutes(90));
  CHECK(timeouts.remove == std::chrono::seconds(90));
  CHECK(timeouts.update.count() == 0);
  const auto bad = plan("locals: { t: soon }\n" + one(", timeouts: { create: '${locals.t}' }"));
  CHECK(bad->errors() == "plumb.yaml:3:49: fake.thing.a: timeouts.create: \"soon\" is no duration\n");
}

TEST_CASE_METHOD(StackFixture, "hold shows what would change, and lets nothing through") {
  settle(one(""));
  const std::string held = ", hold: 'until the audit is over'";
  CHECK(brief(*plan(one(held))->plan).empty());
  const auto run = plan(one(", size: 4" + held) + "  fake.thing.b: { name: b, note: '${fake.thing.a.id}' }\n");
  CHECK(brief(*run->plan) ==
        "blocked(update) fake.thing.a: held: until the audit is over\n"
        "blocked(create) fake.thing.b: it waits for fake.thing.a, which is blocked\n");
  CHECK(run->change("fake.thing.a")->paths.size() == 1);
  CHECK(run->change("fake.thing.a")->blocked->next_step == "take `hold` away to let it through");
  CHECK(brief(*plan(one(", size: 4, hold: true"))->plan) == "blocked(update) fake.thing.a: held\n");
  CHECK(brief(*plan(one(", size: 4, hold: false"))->plan) == "update fake.thing.a: size\n");
}

TEST_CASE_METHOD(StackFixture, "removed forgets, deletes or releases") {
  const std::string both =
      "resources:\n  fake.thing.a: { name: a, lifecycle: { prevent_destroy: true } }\n  fake.thing.b: { name: b }\n";
  settle(both);
  const auto text = [](const std::string& how) {
    return "resources:\n  fake.thing.b: { name: b }\nremoved:\n  - { from: fake.thing.a" + how + " }\n";
  };
  const auto forgotten = plan(text(""));
  CHECK(brief(*forgotten->plan) == "forget fake.thing.a\n");
  CHECK(forgotten->change("fake.thing.a")->reason == "because `removed` in plumb.yaml:4 forgets it");
  CHECK(brief(*plan(text(", destroy: true"))->plan) ==
        "blocked(delete) fake.thing.a: it is protected (prevent_destroy), and it would be deleted\n");
  CHECK(brief(*plan(text(", release: true"))->plan) ==
        "delete fake.thing.a\n"
        "record fake.thing.a: is not protected any more (`removed` with `release: true` in plumb.yaml:4)\n");
  CHECK(brief(*plan(text(", release: true, destroy: false"))->plan) ==
        "forget fake.thing.a\n"
        "record fake.thing.a: is not protected any more (`removed` with `release: true` in plumb.yaml:4)\n");
  apply(text(""));
  CHECK(state().instances.size() == 1);
  CHECK(fake->object("fake.thing", "a").has_value());
  CHECK(brief(*plan(text(""))->plan).empty());  // nothing left that it matches
  const auto there = plan(both + "removed: [{ from: fake.thing.b }]\n");
  CHECK(there->errors() == "plumb.yaml:4:11: removed: fake.thing.b is still in configuration\n");
}

TEST_CASE_METHOD(StackFixture, "removed names an instance, and the nearest rule counts") {
  settle("resources:\n  fake.thing.m: { for_each: [x, y, z], name: '${each.key}' }\n");
  const std::string text =
      "resources:\n  fake.thing.m: { for_each: [z], name: '${each.key}' }\n"
      "removed: [{ from: 'fake.thing.m[\"x\"]' }]\n";
  CHECK(brief(*plan(text)->plan) == "forget fake.thing.m[\"x\"]\ndelete fake.thing.m[\"y\"]\n");
  CHECK(brief(*plan("providers:\n  fake:\nremoved: [{ from: fake.thing.m }, { from: 'fake.thing.m[\"x\"]', destroy: "
                    "true }]\n")
                   ->plan) == "delete fake.thing.m[\"x\"]\nforget fake.thing.m[\"y\"]\nforget fake.thing.m[\"z\"]\n");
}

TEST_CASE_METHOD(StackFixture, "ignore rules hide drift and change, and are counted") {
  const std::string text = one(", size: 3, note: n");
  settle(text);
  fake->change("fake.thing", "a", "size", Value(9));
  CHECK(brief(*plan(text)->plan) == "update fake.thing.a: size\ndrift changed fake.thing.a: size\n");
  const std::string rule = text + "ignore:\n  - { address: 'fake.thing.*', path: size, reason: tuned by hand }\n";
  const auto run = plan(rule);
  CHECK(brief(*run->plan).empty());
  CHECK(run->plan->ignored == 1);
  CHECK(run->plan->exit_code() == 0);
  fake->change("fake.thing", "a", "note", Value("moved"));
  CHECK(brief(*plan(rule)->plan) == "update fake.thing.a: note\ndrift changed fake.thing.a: note\n");
  const auto accepted = plan(rule)->session->accepted_record(*Address::parse("fake.thing.a"));
  REQUIRE(accepted.has_value());
  CHECK(accepted->attributes.get("note") == Value("moved"));
  CHECK(accepted->attributes.get("size") == Value(3));
  apply(rule);
  CHECK(fake->object("fake.thing", "a")->get("size") == Value(9));
  const auto idle = plan(text + "ignore:\n  - { address: 'fake.thing.b*', path: size, reason: none }\n");
  CHECK(says(idle->errors(), "ignore: \"fake.thing.b*\" matches no instance"));
}

TEST_CASE_METHOD(StackFixture, "imports with for_each take over what their keys name") {
  fake->put("fake.thing", Value(ValueMap{{"name", "x"}, {"size", 1}}));
  fake->put("fake.thing", Value(ValueMap{{"name", "y"}, {"size", 1}}));
  const std::string many = "resources:\n  fake.thing.m: { for_each: [x, y], name: '${each.key}' }\n";
  const std::string import =
      "import:\n  - { for_each: [x, y], to: 'fake.thing.m[\"${each.key}\"]', id: '${each.key}' }\n";
  const auto run = plan(many + import);
  INFO(run->errors());
  REQUIRE(run->plan.has_value());
  CHECK(brief(*run->plan) == "adopt fake.thing.m[\"x\"]\nadopt fake.thing.m[\"y\"]\n");
  const auto twice = plan(many + import + "  - { to: 'fake.thing.m[\"x\"]', id: x }\n");
  CHECK(says(twice->errors(), "two imports name fake.thing.m[\"x\"]"));
  const auto unknown = plan(many + "  fake.thing.u: { name: u }\n" +
                            "import:\n  - { for_each: '${list{fake.thing.u.id}}', to: 'fake.thing.m[\"${each.key}\"]', "
                            "id: '${each.key}' }\n");
  CHECK(says(unknown->errors(), "import: `for_each` is known only after apply"));
  const auto nowhere = plan(many + "import:\n  - { for_each: [x], to: 'fake.thing.n[\"${each.key}\"]', id: x }\n");
  CHECK(says(nowhere->errors(), "import: there is no resource fake.thing.n"));
  settle(many + import);
}
