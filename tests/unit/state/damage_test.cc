// Bad state: each kind is an error with a place and a next step, and nothing is touched.
#include <catch2/catch.hpp>

#include "engine/base/hash.h"
#include "tests/support/memory_file_system.h"
#include "tests/unit/state/state_support.h"

using namespace plumb;
using namespace plumb::test;

namespace {

// A store in memory (but for its lock) with a committed snapshot at serial 2, history, and a journal.
struct Bench {
  TempDir dir;
  MemoryFileSystem fs;
  std::string snapshot_path = dir / ".plumb/state.jsonl";
  std::string journal_path = dir / ".plumb/journal";
  std::string snapshot;
  std::string journal;

  explicit Bench(bool small = false, bool secrets = true) {
    Opened a = open_state(dir.path(), key_in_environment(), fs);
    REQUIRE(a.session->ensure_key(a.state, a.notes).has_value());
    append_all(a, {PlanApplied{"first"}});
    REQUIRE(a.session->commit(a.state).has_value());
    if (!small) append_all(a, one_of_each(a.state, secrets));
    append_all(a, {PlanApplied{"second"}});
    REQUIRE(a.session->commit(a.state).has_value());
    append_all(a, {PlanApplied{"third"}, ServerSeen{"postgres", "x"}, PlanApplied{"fourth"}});
    snapshot = *fs.get(snapshot_path);
    journal = *fs.get(journal_path);
  }

  Result<Loaded> read() { return local_store(dir.path(), key_in_environment(), fs)->read(); }

  // Loads with these files through a session; the error, after checking that nothing was written.
  Error broken(const std::string& new_snapshot, const std::string& new_journal) {
    fs.put(snapshot_path, new_snapshot);
    fs.put(journal_path, new_journal);
    const auto store = local_store(dir.path(), key_in_environment(), fs);
    auto session = store->lock({"test", {}});
    REQUIRE(session.has_value());
    auto loaded = (*session)->load();
    REQUIRE_FALSE(loaded.has_value());
    State state;
    const std::vector<JournalEvent> events{PlanApplied{"x"}};
    CHECK_FALSE((*session)->append(state, events, true).has_value());
    CHECK_FALSE((*session)->commit(state).has_value());
    CHECK(*fs.get(snapshot_path) == new_snapshot);
    CHECK(*fs.get(journal_path) == new_journal);
    CHECK(loaded.error().fault == Fault::input);
    CHECK_FALSE(loaded.error().next_step.empty());
    return loaded.error();
  }
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string with_crc(const std::string& json) {
  char buffer[16];
  std::snprintf(buffer, sizeof buffer, "%08x ", crc32c(json));
  return buffer + json + "\n";
}

// A changed snapshot with a right checksum.
std::string resealed(std::string text) {
  text.erase(text.rfind("{\"kind\":\"end\""));
  return text + "{\"kind\":\"end\",\"sha256\":\"" + hex(bytes(sha256(text))) + "\"}\n";
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("the bench itself is sound", "[state]") {
  Bench bench;
  const auto loaded = bench.read();
  REQUIRE(loaded.has_value());
  CHECK(loaded->state.serial == 2);
  CHECK(loaded->state.applied_plans.back() == "fourth");
}

TEST_CASE("a snapshot cut anywhere is an error that names the history", "[state]") {
  Bench bench(true);
  for (std::size_t size = 0; size < bench.snapshot.size(); ++size) {
    CAPTURE(size);
    const Error error = bench.broken(bench.snapshot.substr(0, size), bench.journal);
    CHECK(error.pos.file.str() == bench.snapshot_path);
    CHECK(error.pos.line > 0);
    CHECK(has(error.next_step, ".plumb/history/state.1.jsonl"));
  }
}

TEST_CASE("a changed byte anywhere in a snapshot is found", "[state]") {
  Bench bench;
  for (std::size_t at = 0; at < bench.snapshot.size(); at += 11) {
    CAPTURE(at);
    std::string text = bench.snapshot;
    text[at] = static_cast<char>(text[at] ^ 1);
    bench.fs.put(bench.snapshot_path, text);
    CHECK_FALSE(bench.read().has_value());
  }
}

TEST_CASE("wrong lines of a snapshot are named", "[state]") {
  Bench bench(false, false);
  const auto error_of = [&](const std::string& from, const std::string& to) {
    return bench.broken(resealed(replaced(bench.snapshot, from, to)), bench.journal);
  };
  CHECK(has(error_of("\"instances\":3", "\"instances\":4").message, "4 instances"));
  CHECK(has(error_of("\"checks\":3", "\"checks\":0").message, "0 checks"));
  CHECK(has(error_of("\"status\":\"failed\"", "\"status\":\"maybe\"").message, "status"));
  CHECK(has(error_of("\"name\":\"quiet\"", "\"name\":\"unclear\"").message, "unclear is given twice"));
  CHECK(has(error_of("{\"kind\":\"server\"", "{\"kind\":\"servant\"").message, "servant"));
  CHECK(has(error_of("\"schema\":3", "\"scheme\":3").message, "scheme"));
  CHECK(has(error_of("\"schema\":3", "\"schema\":true").message, "schema"));
  CHECK(has(error_of("\"includes\":[1]", "\"includes\":[9]").message, "set 9"));
  CHECK(has(error_of("\"uid\":\"uid-b\"", "\"uid\":\"uid-a\"").message, "uid-a"));
  CHECK(has(error_of("postgres.role.a2", "not an address").message, "address"));
  const Error error = error_of("\"retain\":true", "\"retain\":tru");
  CHECK(error.pos.line > 1);
  CHECK(error.pos.column > 1);
}

TEST_CASE("a newer format is refused and untouched", "[state]") {
  Bench bench;
  Error error = bench.broken(replaced(bench.snapshot, "\"format\":3", "\"format\":4"), bench.journal);
  CHECK(has(error.message, "format 4"));
  CHECK(has(error.next_step, "newer"));
  // Whatever else the newer format does.
  error = bench.broken("{\"kind\":\"state\",\"format\":7,\"engine\":\"9.9\",\"surprise\":1}\nanything", bench.journal);
  CHECK(has(error.message, "9.9"));
  const std::string json = "{\"kind\":\"journal\",\"format\":4,\"lineage\":\"x\",\"base\":2,\"epoch\":1}";
  error = bench.broken(bench.snapshot, with_crc(json));
  CHECK(has(error.message, "format 4"));
  CHECK(error.pos.file.str() == bench.journal_path);
}

TEST_CASE("a journal of another state or of a serial to come is refused", "[state]") {
  Bench bench;
  const auto lines = [&](const std::string& lineage, const std::string& base) {
    return with_crc("{\"kind\":\"journal\",\"format\":1,\"lineage\":\"" + lineage + "\",\"base\":" + base +
                    ",\"epoch\":1}");
  };
  const std::string lineage = bench.read()->state.lineage;
  CHECK(has(bench.broken(bench.snapshot, lines("other", "2")).message, "other"));
  CHECK(has(bench.broken(bench.snapshot, lines("other", "1")).message, "other"));
  const Error error = bench.broken(bench.snapshot, lines(lineage, "3"));
  CHECK(has(error.message, "serial 3"));
  CHECK(error.pos.line == 1);
  // The snapshot is gone, the journal is not.
  MemoryFileSystem fs;
  fs.put(bench.journal_path, bench.journal);
  CHECK_FALSE(local_store(bench.dir.path(), no_key(), fs)->read().has_value());
}

TEST_CASE("a torn journal is dropped at every length, and goes on", "[state]") {
  Bench bench(true);
  const std::string lineage = bench.read()->state.lineage;
  for (std::size_t size = 0; size <= bench.journal.size(); ++size) {
    for (const bool zeros : {false, true}) {
      CAPTURE(size, zeros);
      const std::string kept = bench.journal.substr(0, size);
      const std::size_t whole = kept.rfind('\n') == std::string::npos ? 0 : kept.rfind('\n') + 1;
      const bool torn = whole != size || zeros;
      // Some file systems leave a tail of zeros.
      bench.fs.put(bench.journal_path, kept + (zeros ? std::string(5, '\0') : ""));
      const auto records = std::count(kept.begin(), kept.end(), '\n') - 1;
      std::vector<std::string> expected{"first", "second"};
      if (records >= 1) expected.emplace_back("third");
      if (records >= 3) expected.emplace_back("fourth");
      {
        Opened a = open_state(bench.dir.path(), key_in_environment(), bench.fs);
        CHECK(a.state.applied_plans == expected);
        CHECK((!a.notes.empty() && has(a.notes[0], "cut short")) == torn);
        append_all(a, {PlanApplied{"later"}});
      }
      expected.emplace_back("later");
      const auto again = bench.read();
      REQUIRE(again.has_value());
      CHECK(again->state.applied_plans == expected);
      CHECK((again->notes.size() == 1) == true);
    }
  }
}

TEST_CASE("a bad record in the midst of a journal is an error", "[state]") {
  Bench bench;
  const std::size_t last = bench.journal.rfind('\n', bench.journal.size() - 2) + 1;
  for (std::size_t at = 0; at < bench.journal.size(); ++at) {
    CAPTURE(at);
    std::string text = bench.journal;
    text[at] = static_cast<char>(text[at] ^ 1);
    // Without the newline before it, the last record and the one before are one bad line, and that is the last.
    if (at + 1 >= last) {
      bench.fs.put(bench.journal_path, text);
      const auto loaded = bench.read();
      REQUIRE(loaded.has_value());
      CHECK(loaded->state.applied_plans.back() == "third");
      CHECK(has(loaded->notes[0], "cut short"));
    } else {
      const Error error = bench.broken(bench.snapshot, text);
      CHECK(error.pos.file.str() == bench.journal_path);
      const auto line =
          std::count(bench.journal.begin(), bench.journal.begin() + static_cast<std::ptrdiff_t>(at), '\n');
      CHECK(error.pos.line == static_cast<std::uint32_t>(line + 1));
    }
  }
}

TEST_CASE("a whole record that means nothing is an error", "[state]") {
  Bench bench;
  for (const char* json :
       {"{\"kind\":\"surprise\"}", "{}", "[]", "{\"kind\":\"done\"}", "{\"kind\":\"gone\"}",
        "{\"kind\":\"plan\",\"id\":\"x\",\"more\":1}", "{\"kind\":\"key\"}",
        "{\"kind\":\"intent\",\"id\":\"i\",\"action\":\"dance\",\"address\":\"a.b.c\"}", "{\"kind\":\"outputs\"}",
        "{\"kind\":\"checks\"}", "{\"kind\":\"checks\",\"checks\":{\"c\":{\"status\":\"maybe\"}}}",
        "{\"kind\":\"set\",\"id\":1,\"includes\":[5]}", "nonsense"}) {
    CAPTURE(json);
    const Error error = bench.broken(bench.snapshot, bench.journal + with_crc(json));
    CHECK(error.pos.line == 5);
  }
}
