// What `timeouts:` says of one call. A lock that is held, or a database that is in use, keeps a call waiting for as
// long as the test wants.
#include "tests/peers/postgres/driver.h"

using namespace plumb;
using namespace plumb::test;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr milliseconds kShort{300};
constexpr milliseconds kFarTooLong{20'000};  // whatever the machine does meanwhile, nothing waits this long

bool has(const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; }

struct Watch {
  steady_clock::time_point start = steady_clock::now();
  [[nodiscard]] milliseconds time() const {
    return std::chrono::duration_cast<milliseconds>(steady_clock::now() - start);
  }
};

void check_gave_up(const std::optional<Error>& error, const Watch& watch, const std::string& words) {
  REQUIRE(error);
  CHECK(has(error->message, words));
  CHECK(has(error->next_step, "`timeouts:`"));
  CHECK(error->retry == Retry::never);
  CHECK(watch.time() >= kShort);
  CHECK(watch.time() < kFarTooLong);
}

}  // namespace

TEST_CASE("a change that waits for a lock gives up in its time, and leaves nothing") {
  const auto* server = private_postgres();
  server->sql("CREATE ROLE held");
  Driver driver(server->config());
  const auto live = driver.read("postgres.role", Value(ValueMap{{"name", "held"}}));
  const auto wanted = changed(live.value, "create_database", true);
  {
    const auto other = server->connect();
    REQUIRE(other->begin(false));
    REQUIRE(other->query("ALTER ROLE held LOGIN"));
    driver.set_timeout(kShort);
    const Watch watch;
    const auto late = driver.update("postgres.role", live, wanted, {"create_database"});
    CHECK_FALSE(late.value);
    check_gave_up(late.error, watch, "cannot change role \"held\": canceling statement due to lock timeout");
    // A delete too.
    check_gave_up(driver.remove("postgres.role", live).error, watch, "cannot drop role \"held\": ");
    other->rollback();
  }
  CHECK(driver.read_of("postgres.role", live.value).value == live.value);
  // Time enough: the same change goes through, on the same connection.
  driver.set_timeout(kFarTooLong);
  CHECK(message_of(driver.update("postgres.role", live, wanted, {"create_database"})) == "");
  driver.set_timeout(milliseconds{0});
  CHECK(message_of(driver.remove("postgres.role", live)) == "");
}

TEST_CASE("the time of a call counts, not what the connection is configured for") {
  const auto* server = private_postgres();
  server->sql("CREATE ROLE held");
  // Without `timeouts:` the lock that the connection may wait for is soon given up, and may be tried again.
  Driver driver(changed(server->config(), "lock_timeout", "50ms"));
  const auto live = driver.read("postgres.role", Value(ValueMap{{"name", "held"}}));
  {
    const auto other = server->connect();
    REQUIRE(other->begin(false));
    REQUIRE(other->query("ALTER ROLE held LOGIN"));
    const auto soon =
        driver.update("postgres.role", live, changed(live.value, "create_database", true), {"create_database"});
    REQUIRE(soon.error);
    CHECK(soon.error->retry == Retry::later);
    CHECK_FALSE(has(soon.error->next_step, "timeouts"));
    driver.set_timeout(kShort);
    const Watch watch;
    check_gave_up(driver.remove("postgres.role", live).error, watch, "due to lock timeout");
    other->rollback();
  }
  server->sql("DROP ROLE held");
}

TEST_CASE("a database that cannot be copied in time is not made") {
  const auto* server = private_postgres();
  server->sql("CREATE DATABASE busy_template");
  Driver driver(server->config());
  const auto wanted = driver.desired("postgres.database", {{"name", "late"}, {"template", "busy_template"}});
  {
    // The server waits for this session to end, for some seconds.
    const auto user = server->connect("busy_template");
    driver.set_timeout(kShort);
    const Watch watch;
    const auto late = driver.create("postgres.database", wanted);
    CHECK_FALSE(late.value);
    check_gave_up(late.error, watch, "cannot create database \"late\": canceling statement due to statement timeout");
  }
  CHECK(driver.read("postgres.database", Value(ValueMap{{"name", "late"}})).status == ReadResult::Status::absent);
  // The same connection has its own times again, and goes on.
  driver.set_timeout(kFarTooLong);
  const auto made = driver.create("postgres.database", wanted);
  CHECK(message_of(made) == "");
  server->sql("DROP DATABASE late");
  server->sql("DROP DATABASE busy_template");
}

TEST_CASE("a connection's limit holds for all statements together, and ends with the loan") {
  const auto* server = private_postgres();
  net::PostgresSettings settings;
  settings.parameters = {
      {"host", server->host}, {"port", server->port}, {"user", server->user}, {"password", server->password}};
  net::PostgresPool pool(settings, 1);
  using Start = net::PostgresPool::Start;
  for (const auto start : {Start::plain, Start::read_write}) {
    std::string pid;
    {
      auto lease = pool.acquire("postgres", start);
      REQUIRE(lease);
      pid = (*lease)->query("SELECT pg_backend_pid()").value().text(0, 0);
      const Watch watch;
      (*lease)->limit(kShort);
      REQUIRE((*lease)->query("SELECT 1"));
      const auto slept = (*lease)->query("SELECT pg_sleep(60)");
      REQUIRE_FALSE(slept);
      check_gave_up(slept.error(), watch, "canceling statement due to statement timeout");
      const auto after = (*lease)->query("SELECT 1");
      REQUIRE_FALSE(after);
      CHECK(after.error().message == "the time was over before all statements were sent");
      CHECK((*lease)->last_state() == "");
    }
    auto lease = pool.acquire("postgres", start);
    REQUIRE(lease);
    CHECK((*lease)->query("SELECT pg_backend_pid()").value().text(0, 0) == pid);
    CHECK((*lease)->query("SHOW statement_timeout").value().text(0, 0) == "1min");
    CHECK((*lease)->query("SHOW lock_timeout").value().text(0, 0) == "10s");
  }
}
