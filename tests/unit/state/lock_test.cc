#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <thread>

#include "tests/unit/state/state_support.h"

using namespace plumb;
using namespace plumb::test;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

const std::vector<JournalEvent> kEvents{PlanApplied{"x"}};

// Runs in a child process; true is its success.
template <class Body>
bool in_child(Body body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body() ? 0 : 1);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void check_lost(const Result<void>& done) {
  REQUIRE_FALSE(done.has_value());
  CHECK(has(done.error().message, "lock lost"));
  CHECK(done.error().fault == Fault::environment);
}

}  // namespace

TEST_CASE("a second session is told who holds the lock", "[state]") {
  const TempDir dir;
  const auto store = local_store(dir.path(), no_key());
  auto first = store->lock({"apply", {}});
  REQUIRE(first.has_value());
  auto second = store->lock({"import", {}});
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().fault == Fault::environment);
  CHECK(has(second.error().message, "@"));
  CHECK(has(second.error().message, "pid " + std::to_string(::getpid())));
  CHECK(has(second.error().message, "`apply`"));
  CHECK(has(second.error().message, "since 20"));
  CHECK_FALSE(second.error().next_step.empty());
  first->reset();
  CHECK(store->lock({"import", {}}).has_value());
}

TEST_CASE("another process is kept out, and let in afterwards", "[state]") {
  const TempDir dir;
  auto held = local_store(dir.path(), no_key())->lock({"apply", {}});
  REQUIRE(held.has_value());
  const auto try_lock = [&] { return local_store(dir.path(), no_key())->lock({"test", {}}).has_value(); };
  CHECK_FALSE(in_child(try_lock));
  held->reset();
  CHECK(in_child(try_lock));
}

TEST_CASE("the lock of a killed process is free", "[state]") {
  const TempDir dir;
  int pipe_ends[2];
  REQUIRE(::pipe(pipe_ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto held = local_store(dir.path(), no_key())->lock({"apply", {}});
    const char answer = held ? 'y' : 'n';
    if (::write(pipe_ends[1], &answer, 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  char answer = 0;
  REQUIRE(::read(pipe_ends[0], &answer, 1) == 1);
  CHECK(answer == 'y');
  CHECK_FALSE(local_store(dir.path(), no_key())->lock({"test", {}}).has_value());
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  CHECK(local_store(dir.path(), no_key())->lock({"test", {}}).has_value());
  ::close(pipe_ends[0]);
  ::close(pipe_ends[1]);
}

TEST_CASE("waiting gets the lock when it comes free, and gives up in time", "[state]") {
  const TempDir dir;
  const auto store = local_store(dir.path(), no_key());
  auto held = store->lock({"apply", {}});
  REQUIRE(held.has_value());
  const auto begin = std::chrono::steady_clock::now();
  CHECK_FALSE(store->lock({"test", std::chrono::milliseconds(150)}).has_value());
  const auto waited = std::chrono::steady_clock::now() - begin;
  CHECK(waited >= std::chrono::milliseconds(150));
  CHECK(waited < std::chrono::seconds(5));
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    held->reset();
  });
  const auto got = store->lock({"test", std::chrono::seconds(30)});
  other.join();
  CHECK(got.has_value());
}

TEST_CASE("the fence finds a replaced or removed lock", "[state]") {
  const TempDir dir;
  Opened a = open_state(dir.path());
  append_all(a, kEvents);
  REQUIRE(a.session->heartbeat().has_value());
  const std::string text = slurp(dir / ".plumb/lock");
  const std::string journal = slurp(dir / ".plumb/journal");
  SECTION("replaced by the same text") {
    std::filesystem::rename(dir / ".plumb/lock", dir / ".plumb/lock.broken");
    spill(dir / ".plumb/lock", text);
  }
  SECTION("removed") { std::filesystem::remove(dir / ".plumb/lock"); }
  SECTION("rewritten in place") { spill(dir / ".plumb/lock", "{\"epoch\":9,\"id\":\"other\"}"); }
  check_lost(a.session->append(a.state, kEvents, true));
  check_lost(a.session->commit(a.state));
  check_lost(a.session->heartbeat());
  CHECK(slurp(dir / ".plumb/journal") == journal);
  CHECK_FALSE(std::filesystem::exists(dir / ".plumb/state.jsonl"));
}

TEST_CASE("a broken lock goes to the next, and the old holder writes nothing", "[state]") {
  const TempDir dir;
  Opened a = open_state(dir.path());
  append_all(a, kEvents);
  std::filesystem::rename(dir / ".plumb/lock", dir / ".plumb/lock.broken");
  Opened b = open_state(dir.path());
  append_all(b, {PlanApplied{"b"}});
  REQUIRE(b.session->commit(b.state).has_value());
  const std::string snapshot = slurp(dir / ".plumb/state.jsonl");
  check_lost(a.session->append(a.state, kEvents, true));
  check_lost(a.session->commit(a.state));
  a.session.reset();
  CHECK(slurp(dir / ".plumb/state.jsonl") == snapshot);
  // Our leaving did not take the new holder's lock away.
  append_all(b, {PlanApplied{"c"}});
}

TEST_CASE("a journal that was taken away stops its writer", "[state]") {
  const TempDir dir;
  Opened a = open_state(dir.path());
  append_all(a, kEvents);
  std::filesystem::rename(dir / ".plumb/journal", dir / ".plumb/journal.broken");
  check_lost(a.session->append(a.state, kEvents, true));
}

TEST_CASE("epochs grow from holder to holder", "[state]") {
  const TempDir dir;
  for (int i = 1; i <= 3; ++i) {
    Opened a = open_state(dir.path());
    CHECK(has(slurp(dir / ".plumb/lock"), "\"epoch\":" + std::to_string(i)));
    a.session.reset();
    CHECK(slurp(dir / ".plumb/lock") == "{\"epoch\":" + std::to_string(i) + "}");
  }
}

TEST_CASE("strange lock contents are shown tamely and still respected", "[state]") {
  const TempDir dir;
  const auto store = local_store(dir.path(), no_key());
  auto held = store->lock({"apply", {}});
  REQUIRE(held.has_value());
  for (const std::string& text :
       {std::string("not json"), std::string(), "{\"who\":\"" + std::string(1 << 20, 'x') + "\"}",
        std::string("{\"who\":\"\\u001b[31mred\",\"pid\":-4}")}) {
    spill(dir / ".plumb/lock", text);
    const auto second = store->lock({"test", {}});
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().message.size() < 1000);
    CHECK(second.error().message.find('\x1b') == std::string::npos);
  }
}

TEST_CASE("a directory that cannot be written is told at once", "[state]") {
  const TempDir dir;
  spill(dir / "file", "x");
  auto locked = local_store(dir / "file", no_key())->lock({"apply", {}});
  REQUIRE_FALSE(locked.has_value());
  CHECK(has(locked.error().str(), dir / "file"));
  CHECK_FALSE(locked.error().next_step.empty());
  CHECK(locked.error().fault == Fault::environment);
  if (::geteuid() == 0) {
    // Rights do not bind root, so a child gives them up.
    std::filesystem::permissions(dir.path(), std::filesystem::perms(0555));
    CHECK(in_child([&] {
      if (::setuid(65534) != 0) return false;
      const auto denied = local_store(dir.path(), no_key())->lock({"apply", {}});
      return !denied && has(denied.error().str(), dir.path()) && has(denied.error().message, "Permission denied") &&
             !denied.error().next_step.empty();
    }));
  } else {
    std::filesystem::permissions(dir.path(), std::filesystem::perms(0555));
    locked = local_store(dir.path(), no_key())->lock({"apply", {}});
    REQUIRE_FALSE(locked.has_value());
    CHECK(has(locked.error().message, "Permission denied"));
  }
  std::filesystem::permissions(dir.path(), std::filesystem::perms(0700));
}

TEST_CASE("writing before loading is a bug that is told", "[state]") {
  const TempDir dir;
  const auto session = local_store(dir.path(), no_key())->lock({"test", {}});
  REQUIRE(session.has_value());
  State state;
  CHECK((*session)->append(state, kEvents, true).error().fault == Fault::internal);
  CHECK((*session)->commit(state).error().fault == Fault::internal);
}
