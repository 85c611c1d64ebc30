// What a plan expects, and what is told when it is not so any more.
#include "engine/plan/expectations.h"

#include <catch2/catch.hpp>

#include "engine/plan/plan_file.h"
#include "tests/support/plan_lines.h"
#include "tests/support/stack_fixture.h"

using namespace plumb;
using namespace plumb::test;

namespace {

const std::string kHead = "resources:\n";

std::string thing(const std::string& name, const std::string& attributes = {}) {
  return "  fake.thing." + name + ": { name: " + name + (attributes.empty() ? "" : ", " + attributes) + " }\n";
}

class Saved : public StackFixture {
 public:
  std::unique_ptr<Run> save(const std::string& yaml) {
    options.only.reset();
    options.expect = "plan-id";
    auto run = plan(yaml);
    INFO(run->errors());
    REQUIRE(run->plan.has_value());
    REQUIRE(run->plan->expectations.has_value());
    REQUIRE(run->plan->expectations->steps.size() == run->plan->graph.steps.size());
    options.expect.reset();
    return run;
  }

  // One line per mismatch, as `apply FILE` finds them.
  std::string moved(const Run& saved, const std::string& yaml) {
    options.expect = "plan-id";
    options.only = scope_of(*saved.plan);
    const auto now = plan(yaml);
    options.expect.reset();
    options.only.reset();
    INFO(now->errors());
    REQUIRE(now->plan.has_value());
    std::string out;
    for (const Mismatch& mismatch : mismatches(*saved.plan, *now->plan)) {
      CHECK(mismatch.next_step == "plan again with --out, and look at it before you apply it");
      out += mismatch.message + "\n";
    }
    last = steps(saved_steps_of(*now->plan, *saved.plan));
    return out;
  }

  std::string last;  // the steps that would be carried out
};

}  // namespace

TEST_CASE_METHOD(Saved, "nothing moved: the saved steps, and no others") {
  settle(kHead + thing("a") + thing("b"));
  const std::string yaml = kHead + thing("a", "size: 2") + thing("b");
  const auto saved = save(yaml);
  CHECK(moved(*saved, yaml).empty());
  CHECK(last == "update fake.thing.a\n");
}

TEST_CASE_METHOD(Saved, "a change of something that the plan does not name does not matter") {
  settle(kHead + thing("a") + thing("b"));
  const std::string yaml = kHead + thing("a", "size: 2") + thing("b");
  const auto saved = save(yaml);
  fake->change("fake.thing", "b", "size", 7);
  CHECK(moved(*saved, yaml).empty());
  CHECK(last == "update fake.thing.a\n");
}

TEST_CASE_METHOD(Saved, "a managed attribute that changed on the server") {
  settle(kHead + thing("a", "note: old"));
  const std::string yaml = kHead + thing("a", "size: 2, note: old");
  const auto saved = save(yaml);
  fake->change("fake.thing", "a", "note", "by hand");
  CHECK(moved(*saved, yaml) == "fake.thing.a: `note` changed on the server (\"old\" -> \"by hand\")\n");
}

TEST_CASE_METHOD(Saved, "an attribute that nobody manages may change") {
  settle(kHead + thing("a"));
  const std::string yaml = kHead + thing("a", "size: 2");
  const auto saved = save(yaml);
  fake->change("fake.thing", "a", "owner", "somebody");
  CHECK(moved(*saved, yaml).empty());
}

TEST_CASE_METHOD(Saved, "an object that went, came, or is another one now") {
  settle(kHead + thing("a"));
  const std::string yaml = kHead + thing("a", "size: 2") + thing("new");
  const auto saved = save(yaml);
  SECTION("went") {
    fake->erase("fake.thing", "a");
    CHECK(moved(*saved, yaml) == "fake.thing.a: it is not on the server any more\n");
  }
  SECTION("came") {
    fake->put("fake.thing", ValueMap{{"name", "new"}});
    CHECK(
        moved(*saved, yaml) ==
        "fake.thing.new: it is on the server now\n"
        "fake.thing.new: it was to be planned as \"create\", and is blocked now: fake.thing new exists already, and is "
        "not in state\n");
  }
  SECTION("another") {
    fake->erase("fake.thing", "a");
    fake->put("fake.thing", ValueMap{{"name", "a"}, {"size", 1}});
    CHECK(moved(*saved, yaml) == "fake.thing.a: another object has its place on the server (\"1\" -> \"2\")\n");
  }
}

TEST_CASE_METHOD(Saved, "an apply in between that did the same") {
  const std::string yaml = kHead + thing("a");
  const auto saved = save(yaml);
  settle(yaml);
  CHECK(moved(*saved, yaml) ==
        "fake.thing.a: it is on the server now\n"
        "fake.thing.a: it is in state now\n");
}

TEST_CASE_METHOD(Saved, "a record that changed") {
  settle(kHead + thing("a"));
  const std::string yaml = kHead + thing("a", "size: 2");
  const auto saved = save(yaml);
  planted = state();
  planted->instances.begin()->second.retain = true;
  CHECK(moved(*saved, yaml) == "fake.thing.a: its record in state changed\n");
}

TEST_CASE_METHOD(Saved, "another server") {
  settle(kHead + thing("a"));
  const std::string yaml = kHead + thing("a", "size: 2");
  const auto saved = save(yaml);
  planted = state();
  planted->servers.clear();
  fake->set_identity("other");
  CHECK(moved(*saved, yaml) == "fake.thing.a: its provider leads to another server (\"fake-server\" -> \"other\")\n");
}

TEST_CASE_METHOD(Saved, "what a step reads") {
  settle(kHead + thing("x", "note: one"));
  const std::string head = "locals:\n  l: '${fake.thing.x.note}'\n" + kHead + thing("x", "note: one");
  SECTION("a local that is known") {
    const std::string yaml = head + thing("y", "note: '${locals.l}'");
    const auto saved = save(yaml);
    CHECK(moved(*saved, yaml).empty());
    const std::string other =
        "locals:\n  l: two\n" + kHead + thing("x", "note: one") + thing("y", "note: '${locals.l}'");
    CHECK(moved(*saved, other) == "fake.thing.y: what it reads of locals.l changed\n");
  }
  SECTION("one known among unknown ones") {
    const std::string yaml = head + thing("new") + thing("y", "note: '${fake.thing.new.id} ${fake.thing.x.owner}'");
    const auto saved = save(yaml);
    CHECK(moved(*saved, yaml).empty());
    fake->change("fake.thing", "x", "owner", "somebody");
    CHECK(moved(*saved, yaml) == "fake.thing.y: what it reads of fake.thing.x changed\n");
  }
}

TEST_CASE_METHOD(Saved, "keys that are read") {
  const std::string rest =
      "  fake.thing.many: { for_each: '${locals.names}', name: '${each.key}' }\n"
      "  fake.thing.all: { name: all, note: '${join(keys(fake.thing.many), \",\")}' }\n";
  const std::string yaml = "locals:\n  names: [x, y]\n" + kHead + rest;
  options.targets = {*Address::parse("fake.thing.all")};
  const auto saved = save(yaml);
  options.targets.clear();
  CHECK(moved(*saved, yaml).empty());
  const std::string other = "locals:\n  names: [x]\n" + kHead + rest;
  CHECK(moved(*saved, other).find("fake.thing.all: the keys of fake.thing.many changed\n") != std::string::npos);
}

TEST_CASE_METHOD(Saved, "a step upstream that nobody approved") {
  settle(kHead + thing("x", "note: one"));
  const std::string yaml = kHead + thing("x", "note: one") + thing("y", "note: '${fake.thing.x.id}'");
  const auto saved = save(yaml);
  fake->change("fake.thing", "x", "size", 9);
  CHECK(moved(*saved, yaml) ==
        "fake.thing.x: it would be planned as \"update\" before others of this plan, and was not\n");
}

TEST_CASE_METHOD(Saved, "a delete expects the same dependents") {
  settle(kHead + thing("x") + thing("y"));
  const std::string yaml = kHead + thing("y");
  const auto saved = save(yaml);
  CHECK(moved(*saved, yaml).empty());
  CHECK(last == "delete fake.thing.x\n");
  // Another run lets y read x, and somebody applies this old plan.
  settle(kHead + thing("x") + thing("y", "note: '${fake.thing.x.id}'"));
  CHECK(moved(*saved, yaml) == "fake.thing.x: other things in state depend on it now, or do not any more\n");
}

TEST_CASE_METHOD(Saved, "a replacement says what moved once") {
  settle(kHead + thing("a", "zone: one, note: n"));
  const std::string yaml = kHead + thing("a", "zone: two, note: n");
  const auto saved = save(yaml);
  CHECK(moved(*saved, yaml).empty());
  CHECK(last == "delete fake.thing.a\ncreate fake.thing.a\n");
  fake->change("fake.thing", "a", "note", "by hand");
  CHECK(moved(*saved, yaml) == "fake.thing.a: `note` changed on the server (\"n\" -> \"by hand\")\n");
}

TEST_CASE_METHOD(Saved, "outputs") {
  settle(kHead + thing("a", "note: one"));
  const std::string yaml = kHead + thing("a", "note: one") + "outputs:\n  owner: { value: '${fake.thing.a.owner}' }\n";
  const auto saved = save(yaml);
  CHECK(saved->plan->graph.steps.empty());
  CHECK(moved(*saved, yaml).empty());
  fake->change("fake.thing", "a", "owner", "somebody");
  CHECK(moved(*saved, yaml) == "output owner: it would become something else (\"server\" -> \"somebody\")\n");
}

TEST_CASE_METHOD(Saved, "a destroy") {
  settle(kHead + thing("a") + thing("b"));
  options.mode = PlanMode::destroy;
  const std::string yaml = kHead + thing("a") + thing("b");
  const auto saved = save(yaml);
  CHECK(moved(*saved, yaml).empty());
  CHECK(last == "delete fake.thing.a\ndelete fake.thing.b\n");
  fake->erase("fake.thing", "b");
  CHECK(moved(*saved, yaml) == "fake.thing.b: it is not on the server any more\n");
}

TEST_CASE_METHOD(Saved, "secrets are compared by keyed digest, short ones too, and never told") {
  variables = {{"s", "hunter2"}};
  const std::string yaml =
      "variables:\n  s: { type: string, sensitive: true }\n" + kHead + thing("a", "secret: '${var.s}'");
  const auto saved = save(yaml);
  CHECK_FALSE(saved->plan->expectations->needs_key);
  const Expected& expected = saved->plan->expectations->steps.at(0);
  CHECK(expected.at("planned.secret").starts_with("*"));
  for (const auto& [name, token] : expected) CHECK(token.find("hunter2") == std::string::npos);
  CHECK(moved(*saved, yaml).empty());
  variables = {{"s", "hunter3"}};
  CHECK(moved(*saved, yaml) == "fake.thing.a: `secret` would become something else\n");
  SECTION("without a key nobody can") {
    has_key = false;
    const auto blind = save(yaml);
    CHECK(blind->plan->expectations->needs_key);
  }
}

TEST_CASE_METHOD(Saved, "two plans of one secret do not look alike") {
  variables = {{"s", "hunter2hunter2"}};
  const std::string yaml =
      "variables:\n  s: { type: string, sensitive: true }\n" + kHead + thing("a", "secret: '${var.s}'");
  const auto one = save(yaml);
  options.expect = "another";
  const auto two = plan(yaml);
  options.expect.reset();
  CHECK(one->plan->expectations->steps.at(0).at("planned.secret") !=
        two->plan->expectations->steps.at(0).at("planned.secret"));
}

TEST_CASE_METHOD(Saved, "what is only recorded stands in nobody's way") {
  settle(kHead + thing("a") + thing("b"));
  // Somebody gave b another owner: its record will be brought up to date.
  fake->change("fake.thing", "b", "owner", "one");
  const std::string yaml = kHead + thing("a", "size: 2") + thing("b");
  const auto saved = save(yaml);
  CHECK(steps(*saved->plan) == "update fake.thing.a\nrecord fake.thing.b\n");
  SECTION("and again") {
    fake->change("fake.thing", "b", "owner", "two");
    CHECK(moved(*saved, yaml).empty());
    CHECK(last == "update fake.thing.a\nrecord fake.thing.b\n");
  }
  SECTION("and put back") {
    fake->change("fake.thing", "b", "owner", "server");
    CHECK(moved(*saved, yaml).empty());
    CHECK(last == "update fake.thing.a\n");
  }
  SECTION("and it drifts") {
    fake->change("fake.thing", "b", "size", 9);
    CHECK(moved(*saved, yaml).empty());
    CHECK(last == "update fake.thing.a\n");
  }
}

TEST_CASE_METHOD(Saved, "lowered protection is approved with the rest") {
  settle(kHead + thing("a", "lifecycle: { prevent_destroy: true }"));
  const std::string yaml = kHead + thing("a", "lifecycle: { prevent_destroy: false }");
  const auto saved = save(yaml);
  CHECK(steps(*saved->plan) == "record fake.thing.a\n");
  CHECK(moved(*saved, yaml).empty());
  CHECK(last == "record fake.thing.a\n");
  planted = state();
  planted->instances.begin()->second.retain = true;
  CHECK(moved(*saved, yaml) == "fake.thing.a: its record in state changed\n");
}
