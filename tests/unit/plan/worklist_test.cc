#include "engine/plan/worklist.h"

#include <catch2/catch.hpp>
#include <set>

using namespace plumb;

namespace {

struct Driver {
  Worklist work;
  std::function<bool(NodeId)> run;
  std::function<bool()> idle = [] { return false; };
  std::vector<std::vector<NodeId>> cycles;

  void drain() {
    work.drain({run, [this] { return idle(); }, [this](const std::vector<NodeId>& cycle) { cycles.push_back(cycle); }});
  }
};

}  // namespace

TEST_CASE("a chain of 100,000 is run from its far end, each node twice") {
  constexpr NodeId kCount = 100'000;
  Driver driver;
  for (NodeId i = 0; i < kCount; ++i) driver.work.add();
  std::vector<NodeId> done;
  std::size_t runs = 0;
  driver.run = [&](NodeId node) {
    ++runs;
    if (node > 0 && !driver.work.need(node - 1, false)) return false;
    done.push_back(node);
    return true;
  };
  driver.work.request(kCount - 1);
  driver.drain();
  REQUIRE(done.size() == kCount);
  CHECK(done.front() == 0);
  CHECK(done.back() == kCount - 1);
  CHECK(runs == 2 * kCount - 1);
}

TEST_CASE("a cycle of hard demands is told once, and what hangs on it goes on") {
  Driver driver;
  const NodeId a = driver.work.add(), b = driver.work.add(), c = driver.work.add(), reader = driver.work.add();
  std::set<NodeId> done;
  driver.run = [&](NodeId node) {
    const NodeId on = node == a ? b : node == b ? c : a;
    if (!driver.work.need(on, false)) return false;
    done.insert(node);
    return true;
  };
  driver.work.request(reader);
  driver.drain();
  REQUIRE(driver.cycles.size() == 1);
  CHECK(driver.cycles[0].size() == 3);
  CHECK(done == std::set<NodeId>{reader});
  for (const NodeId node : {a, b, c, reader}) CHECK(driver.work.done(node));
}

TEST_CASE("soft demands give way in a cycle, and only there") {
  Driver driver;
  const NodeId a = driver.work.add(), b = driver.work.add(), other = driver.work.add();
  std::vector<NodeId> done;
  driver.run = [&](NodeId node) {
    if (node == a && !driver.work.hints_off(a)) {
      const bool one = driver.work.need(b, true), two = driver.work.need(other, true);
      if (!one || !two) return false;
    }
    if (node == b && !driver.work.need(a, false)) return false;
    done.push_back(node);
    return true;
  };
  driver.work.request(a);
  driver.drain();
  CHECK(driver.cycles.empty());
  CHECK(done == std::vector<NodeId>{other, a, b});
  CHECK_FALSE(driver.work.hints_off(b));
}

TEST_CASE("a held node waits for the world outside") {
  Driver driver;
  const NodeId a = driver.work.add(), b = driver.work.add();
  bool there = false;
  driver.run = [&](NodeId node) {
    if (node == b) return driver.work.need(a, false);
    if (there) return true;
    driver.work.hold();
    return false;
  };
  driver.idle = [&] {
    if (there) return false;
    there = true;
    driver.work.resume(a);
    return true;
  };
  driver.work.request(b);
  driver.drain();
  CHECK(driver.work.done(a));
  CHECK(driver.work.done(b));
  CHECK(driver.cycles.empty());
}

TEST_CASE("a node that is done may be asked for again") {
  Driver driver;
  const NodeId a = driver.work.add();
  int runs = 0;
  driver.run = [&](NodeId) { return ++runs > 0; };
  driver.work.request(a);
  driver.drain();
  driver.work.request(a);
  driver.drain();
  CHECK(runs == 1);
  driver.work.reset(a);
  driver.work.request(a);
  driver.drain();
  CHECK(runs == 2);
}
