// Size and time stay linear when records share or nest large dependency sets.
#include <catch2/catch.hpp>
#include <chrono>
#include <iostream>

#include "tests/unit/state/state_support.h"

using namespace plumb;
using namespace plumb::test;

namespace {

using Clock2 = std::chrono::steady_clock;

std::string number(std::size_t i) {
  std::string digits = std::to_string(i);
  return "uid-" + std::string(8 - digits.size(), '0') + digits;
}

InstanceRecord small_record(std::size_t i, SetId dependencies) {
  InstanceRecord r;
  r.address = {{}, "core.value", "v", std::to_string(i)};
  r.uid = number(i);
  r.provider = "core";
  r.identity = Value(ValueMap{{"name", "v" + std::to_string(i)}});
  r.attributes = Value(ValueMap{{"input", static_cast<std::int64_t>(i)}, {"output", static_cast<std::int64_t>(i)}});
  r.managed = {Path("input")};
  r.dependencies = dependencies;
  return r;
}

enum class Shape { shared, nested, none };

std::vector<JournalEvent> events_of(State& state, std::size_t n, Shape shape) {
  std::vector<JournalEvent> out;
  out.reserve(n);
  SetId set = 0;
  if (shape == Shape::shared) {
    std::vector<std::uint32_t> members;
    for (std::size_t i = 0; i < n; ++i) members.push_back(state.uids.index(number(i)));
    set = state.sets.intern(std::move(members), {});
  }
  for (std::size_t i = 0; i < n; ++i) {
    out.emplace_back(OutcomeDone{"", small_record(i, set)});
    if (shape == Shape::nested)
      set = set == 0 ? state.sets.intern({state.uids.index(number(i))}, {})
                     : state.sets.intern({state.uids.index(number(i))}, {set});
  }
  return out;
}

struct Cost {
  std::size_t journal = 0;
  std::size_t snapshot = 0;
};

Cost cost(std::size_t n, Shape shape) {
  const TempDir dir;
  Cost out;
  Opened a = open_state(dir.path(), no_key());
  const auto events = events_of(a.state, n, shape);
  append_all(a, events);
  out.journal = std::filesystem::file_size(dir / ".plumb/journal");
  REQUIRE(a.session->commit(a.state).has_value());
  out.snapshot = std::filesystem::file_size(dir / ".plumb/state.jsonl");
  a.session.reset();
  const auto read = local_store(dir.path(), no_key())->read();
  REQUIRE(read.has_value());
  CHECK(read->state.instances.size() == n);
  return out;
}

}  // namespace

TEST_CASE("files grow linearly with shared and nested sets", "[state]") {
  for (const Shape shape : {Shape::shared, Shape::nested}) {
    const Cost small = cost(1'000, shape);
    const Cost large = cost(10'000, shape);
    CHECK(large.journal < 11 * small.journal);
    CHECK(large.snapshot < 11 * small.snapshot);
    CHECK(large.snapshot < 10'000 * 400);
  }
}

// For `scripts/bench` and for people: unit_state "[.speed]".
TEST_CASE("speed of ten thousand outcomes", "[.speed]") {
  const TempDir dir;
  Opened a = open_state(dir.path(), no_key());
  const auto events = events_of(a.state, 10'000, Shape::none);
  const auto begin = Clock2::now();
  const auto appended = a.session->append(a.state, events, true);
  const auto after_append = Clock2::now();
  fold_all(a.state, events);
  const auto after_fold = Clock2::now();
  REQUIRE(appended.has_value());
  REQUIRE(a.session->commit(a.state).has_value());
  const auto after_commit = Clock2::now();
  const auto read = local_store(dir.path(), no_key())->read();
  REQUIRE(read.has_value());
  const auto after_read = Clock2::now();
  const auto ms = [](auto d) { return std::chrono::duration_cast<std::chrono::microseconds>(d).count() / 1000.0; };
  std::cout << "append " << ms(after_append - begin) << " ms, fold " << ms(after_fold - after_append) << " ms, commit "
            << ms(after_commit - after_fold) << " ms, read " << ms(after_read - after_commit) << " ms\n";
}
