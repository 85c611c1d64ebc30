#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "tests/support/memory_file_system.h"
#include "tests/unit/state/state_support.h"

using namespace plumb;
using namespace plumb::test;

namespace {

unsigned mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 0777U;
}

}  // namespace

TEST_CASE("a stack without state reads as empty, and nothing is made", "[state]") {
  const TempDir dir;
  const auto store = local_store(dir.path(), no_key());
  const auto loaded = store->read();
  REQUIRE(loaded.has_value());
  CHECK(loaded->state.empty());
  CHECK(loaded->state.lineage.empty());
  CHECK(loaded->notes.empty());
  CHECK(std::filesystem::is_empty(dir.path()));
}

TEST_CASE("every field comes back from the journal and from the snapshot", "[state]") {
  const TempDir dir;
  std::string expected;
  {
    Opened a = open_state(dir.path());
    CHECK_FALSE(a.state.lineage.empty());
    a.state.engine_version = "1.2.3";
    REQUIRE(a.session->ensure_key(a.state, a.notes).has_value());
    append_all(a, one_of_each(a.state));
    expected = dump(a.state);
  }
  {
    Opened b = open_state(dir.path());
    CHECK(dump(b.state) == expected);
    REQUIRE(b.notes.size() == 1);
    CHECK(b.notes[0] == "18 records of an unfinished apply were folded in");
    b.state.engine_version = "1.2.3";
    REQUIRE(b.session->commit(b.state).has_value());
    CHECK(b.state.serial == 1);
  }
  CHECK_FALSE(std::filesystem::exists(dir / ".plumb/journal"));
  CHECK_FALSE(std::filesystem::exists(dir / ".plumb/state.jsonl.new"));
  Opened c = open_state(dir.path());
  CHECK(dump(c.state) == expected);
  CHECK(c.state.serial == 1);
  CHECK(c.state.engine_version == "1.2.3");
  CHECK(c.notes.empty());
  CHECK(mode_of(dir / ".plumb") == 0700);
  CHECK(mode_of(dir / ".plumb/state.jsonl") == 0600);
  CHECK(mode_of(dir / ".plumb/lock") == 0600);
}

TEST_CASE("a journal goes on after a crash, with its sets", "[state]") {
  const TempDir dir;
  std::string expected;
  for (int round = 0; round < 3; ++round) {
    Opened a = open_state(dir.path());
    REQUIRE(a.session->ensure_key(a.state, a.notes).has_value());
    if (round > 0) CHECK(dump(a.state) == expected);
    const std::string n = std::to_string(round);
    append_all(a, {OutcomeDone{"", full_record(a.state, "core.value.v" + n, "uid-" + n)}}, false);
    append_all(a, {OutcomeDone{"", full_record(a.state, "core.value.w" + n, "uid-w" + n)}});
    expected = dump(a.state);
  }
  const auto read = local_store(dir.path(), key_in_environment())->read();
  REQUIRE(read.has_value());
  CHECK(dump(read->state) == expected);
}

TEST_CASE("the serial grows only when something changed", "[state]") {
  const TempDir dir;
  Opened a = open_state(dir.path());
  REQUIRE(a.session->commit(a.state).has_value());
  CHECK(a.state.serial == 0);
  CHECK_FALSE(std::filesystem::exists(dir / ".plumb/state.jsonl"));
  REQUIRE(a.session->ensure_key(a.state, a.notes).has_value());
  append_all(a, one_of_each(a.state));
  REQUIRE(a.session->commit(a.state).has_value());
  CHECK(a.state.serial == 1);
  const std::string first = slurp(dir / ".plumb/state.jsonl");
  REQUIRE(a.session->commit(a.state).has_value());
  CHECK(a.state.serial == 1);
  a.session.reset();

  Opened b = open_state(dir.path());
  append_all(b, {OutcomeFailed{"nobody"}});
  REQUIRE(b.session->commit(b.state).has_value());
  CHECK(b.state.serial == 1);
  CHECK(slurp(dir / ".plumb/state.jsonl") == first);
  CHECK_FALSE(std::filesystem::exists(dir / ".plumb/journal"));
  append_all(b, {PlanApplied{"plan-2"}});
  REQUIRE(b.session->commit(b.state).has_value());
  CHECK(b.state.serial == 2);
  // Appending after a commit begins a journal of the new serial.
  append_all(b, {PlanApplied{"plan-3"}});
  const std::string expected = dump(b.state);
  b.session.reset();
  CHECK(dump(open_state(dir.path()).state) == expected);
}

TEST_CASE("ten earlier generations are kept", "[state]") {
  const TempDir dir;
  Opened a = open_state(dir.path());
  std::vector<std::string> texts{""};
  for (int i = 1; i <= 14; ++i) {
    append_all(a, {PlanApplied{std::to_string(i)}});
    REQUIRE(a.session->commit(a.state).has_value());
    texts.push_back(slurp(dir / ".plumb/state.jsonl"));
  }
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(dir / ".plumb/history")) ++count;
  CHECK(count == 10);
  for (std::size_t i = 4; i <= 13; ++i)
    CHECK(slurp(dir / ".plumb/history/state." + std::to_string(i) + ".jsonl") == texts[i]);
  CHECK(mode_of(dir / ".plumb/history") == 0700);
}

TEST_CASE("a journal that was folded in already is passed over in silence", "[state]") {
  const TempDir dir;
  Opened a = open_state(dir.path());
  append_all(a, {PlanApplied{"1"}});
  const std::string journal = slurp(dir / ".plumb/journal");
  REQUIRE(a.session->commit(a.state).has_value());
  a.session.reset();
  spill(dir / ".plumb/journal", journal);
  {
    Opened b = open_state(dir.path());
    CHECK(b.state.applied_plans == std::vector<std::string>{"1"});
    CHECK(b.notes.empty());
    append_all(b, {PlanApplied{"2"}});
  }
  Opened c = open_state(dir.path());
  CHECK(c.state.applied_plans == std::vector<std::string>{"1", "2"});
}

TEST_CASE("writing an unknown value is an internal error and writes nothing", "[state]") {
  const TempDir dir;
  Opened a = open_state(dir.path());
  InstanceRecord record = full_record(a.state, "core.value.v", "uid", false);
  record.attributes = Value(ValueMap{{"x", Value::list({Value::unknown()})}});
  const std::vector<JournalEvent> events{OutcomeDone{"", record}};
  const auto done = a.session->append(a.state, events, true);
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().fault == Fault::internal);
  CHECK(done.error().message.find("core.value.v") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(dir / ".plumb/journal"));
  fold_all(a.state, events);
  CHECK_FALSE(a.session->commit(a.state).has_value());
  CHECK_FALSE(std::filesystem::exists(dir / ".plumb/state.jsonl"));
  CHECK_FALSE(std::filesystem::exists(dir / ".plumb/state.jsonl.new"));
}

TEST_CASE("one state has one text", "[state]") {
  // The same records, made in another order, over sets interned in another order.
  const auto text_of = [](bool backwards) {
    MemoryFileSystem fs;
    const TempDir dir;
    Opened a = open_state(dir.path(), no_key(), fs);
    std::vector<std::string> names{"a", "b", "c"};
    if (backwards) std::reverse(names.begin(), names.end());
    for (const auto& name : names)
      append_all(a, {OutcomeDone{"", full_record(a.state, "core.value." + name, "uid-" + name, false)}});
    REQUIRE(a.session->commit(a.state).has_value());
    std::string text = *fs.get(dir / ".plumb/state.jsonl");
    // Without the header, which holds the lineage, and the checksum.
    text.erase(0, text.find('\n'));
    return text.substr(0, text.rfind("{\"kind\":\"end\""));
  };
  CHECK(text_of(false) == text_of(true));
}
