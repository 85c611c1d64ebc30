// Files of every released format are read for ever. `unit_state "[.golden]"` writes new ones after a change of format.
#include <catch2/catch.hpp>

#include "engine/base/hash.h"
#include "state/sealing.h"
#include "state/snapshot.h"
#include "tests/unit/state/state_support.h"

using namespace plumb;
using namespace plumb::test;

namespace {

const std::string kGolden = std::string(PLUMB_GOLDEN_DIRECTORY) + "/state-v1";

void put_golden(const TempDir& dir) {
  std::filesystem::create_directory(dir / ".plumb");
  for (const char* name : {"state.jsonl", "journal"})
    spill(dir / ".plumb/" + std::string(name), slurp(kGolden + "/" + name));
}

}  // namespace

TEST_CASE("format 1 is read as it was written", "[state]") {
  const TempDir dir;
  put_golden(dir);
  const auto loaded = local_store(dir.path(), key_in_environment())->read();
  INFO((loaded ? std::string() : loaded.error().str()));
  REQUIRE(loaded.has_value());
  CHECK(dump(loaded->state, true) == slurp(kGolden + "/expected.txt"));
  CHECK(loaded->notes == std::vector<std::string>{"3 records of an unfinished apply were folded in"});
}

TEST_CASE("format 1 is written as it was read", "[state]") {
  const std::string text = slurp(kGolden + "/state.jsonl");
  statefile::Sealing sealing;
  const auto read = statefile::read_snapshot(text, FileName("golden"), sealing, [&](const State& state) {
    CHECK(state.key_id == key_id(*from_hex(kRootHex)));
    sealing.set_root_key(*from_hex(kRootHex));
    return Result<void>();
  });
  REQUIRE(read.has_value());
  std::string again;
  const auto digest = statefile::write_snapshot(read->state, read->state.serial, sealing, [&](std::string_view bytes) {
    again.append(bytes);
    return Result<void>();
  });
  REQUIRE(digest.has_value());
  CHECK(again == text);
  CHECK(*digest == read->body_digest);
}

TEST_CASE("write golden files", "[.golden]") {
  const TempDir dir;
  Opened a = open_state(dir.path());
  a.state.engine_version = "0.1.0";
  REQUIRE(a.session->ensure_key(a.state, a.notes).has_value());
  append_all(a, one_of_each(a.state));
  REQUIRE(a.session->commit(a.state).has_value());
  append_all(a, {Intent{"intent-9",
                        IntentAction::create,
                        "uid-n",
                        addr("postgres.role.n"),
                        "postgres",
                        Value(ValueMap{{"name", "n"}}),
                        "",
                        {"7"},
                        "2026-11-21T12:30:00Z"},
                 OutcomeDone{"", full_record(a.state, "postgres.role.o", "uid-o")}, PlanApplied{"plan-2"}});
  std::filesystem::create_directories(kGolden);
  spill(kGolden + "/state.jsonl", slurp(dir / ".plumb/state.jsonl"));
  spill(kGolden + "/journal", slurp(dir / ".plumb/journal"));
  spill(kGolden + "/expected.txt", dump(a.state, true));
}
