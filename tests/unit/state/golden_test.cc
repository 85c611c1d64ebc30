// Files of every released format are read for ever. `unit_state "[.golden]"` writes new ones after a change of format.
#include <catch2/catch.hpp>

#include "engine/base/hash.h"
#include "state/sealing.h"
#include "state/snapshot.h"
#include "tests/support/memory_file_system.h"
#include "tests/unit/state/state_support.h"

using namespace plumb;
using namespace plumb::test;

namespace {

std::string golden(int format) { return std::string(PLUMB_GOLDEN_DIRECTORY) + "/state-v" + std::to_string(format); }

void put_golden(const TempDir& dir, int format) {
  std::filesystem::create_directory(dir / ".plumb");
  for (const char* name : {"state.jsonl", "journal"})
    spill(dir / ".plumb/" + std::string(name), slurp(golden(format) + "/" + name));
}

// The key of the golden files, as something else wraps it.
KeySource wrapped_key() {
  const auto vault = std::make_shared<FakeVault>();
  vault->keys = {kRootHex};
  return key_in_vault(vault);
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

std::string header_says(int format) { return "\"format\":" + std::to_string(format) + ","; }

// The lines between header and checksum.
std::string body(const std::string& text) {
  const std::size_t from = text.find('\n') + 1;
  return text.substr(from, text.rfind("{\"kind\":\"end\"") - from);
}

}  // namespace

TEST_CASE("every format is read as it was written", "[state]") {
  const int format = GENERATE(1, 2, 3);
  CAPTURE(format);
  const TempDir dir;
  put_golden(dir, format);
  REQUIRE(first_line(slurp(dir / ".plumb/state.jsonl")).find(header_says(format)) != std::string::npos);
  const auto loaded = local_store(dir.path(), format < 3 ? key_in_environment() : wrapped_key())->read();
  INFO((loaded ? std::string() : loaded.error().str()));
  REQUIRE(loaded.has_value());
  CHECK(dump(loaded->state, true) == slurp(golden(format) + "/expected.txt"));
  CHECK(loaded->notes == std::vector<std::string>{"3 records of an unfinished apply were folded in"});
}

TEST_CASE("what was read is written as the newest format, and says the same", "[state]") {
  const int format = GENERATE(1, 2, 3);
  CAPTURE(format);
  const std::string text = slurp(golden(format) + "/state.jsonl");
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
  CHECK(*digest == read->body_digest);
  CHECK(body(again) == body(text));
  CHECK(first_line(again).find(header_says(kStateFormat)) != std::string::npos);
  if (format == kStateFormat) CHECK(again == text);
}

TEST_CASE("a journal of an older format is raised before it goes on", "[state]") {
  const TempDir dir;
  put_golden(dir, 1);
  const std::string before = slurp(dir / ".plumb/journal");
  const bool torn = GENERATE(false, true);
  if (torn) spill(dir / ".plumb/journal", before + "12345678 {\"kind");
  std::string expected;
  {
    Opened a = open_state(dir.path());
    CHECK(a.notes.size() == (torn ? 2 : 1));
    // Nothing is written before there is something to write.
    CHECK(first_line(slurp(dir / ".plumb/journal")) == first_line(before));
    append_all(a, {ChecksSet{{{"up", {"failed", {"it is down"}}}}}});
    expected = dump(a.state);
  }
  const std::string after = slurp(dir / ".plumb/journal");
  CHECK(first_line(after).find(header_says(kStateFormat)) != std::string::npos);
  CHECK(first_line(after).find("\"epoch\":1}") != std::string::npos);
  const std::string records = before.substr(before.find('\n') + 1);
  CHECK(after.substr(after.find('\n') + 1, records.size()) == records);
  Opened b = open_state(dir.path());
  CHECK(dump(b.state) == expected);
  CHECK(b.state.checks.at("up").status == "failed");
  REQUIRE(b.session->commit(b.state).has_value());
  b.session.reset();
  CHECK(first_line(slurp(dir / ".plumb/state.jsonl")).find(header_says(kStateFormat)) != std::string::npos);
  CHECK(dump(open_state(dir.path()).state) == expected);
}

TEST_CASE("raising a journal's format survives a crash at any call", "[state]") {
  const TempDir dir;
  for (std::size_t n = 1;; ++n) {
    CAPTURE(n);
    MemoryFileSystem fs;
    REQUIRE(fs.make_directories(dir / ".plumb", 0700).has_value());
    for (const char* name : {"state.jsonl", "journal"})
      fs.put(dir / ".plumb/" + std::string(name), slurp(golden(1) + "/" + name));
    std::string before, after;
    {
      Opened a = open_state(dir.path(), key_in_environment(), fs);
      before = dump(a.state);
      fs.crash_at(fs.calls() + n, 40);
      const std::vector<JournalEvent> events{PlanApplied{"later"}};
      const auto appended = a.session->append(a.state, events, true);
      fold_all(a.state, events);
      after = dump(a.state);
      if (!fs.crashed()) {
        CHECK(appended.has_value());
        CHECK(n > 4);
        break;
      }
    }
    fs.reboot(MemoryFileSystem::Lose::unsynced, 40);
    const std::string found = dump(open_state(dir.path(), key_in_environment(), fs).state);
    CHECK((found == before || found == after));
  }
}

TEST_CASE("write golden files", "[.golden]") {
  const TempDir dir;
  Opened a = open_state(dir.path(), wrapped_key());
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
                        "",
                        {"7"},
                        "2026-11-21T12:30:00Z"},
                 OutcomeDone{"", full_record(a.state, "postgres.role.o", "uid-o")}, PlanApplied{"plan-2"}});
  const std::string to = golden(kStateFormat);
  std::filesystem::create_directories(to);
  spill(to + "/state.jsonl", slurp(dir / ".plumb/state.jsonl"));
  spill(to + "/journal", slurp(dir / ".plumb/journal"));
  spill(to + "/expected.txt", dump(a.state, true));
}
