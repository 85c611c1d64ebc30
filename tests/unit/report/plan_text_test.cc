#include "engine/report/plan_text.h"

#include <catch2/catch.hpp>

#include "engine/report/drift_text.h"
#include "tests/unit/report/sample.h"

namespace plumb {
namespace {

TEST_CASE("a plan reads from what was lost to what is counted") {
  CHECK(plan_text(test::sample_plan(), {}) ==
        R"(Changed outside Plumb since the last apply:

  ~ postgres.role.u
      ~ superuser: false -> true
  - postgres.role.z is gone

Plumb will make these changes:

  - postgres.role.d (d)  # because it is not in configuration any more

  + postgres.role.c
      login: true
      name: "c"
      password: (sensitive)

  ~ postgres.role.u (u)  # because `login` changed in plumb.yaml:12
      ~ login: false -> true
      ~ password: (sensitive) -> (sensitive)  # from random.password.app
      ~ superuser: true -> false  # changed outside

  => postgres.role.a (a)

  ! postgres.role.b (b)  # would create
      it exists and is not in state
      next step: write `lifecycle: { adopt: always }`

Outputs:

  + dsn: (sensitive)
  ~ name: "old" -> "new"

1 record in state will be brought up to date.

Shown although it comes from a secret (`nonsensitive`):

  plumb.yaml:20:7

Plan: 1 to create, 1 to update, 0 to replace, 1 to delete, 1 to adopt, 1 blocked, 2 outputs.
)");
}

TEST_CASE("an empty plan says so") {
  Plan plan;
  CHECK(plan_text(plan, {}) == "No changes. What exists is what plumb.yaml says.\n");
  plan.records = {{test::address("postgres.role.u"), "its computed values", false}};
  CHECK(plan_text(plan, {}) == "No changes. What exists is what plumb.yaml says.\n");
  plan.destroy = true;
  CHECK(plan_summary(plan) == "No changes. There is nothing to destroy.");
}

TEST_CASE("replacement names the path that forces it") {
  Plan plan;
  PlannedChange change = test::updated("postgres.role.u", "u");
  change.action = Action::replace;
  change.paths.resize(1);
  change.paths[0].forces_replacement = true;
  plan.changes = {change};
  plan.counts.replace = 1;
  const std::string text = plan_text(plan, {});
  CHECK(text.find("  -/+ postgres.role.u (u)  # because") != std::string::npos);
  CHECK(text.find("~ login: false -> true  # forces replacement\n") != std::string::npos);
}

TEST_CASE("reads, deposed objects, moves and ignored differences are shown") {
  Plan plan;
  PlannedChange read = test::change("module.m[\"eu\"].data.postgres.role.seen", Action::read);
  read.after = ValueMap{{"name", "seen"}, {"oid", Value::unknown()}};
  read.reason = "its `name` is known only after apply";
  PlannedChange old = test::removed("postgres.role.app", "app");
  old.deposed = "x7";
  PlannedChange fresh = test::updated("postgres.role.u", "u");
  fresh.action = Action::replace;
  fresh.create_first = true;
  fresh.paths.clear();
  PlannedChange later = test::change("postgres.role.later", Action::deferred);
  later.type = nullptr;
  later.intended = Action::no_op;
  later.address = Address::parse_any("module.later").value();
  later.blocked = Error{"its `for_each` is known only after apply", "apply this plan, then plan again"};
  plan.changes = {later, read, old, fresh};
  plan.moves = {{test::address("postgres.role.a"), test::address("module.m.postgres.role.a")}};
  plan.ignored = 3;
  plan.counts.read = plan.counts.remove = plan.counts.replace = plan.counts.deferred = plan.counts.moved = 1;
  CHECK(plan_text(plan, {}) ==
        R"(Plumb will make these changes:

  - postgres.role.app (app) (deposed x7)  # because it is not in configuration any more

  +/- postgres.role.u (u)  # because `login` changed in plumb.yaml:12

  <= module.m["eu"].data.postgres.role.seen will be read during apply  # its `name` is known only after apply
      name: "seen"

  ? module.later
      its `for_each` is known only after apply
      next step: apply this plan, then plan again

In state only:

  postgres.role.a has moved to module.m.postgres.role.a

Plan: 0 to create, 0 to update, 1 to replace, 1 to delete, 1 to read, 1 moved, 1 deferred.
3 differences ignored by `ignore` rules.
)");
  Plan same;
  same.ignored = 1;
  CHECK(drift_text(same, {}) ==
        "No drift. What exists is what was last applied.\n1 difference ignored by `ignore` rules.\n");
}

TEST_CASE("text from servers cannot move the cursor") {
  Plan plan;
  PlannedChange change = test::blocked("postgres.role.b", "b\x1b[2J");
  change.blocked->message = "denied\x1b]0;title\x07";
  change.warnings = {"\x1b[31mred"};
  plan.changes = {change};
  CHECK(plan_text(plan, {}).find('\x1b') == std::string::npos);
  CHECK(plan_text(plan, {true, 0}).find("\x1b]") == std::string::npos);
}

TEST_CASE("no secret is shown in any width or colour") {
  for (const TextOptions options : {TextOptions{}, TextOptions{true, 40}, TextOptions{false, 20}}) {
    const std::string text = plan_text(test::sample_plan(), options);
    CHECK(text.find("hunter2") == std::string::npos);
    CHECK(text.find("old-secret") == std::string::npos);
  }
}

TEST_CASE("colours only when asked") {
  CHECK(plan_text(test::sample_plan(), {}).find('\x1b') == std::string::npos);
  CHECK(plan_text(test::sample_plan(), {true, 0}).find("\x1b[32m+\x1b[0m") != std::string::npos);
}

TEST_CASE("drift has an exit of its own") {
  Plan plan;
  CHECK(drift_exit_code(plan) == 0);
  CHECK(drift_text(plan, {}) == "No drift. What exists is what was last applied.\n");
  plan.drift = test::sample_plan().drift;
  CHECK(drift_exit_code(plan) == 2);
  CHECK(drift_text(plan, {}).find("Drift: 1 changed, 1 missing.\n") != std::string::npos);
  plan.changes = {test::blocked("postgres.role.b", "b")};
  plan.unreadable = {{test::address("postgres.role.b"), DriftEntry::Kind::changed, {}, ""}};
  CHECK(drift_exit_code(plan) == 1);
  CHECK(drift_text(plan, {}).find("  ! postgres.role.b\n      it exists and is not in state\n") != std::string::npos);
}

}  // namespace
}  // namespace plumb
