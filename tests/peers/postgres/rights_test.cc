#include "tests/peers/postgres/driver.h"

using namespace plumb;
using namespace plumb::test;

namespace {
// A login without any right but its own.
struct Limited {
  const PrivatePostgres* server = private_postgres();
  Limited() {
    server->sql("CREATE ROLE limited LOGIN PASSWORD 'limited login'");
    server->sql("CREATE ROLE stranger");
    server->sql("CREATE TABLE public.locked (x int)");
  }
  ~Limited() {
    server->sql("DROP TABLE public.locked");
    server->sql("DROP OWNED BY limited");
    server->sql("DROP ROLE limited");
    server->sql("DROP ROLE stranger");
  }
};
bool has(const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; }
}  // namespace

TEST_CASE("a limited user reads what it may, and passwords are unread") {
  const Limited stage;
  Driver driver(stage.server->config("limited", "limited login"));
  const auto role = driver.read("postgres.role", Value(ValueMap{{"name", "limited"}}));
  REQUIRE(role.status == ReadResult::Status::present);
  CHECK(role.value.get("login") == Value(true));
  CHECK(role.evidence.empty());
  CHECK(role.unread == std::vector<Path>{Path("password")});
  const auto all = driver.provider().list(driver.type("postgres.role"));
  CHECK(all.complete);
  CHECK(all.objects.size() >= 3);
  CHECK(driver.read("postgres.schema", Value(ValueMap{{"database", "postgres"}, {"name", "public"}})).status ==
        ReadResult::Status::present);
}

TEST_CASE("plan says which right is missing") {
  const Limited stage;
  Driver driver(stage.server->config("limited", "limited login"));
  const auto none = Value();
  const auto make = Operation::create;
  CHECK(has(driver.blocked(make, "postgres.role", none, driver.desired("postgres.role", {{"name", "x"}})),
            "lacks CREATEROLE"));
  CHECK(has(driver.blocked(make, "postgres.database", none, driver.desired("postgres.database", {{"name", "x"}})),
            "lacks CREATEDB"));
  CHECK(has(driver.blocked(make, "postgres.schema", none, driver.desired("postgres.schema", {{"name", "x"}})),
            "lacks CREATE on it"));
  stage.server->sql("GRANT CREATE ON DATABASE postgres TO limited");
  CHECK(driver.blocked(make, "postgres.schema", none, driver.desired("postgres.schema", {{"name", "x"}})) == "");
  CHECK(has(driver.blocked(make, "postgres.schema", none,
                           driver.desired("postgres.schema", {{"name", "x"}, {"owner", "stranger"}})),
            "not a member"));

  stage.server->sql("ALTER ROLE limited CREATEROLE");
  Driver maker(stage.server->config("limited", "limited login"));
  CHECK(maker.blocked(make, "postgres.role", none, maker.desired("postgres.role", {{"name", "x"}})) == "");
  for (const auto* attribute : {"superuser", "replication", "bypass_row_level_security"}) {
    ValueMap written{{"name", "x"}};
    written.set(attribute, true);
    CHECK(has(maker.blocked(make, "postgres.role", none, maker.desired("postgres.role", written)), attribute));
  }
  // What plan lets through, the server does too.
  const auto made = maker.create("postgres.role", maker.desired("postgres.role", {{"name", "made_by_limited"}}));
  CHECK(message_of(made) == "");
  stage.server->sql("DROP ROLE made_by_limited");
}

TEST_CASE("a grant without the right to it is denied, although the server only warns") {
  const Limited stage;
  stage.server->sql("GRANT SELECT ON public.locked TO limited");
  Driver driver(stage.server->config("limited", "limited login"));
  const auto result =
      driver.create("postgres.grant", driver.desired("postgres.grant", {{"object_type", "table"},
                                                                        {"objects", Value::list({"locked"})},
                                                                        {"privileges", Value::list({"SELECT"})},
                                                                        {"role", "stranger"},
                                                                        {"schema", "public"}}));
  REQUIRE(result.error);
  CHECK(result.error->fault == Fault::denied);
}

TEST_CASE("a wrong password is refused, names the user and not the password") {
  const auto* server = private_postgres();
  auto provider = make_postgres()->make();
  const auto info = provider->configure(server->config("postgres", "wrong password"));
  REQUIRE(!info);
  CHECK(info.error().fault == Fault::refused);
  CHECK(has(info.error().message, "\"postgres\""));
  CHECK_FALSE(has(info.error().message, "wrong password"));
}

TEST_CASE("the pool keeps its cap and replaces what died while idle") {
  const auto* server = private_postgres();
  net::PostgresSettings settings;
  settings.parameters = {
      {"host", server->host}, {"port", server->port}, {"user", server->user}, {"password", server->password}};
  net::PostgresPool pool(settings, 2);
  using Start = net::PostgresPool::Start;
  for (const auto* database : {"postgres", "template1", "postgres", "template1"}) {
    auto lease = pool.acquire(database, Start::read_only);
    REQUIRE(lease);
    CHECK((*lease)->query("SELECT 1").value().text(0, 0) == "1");
  }
  CHECK(pool.open() == 2);
  pool.close_idle("template1");
  CHECK(pool.open() == 1);
  server->sql(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND "
      "application_name = 'plumb'");
  auto lease = pool.acquire("postgres", Start::read_write);
  REQUIRE(lease);
  CHECK((*lease)->query("SELECT 1"));
  const auto pid = (*lease)->query("SELECT pg_backend_pid()").value().text(0, 0);
  server->sql("SELECT pg_terminate_backend(" + pid + ")");
  const auto lost = (*lease)->query("SELECT 1");
  REQUIRE(!lost);
  CHECK(lost.error().fault == Fault::unreachable);
  CHECK(lost.error().retry == Retry::later);  // inside a transaction nothing was kept
  CHECK_FALSE((*lease)->usable());
}

TEST_CASE("a read cannot write") {
  const auto* server = private_postgres();
  net::PostgresSettings settings;
  settings.parameters = {
      {"host", server->host}, {"port", server->port}, {"user", server->user}, {"password", server->password}};
  net::PostgresPool pool(settings, 1);
  auto lease = pool.acquire("postgres", net::PostgresPool::Start::read_only);
  REQUIRE(lease);
  const auto result = (*lease)->query("CREATE ROLE never");
  REQUIRE(!result);
  CHECK((*lease)->last_state() == "25006");
}
