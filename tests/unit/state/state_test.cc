#include "state/state.h"

#include <catch2/catch.hpp>

#include "tests/unit/state/state_support.h"

using namespace plumb;
using namespace plumb::test;

TEST_CASE("uids keep their index", "[state]") {
  UidTable table;
  CHECK(table.index("a") == 0);
  CHECK(table.index("b") == 1);
  CHECK(table.index("a") == 0);
  CHECK(table.size() == 2);
  CHECK(table.uid(1) == "b");
  CHECK(table.find("b") == 1U);
  CHECK_FALSE(table.find("c").has_value());
}

TEST_CASE("each event does its part", "[state]") {
  State state;
  const auto events = one_of_each(state);
  fold(state, events[0]);
  CHECK(state.pending.count("intent-1") == 1);
  fold(state, events[1]);
  CHECK(state.pending.empty());
  CHECK(state.instances.count(addr("postgres.role.a")) == 1);
  CHECK(state.uids.find("uid-a").has_value());
  for (std::size_t i = 2; i < events.size(); ++i) fold(state, events[i]);
  CHECK(state.instances.count(addr("random.password.c")) == 0);
  CHECK(state.instances.count(addr("postgres.role.a")) == 0);
  REQUIRE(state.instances.count(addr("postgres.role.a2")) == 1);
  CHECK(state.instances.at(addr("postgres.role.a2")).address == addr("postgres.role.a2"));
  // Unknown stays pending; failed does not.
  CHECK(state.pending.size() == 2);
  CHECK(state.pending.count("intent-4") == 1);
  CHECK(state.pending.count("intent-5") == 1);
  // What names an address goes with it.
  CHECK(state.pending.at("intent-4").address == addr("postgres.role.a2"));
  CHECK(state.checks.size() == 3);
  CHECK(state.instances.count(addr("module.m[\"eu\"].data.postgres.role.admin[\"k\"]")) == 1);
  CHECK(state.servers.at("postgres") == "system 7312");
  CHECK(state.outputs.size() == 4);
  CHECK(state.applied_plans == std::vector<std::string>{"plan-1"});
}

TEST_CASE("events that do not fit change nothing else", "[state]") {
  State state;
  fold(state, OutcomeFailed{"nobody"});
  fold(state, OutcomeGone{"nobody", addr("a.b.c")});
  fold(state, OutcomeUnknown{"nobody"});
  fold(state, Moved{addr("a.b.c"), addr("a.b.d")});
  CHECK(state.empty());
}

TEST_CASE("a move takes all of a record along, and onto nothing but its new address", "[state]") {
  State state;
  InstanceRecord record = full_record(state, "postgres.role.a", "uid-a");
  fold(state, OutcomeDone{"", record});
  fold(state, OutcomeDone{"", full_record(state, "postgres.role.b", "uid-b")});
  fold(state, Moved{addr("postgres.role.a"), addr("module.m[\"k\"].postgres.role.c")});
  fold(state, Moved{addr("postgres.role.a"), addr("postgres.role.a")});
  REQUIRE(state.instances.size() == 2);
  const InstanceRecord& moved = state.instances.at(addr("module.m[\"k\"].postgres.role.c"));
  CHECK(moved.uid == "uid-a");
  CHECK(moved.trigger == "trigger-1");
  CHECK(moved.deposed == record.deposed);
}

TEST_CASE("a hundred applied plans are remembered", "[state]") {
  State state;
  for (int i = 0; i < 150; ++i) fold(state, PlanApplied{std::to_string(i)});
  REQUIRE(state.applied_plans.size() == 100);
  CHECK(state.applied_plans.front() == "50");
  CHECK(state.applied_plans.back() == "149");
}
