#include "engine/report/apply_text.h"

#include <catch2/catch.hpp>

#include "tests/unit/report/sample.h"

namespace plumb {
namespace {

using namespace std::chrono_literals;

struct StillClock : Clock {
  [[nodiscard]] Time now() const override { return {}; }
  [[nodiscard]] std::chrono::steady_clock::time_point ticks() const override { return at; }
  std::chrono::steady_clock::time_point at{1h};
};

std::vector<ApplyEvent> events() {
  const Address a = test::address("postgres.role.a");
  const Address b = test::address("postgres.role.b");
  const Address c = test::address("postgres.role.c");
  return {ApplyStarted{3},
          StepStarted{a, StepKind::create},
          StepFinished{a, StepKind::create, "16390", 12ms},
          StepStarted{b, StepKind::update},
          StepRetrying{b, StepKind::update, Error{"too busy", ""}, 2s},
          StepFailed{b, StepKind::update, Error{"permission denied", "grant it"}, false},
          StepSkipped{c, StepKind::remove, b, false},
          ApplyNote{"key made"},
          ApplyFinished{1, 1, 1, 1200ms, false}};
}

TEST_CASE("lines tell each event, and failures again at the end") {
  std::string text;
  ApplyLines lines([&text](std::string_view part) { text += part; }, {});
  for (const ApplyEvent& event : events()) lines(event);
  CHECK(text == R"(postgres.role.a: creating
postgres.role.a: created in 12 ms (16390)
postgres.role.b: updating
postgres.role.b: again in 2.0 s: too busy
postgres.role.b: could not update: permission denied
  next step: grant it
postgres.role.c: skipped because postgres.role.b failed
note: key made

Failed:
postgres.role.b: could not update: permission denied
  next step: grant it

Apply: 1 done, 1 failed, 1 skipped in 1.2 s.
)");
}

TEST_CASE("JSON lines begin with the format and never lack a key") {
  std::vector<std::string> lines;
  ApplyJsonLines json([&lines](std::string_view part) { lines.emplace_back(part); });
  for (const ApplyEvent& event : events()) json(event);
  REQUIRE(lines.size() == 9);
  CHECK(lines[0] == "{\"format_version\":\"1.0\",\"steps\":3,\"type\":\"apply_started\"}\n");
  CHECK(lines[2] ==
        "{\"action\":\"create\",\"address\":\"postgres.role.a\",\"milliseconds\":12,\"server_id\":\"16390\","
        "\"type\":\"step_finished\"}\n");
  CHECK(lines[6].find("\"because\":\"postgres.role.b\"") != std::string::npos);
}

TEST_CASE("the live view draws at most ten times a second and leaves lines behind") {
  StillClock clock;
  std::vector<std::string> draws;
  ApplyLive live([&draws](std::string_view part) { draws.emplace_back(part); }, {false, 40}, clock);
  const Address a = test::address("postgres.role.a");
  live(ApplyStarted{2});
  live(StepStarted{a, StepKind::create});
  live(StepFinished{a, StepKind::create, "", 12ms});
  REQUIRE(draws.size() == 1);  // the rest waits for its time
  clock.at += 100ms;
  live.tick();
  REQUIRE(draws.size() == 2);
  CHECK(draws[1].find("postgres.role.a: created in 12 ms\n") != std::string::npos);
  CHECK(draws[1].find("] 1/2\n") != std::string::npos);
  live(ApplyFinished{1, 0, 0, 1s, false});
  REQUIRE(draws.size() == 3);
  CHECK(draws[2] == "\x1b[1F\x1b[0J\nApply: 1 done in 1.0 s.\n");
}

}  // namespace
}  // namespace plumb
