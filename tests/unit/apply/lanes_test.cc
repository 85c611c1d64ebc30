#include "engine/apply/lanes.h"

#include <catch2/catch.hpp>

using namespace plumb;

namespace {

using Ids = std::vector<StepId>;

struct Bench {
  TypeSchema free, narrow;
  std::map<std::string, std::size_t> limits{{"a", 2}, {"b", 1}};
  Lanes lanes;

  explicit Bench(std::size_t ahead) : lanes([this](const std::string& name) { return limits.at(name); }, ahead) {
    free.name = "a.free";
    narrow.name = "a.narrow";
    narrow.concurrency = 1;
  }
  void wait(StepId id, const std::string& provider, const TypeSchema& type, bool first = false) {
    Step step;
    step.provider = provider;
    step.type = &type;
    lanes.wait(id, step, first);
  }
  Ids admit_and_queue() {
    const Ids out = lanes.admit();
    for (const StepId id : out) lanes.queue(id);
    return out;
  }
};

}  // namespace

TEST_CASE("without looking ahead, as many are prepared as may start, in the order they came") {
  Bench bench(0);
  for (StepId id = 0; id < 5; ++id) bench.wait(id, "a", bench.free);
  bench.wait(5, "b", bench.free);
  bench.wait(6, "b", bench.free);
  CHECK(bench.admit_and_queue() == Ids{0, 1, 5});
  CHECK(bench.admit_and_queue().empty());
  CHECK(bench.lanes.start() == Ids{0, 1, 5});
  CHECK(bench.lanes.start().empty());
  bench.lanes.end(1);
  bench.wait(7, "a", bench.free, /*first=*/true);
  CHECK(bench.admit_and_queue() == Ids{7});
  CHECK(bench.lanes.start() == Ids{7});
  bench.lanes.end(0);
  bench.lanes.end(5);
  bench.limits["a"] = 3;  // its configuration said so
  CHECK(bench.admit_and_queue() == Ids{2, 3, 6});
  CHECK_FALSE(bench.lanes.idle());
}

TEST_CASE("a type's own limit holds beside the provider's") {
  Bench bench(8);
  for (StepId id = 0; id < 3; ++id) bench.wait(id, "a", bench.narrow);
  for (StepId id = 3; id < 6; ++id) bench.wait(id, "a", bench.free);
  CHECK(bench.admit_and_queue() == Ids{3, 4, 5, 0});
  CHECK(bench.lanes.start() == Ids{3, 4});
  bench.lanes.end(3);
  bench.lanes.end(4);
  CHECK(bench.lanes.start() == Ids{5, 0});
  CHECK(bench.admit_and_queue().empty());
  bench.lanes.end(0);
  CHECK(bench.admit_and_queue() == Ids{1});
  CHECK(bench.lanes.start() == Ids{1});
  bench.lanes.end(5);
  CHECK(bench.lanes.start().empty());
}

TEST_CASE("what is prepared ahead is used up by half before more is") {
  Bench bench(4);
  for (StepId id = 0; id < 20; ++id) bench.wait(id, "b", bench.free);
  CHECK(bench.admit_and_queue() == Ids{0, 1, 2, 3, 4});
  CHECK(bench.lanes.start() == Ids{0});
  for (StepId id = 0; id < 2; ++id) {
    CHECK(bench.admit_and_queue().empty());
    bench.lanes.end(id);
    if (id < 1) CHECK(bench.lanes.start() == Ids{id + 1});
  }
  CHECK(bench.admit_and_queue() == Ids{5, 6});
  CHECK(bench.lanes.start() == Ids{2});
}

TEST_CASE("what waits and what never started is given back") {
  Bench bench(1);
  for (StepId id = 0; id < 6; ++id) bench.wait(id, "a", bench.free);
  CHECK(bench.admit_and_queue() == Ids{0, 1, 2});
  CHECK(bench.lanes.start() == Ids{0, 1});
  CHECK(bench.lanes.drop_waiting() == Ids{3, 4, 5});
  CHECK(bench.lanes.drop_queued() == Ids{2});
  CHECK(bench.lanes.idle());
  bench.lanes.end(0);
  bench.lanes.end(1);
  CHECK(bench.lanes.start().empty());
}
