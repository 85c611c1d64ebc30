#include "engine/graph/interned_sets.h"

#include <algorithm>
#include <catch2/catch.hpp>

using plumb::InternedSets;
using plumb::SetId;
using Members = std::vector<std::uint32_t>;

namespace {

Members flat(const InternedSets& sets, SetId id) {
  Members out;
  sets.flatten(id, [&](std::uint32_t member) { out.push_back(member); });
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

TEST_CASE("the empty set is number 0") {
  InternedSets sets;
  CHECK(sets.size() == 1);
  CHECK(sets.intern({}, {}) == 0);
  CHECK(sets.intern({}, {0, 0}) == 0);
  CHECK(sets.size() == 1);
  CHECK(flat(sets, 0).empty());
}

TEST_CASE("equal content has one id, other content another") {
  InternedSets sets;
  const SetId a = sets.intern({3, 1, 3}, {});
  CHECK(sets.intern({1, 3}, {}) == a);
  CHECK(sets.members(a) == Members{1, 3});
  const SetId b = sets.intern({1}, {a, a, 0});
  CHECK(b != a);
  CHECK(sets.includes(b) == std::vector<SetId>{a});
  CHECK(sets.intern({1}, {a}) == b);
  // A member and an included set of the same number are two things.
  const SetId c = sets.intern({a}, {});
  CHECK(sets.intern({a, b}, {}) != sets.intern({a}, {b}));
  CHECK(c != a);
  CHECK(a < b);
}

TEST_CASE("a set that only includes another is that one") {
  InternedSets sets;
  const SetId a = sets.intern({7}, {});
  CHECK(sets.intern({}, {a}) == a);
}

TEST_CASE("flatten visits every member once, also by many ways") {
  InternedSets sets;
  const SetId a = sets.intern({1, 2}, {});
  const SetId b = sets.intern({2, 3}, {a});
  const SetId c = sets.intern({2, 4}, {a});
  CHECK(flat(sets, sets.intern({1, 5}, {b, c})) == Members{1, 2, 3, 4, 5});
}

TEST_CASE("a ladder with two ways at every rung is walked once") {
  // 2^60 ways lead down: whoever walks them all does not come back.
  InternedSets sets;
  SetId below = sets.intern({0}, {});
  for (std::uint32_t rung = 0; rung < 60; ++rung) {
    const SetId left = sets.intern({1000 + rung}, {below});
    const SetId right = sets.intern({2000 + rung}, {below});
    below = sets.intern({}, {left, right});
  }
  CHECK(flat(sets, below).size() == 121);
}

TEST_CASE("a deep chain of sets needs no stack") {
  InternedSets sets;
  SetId below = 0;
  for (std::uint32_t i = 0; i < 200'000; ++i) below = sets.intern({i}, {below});
  CHECK(sets.size() == 200'001);
  CHECK(flat(sets, below).size() == 200'000);
}
