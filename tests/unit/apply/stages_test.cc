#include "engine/apply/stages.h"

#include <catch2/catch.hpp>

using namespace plumb;

namespace {

Address addr(const std::string& text) {
  auto out = Address::parse_any(text);
  REQUIRE(out.has_value());
  return *out;
}

PlannedChange change(const std::string& address, Action action) {
  PlannedChange out;
  out.address = addr(address);
  out.action = action;
  return out;
}

Budget budget(const std::vector<std::string>& deferred) {
  Plan plan;
  for (const std::string& address : deferred) plan.changes.push_back(change(address, Action::deferred));
  plan.changes.push_back(change("fake.thing.made", Action::create));
  plan.changes.push_back(change("fake.thing.stuck", Action::blocked));
  return budget_of(plan);
}

std::string text(const std::vector<Error>& errors) {
  std::string out;
  for (const Error& error : errors) {
    CHECK(error.next_step == "run `plumb apply` again and approve it");
    out += error.str() + "\n";
  }
  return out;
}

std::string text(const Budget& allowed, const std::string& address, Action action) {
  Plan next;
  next.changes.push_back(change(address, action));
  return text(beyond(allowed, next));
}

}  // namespace

TEST_CASE("the budget is what was deferred, its instances, and what is in deferred modules") {
  const Budget allowed = budget(
      {"fake.thing.a", "fake.thing.b[\"x\"]", "module.m", "module.n[\"1\"].module.o[\"2\"]", "data.fake.thing.d"});
  CHECK(allowed.size() == 5);
  for (const char* inside : {"fake.thing.a", "fake.thing.a[\"k\"]", "fake.thing.b[\"x\"]", "module.m.fake.thing.z",
                             "module.m[\"k\"].fake.thing.z[\"1\"]", "module.m[\"k\"].module.p.fake.thing.z",
                             "module.n[\"1\"].module.o[\"2\"].fake.thing.z", "data.fake.thing.d"}) {
    INFO(inside);
    CHECK(allowed.covers(addr(inside)));
    CHECK(text(allowed, inside, Action::create).empty());
    CHECK(text(allowed, inside, Action::update).empty());
  }
  for (const char* outside :
       {"fake.thing.b", "fake.thing.b[\"y\"]", "fake.box.a", "data.fake.thing.a", "fake.thing.d",
        "module.q.fake.thing.a", "module.n[\"1\"].fake.thing.z", "module.n[\"1\"].module.o[\"3\"].fake.thing.z",
        "module.n[\"2\"].module.o[\"2\"].fake.thing.z", "fake.thing.made", "fake.thing.stuck"}) {
    INFO(outside);
    CHECK_FALSE(allowed.covers(addr(outside)));
    CHECK_FALSE(text(allowed, outside, Action::create).empty());
  }
  CHECK(budget({}).empty());
}

TEST_CASE("the budget agrees with Address::covers") {
  const std::vector<std::string> all{"fake.thing.a",
                                     "fake.thing.a[\"1\"]",
                                     "module.m",
                                     "module.m[\"1\"]",
                                     "module.m.fake.thing.a",
                                     "module.m[\"1\"].fake.thing.a",
                                     "module.m[\"1\"].fake.thing.a[\"1\"]",
                                     "module.m.module.n[\"1\"]",
                                     "module.m[\"1\"].module.n.fake.thing.a",
                                     "module.m[\"1\"].module.n[\"1\"].data.fake.thing.a"};
  for (const std::string& deferred : all) {
    const Budget allowed = budget({deferred});
    for (const std::string& other : all) {
      INFO(deferred << " and " << other);
      CHECK(allowed.covers(addr(other)) == addr(deferred).covers(addr(other)));
    }
  }
}

TEST_CASE("beyond the budget: whatever destroys, and whatever was not deferred") {
  const Budget allowed = budget({"fake.thing.a"});
  CHECK(text(allowed, "fake.thing.a[\"x\"]", Action::remove) ==
        "the next stage would delete fake.thing.a[\"x\"], and was approved for creates and in-place updates only\n");
  CHECK(text(allowed, "fake.thing.a", Action::replace) ==
        "the next stage would replace fake.thing.a, and was approved for creates and in-place updates only\n");
  CHECK(text(allowed, "fake.thing.a", Action::forget) ==
        "the next stage would forget fake.thing.a, and was approved for creates and in-place updates only\n");
  CHECK(text(allowed, "fake.thing.other", Action::create) ==
        "the next stage would create fake.thing.other, which was not deferred\n");
  CHECK(text(allowed, "fake.thing.other", Action::update) ==
        "the next stage would update fake.thing.other, which was not deferred\n");
  CHECK(text(allowed, "fake.thing.other", Action::adopt) ==
        "the next stage would adopt fake.thing.other, which was not deferred\n");
  for (const Action harmless : {Action::no_op, Action::read, Action::record, Action::deferred, Action::blocked}) {
    CHECK(text(allowed, "fake.thing.other", harmless).empty());
  }
}

TEST_CASE("a deferred object is taken over only if it is a link") {
  const Budget allowed = budget({"fake.thing.a"});
  TypeSchema thing, link;
  link.link = true;
  Plan next;
  next.changes.push_back(change("fake.thing.a[\"1\"]", Action::adopt));
  next.changes.push_back(change("fake.thing.a[\"2\"]", Action::update));
  next.changes.back().adopt = true;
  for (PlannedChange& one : next.changes) one.type = &link;
  CHECK(text(beyond(allowed, next)).empty());
  for (PlannedChange& one : next.changes) one.type = &thing;
  CHECK(text(beyond(allowed, next)) ==
        "the next stage would take over fake.thing.a[\"1\"], and was approved for creates and in-place updates only\n"
        "the next stage would take over fake.thing.a[\"2\"], and was approved for creates and in-place updates only\n");
}

TEST_CASE("everything beyond is told at once, where it stands") {
  const Budget allowed = budget({"fake.thing.a"});
  Plan next;
  next.changes.push_back(change("fake.thing.a", Action::remove));
  next.changes.back().deposed = "d1";
  next.changes.back().pos = {FileName("plumb.yaml"), 3, 5};
  next.changes.push_back(change("fake.thing.b", Action::create));
  next.records.push_back({addr("fake.thing.c"), "counted", false});
  next.records.push_back({addr("fake.thing.d"), "protection is taken off", true});
  next.moves.emplace_back(addr("fake.thing.x"), addr("fake.thing.a[\"y\"]"));
  next.moves.emplace_back(addr("fake.thing.x"), addr("fake.thing.y"));
  CHECK(text(beyond(allowed, next)) ==
        "plumb.yaml:3:5: the next stage would delete the object that replacing fake.thing.a left behind, and was "
        "approved for creates and in-place updates only\n"
        "the next stage would create fake.thing.b, which was not deferred\n"
        "the next stage would change what state says of fake.thing.d (protection is taken off), which needs approval\n"
        "the next stage would move fake.thing.x to fake.thing.y, which was not deferred\n");
}
