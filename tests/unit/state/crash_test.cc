// Crash and failure at every call of append and commit: what comes back is exactly what was acknowledged, or that and a
// part of what was being written.
#include <catch2/catch.hpp>

#include "tests/support/memory_file_system.h"
#include "tests/unit/state/state_support.h"

using namespace plumb;
using namespace plumb::test;

namespace {

struct Run {
  std::vector<std::string> dumps;  // by number of events folded
  std::size_t acknowledged = 0;
  std::size_t attempted = 0;
  std::uint64_t serial = 0;
  bool all_done = false;
};

// A state at serial 1, then (with faults) an append, a commit, an append, a commit.
void prepare(const std::string& dir, MemoryFileSystem& fs) {
  Opened a = open_state(dir, key_in_environment(), fs);
  REQUIRE(a.session->ensure_key(a.state, a.notes).has_value());
  append_all(a, one_of_each(a.state));
  REQUIRE(a.session->commit(a.state).has_value());
}

template <class Arm>
Run run(const std::string& dir, MemoryFileSystem& fs, bool stop_on_error, Arm arm) {
  Run out;
  Opened a = open_state(dir, key_in_environment(), fs);
  out.dumps.push_back(dump(a.state));
  arm();
  out.all_done = true;
  for (int round = 0; round < 2; ++round) {
    const std::string n = std::to_string(round);
    const std::vector<JournalEvent> events{
        Intent{"i" + n, IntentAction::create, "u" + n, addr("core.value.n" + n), "core", Value::map(), "", {}, {}, {}},
        OutcomeDone{"i" + n, full_record(a.state, "core.value.n" + n, "u" + n)},
        ChecksSet{{{"c" + n, {"failed", {"why " + n}}}}},
        Intent{"d" + n, IntentAction::remove, "u" + n, addr("core.value.n" + n), "core", Value::map(), "7", "dep-1"},
        Moved{addr("core.value.n" + n), addr("module.m.data.core.value.n" + n)},
        PlanApplied{"p" + n}};
    const auto appended = a.session->append(a.state, events, true);
    // The state in memory is true whatever became of the journal.
    for (const JournalEvent& event : events) {
      fold(a.state, event);
      out.dumps.push_back(dump(a.state));
    }
    out.attempted += events.size();
    if (appended) out.acknowledged = out.attempted;
    if (!appended && stop_on_error) {
      out.all_done = false;
      break;
    }
    const auto committed = a.session->commit(a.state);
    if (committed) out.acknowledged = out.attempted;
    if (!committed) out.all_done = false;
    if (!committed && stop_on_error) break;
  }
  out.serial = a.state.serial;
  return out;
}

void check_reload(const std::string& dir, MemoryFileSystem& fs, const Run& done) {
  Opened b = open_state(dir, key_in_environment(), fs);
  const std::string found = dump(b.state);
  std::size_t at = done.dumps.size();
  for (std::size_t i = done.acknowledged; i <= done.attempted; ++i)
    if (done.dumps[i] == found) at = i;
  CHECK(at < done.dumps.size());
  // And life goes on.
  append_all(b, {PlanApplied{"after"}});
  REQUIRE(b.session->commit(b.state).has_value());
  const std::string expected = dump(b.state);
  b.session.reset();
  CHECK(dump(open_state(dir, key_in_environment(), fs).state) == expected);
}

}  // namespace

TEST_CASE("a crash at any call loses nothing that was acknowledged", "[state]") {
  const TempDir dir;
  for (const auto lose : {MemoryFileSystem::Lose::nothing, MemoryFileSystem::Lose::unsynced}) {
    for (const std::size_t torn : {0U, 1U, 40U, 100'000U}) {
      std::size_t crashes = 0;
      for (std::size_t n = 1;; ++n) {
        CAPTURE(static_cast<int>(lose), torn, n);
        MemoryFileSystem fs;
        prepare(dir.path(), fs);
        const Run done = run(dir.path(), fs, true, [&] { fs.crash_at(fs.calls() + n, torn); });
        if (!fs.crashed()) {
          CHECK(done.all_done);
          CHECK(done.serial == 3);
          break;
        }
        ++crashes;
        fs.reboot(lose, torn);
        check_reload(dir.path(), fs, done);
      }
      CHECK(crashes > 25);
    }
  }
}

TEST_CASE("a failure at any call is told, or does no harm", "[state]") {
  const TempDir dir;
  for (const bool go_on : {false, true}) {
    for (const std::size_t partial : {0U, 40U}) {
      for (std::size_t n = 1;; ++n) {
        CAPTURE(go_on, partial, n);
        MemoryFileSystem fs;
        prepare(dir.path(), fs);
        std::size_t at = 0;
        const Run done = run(dir.path(), fs, !go_on, [&] {
          at = fs.calls() + n;
          fs.fail_at(at, MemoryFileSystem::disk_full(), partial);
        });
        const bool reached = fs.calls() >= at;
        fs.reboot(MemoryFileSystem::Lose::nothing);
        check_reload(dir.path(), fs, done);
        fs.reboot(MemoryFileSystem::Lose::unsynced);
        if (!reached) break;
      }
    }
  }
}

TEST_CASE("after a failed sync nothing more is appended, but commit saves", "[state]") {
  const TempDir dir;
  MemoryFileSystem fs;
  prepare(dir.path(), fs);
  Opened a = open_state(dir.path(), key_in_environment(), fs);
  append_all(a, {PlanApplied{"one"}});
  fs.fail_next("sync " + (dir / ".plumb/journal"), MemoryFileSystem::disk_full());
  const std::vector<JournalEvent> two{PlanApplied{"two"}};
  REQUIRE_FALSE(a.session->append(a.state, two, true).has_value());
  REQUIRE_FALSE(a.session->append(a.state, two, true).has_value());
  fold_all(a.state, two);
  REQUIRE(a.session->commit(a.state).has_value());
  append_all(a, {PlanApplied{"three"}});
  const std::string expected = dump(a.state);
  a.session.reset();
  fs.reboot(MemoryFileSystem::Lose::unsynced);
  CHECK(dump(open_state(dir.path(), key_in_environment(), fs).state) == expected);
}
