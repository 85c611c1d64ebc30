#include "tests/peers/postgres/driver.h"

using namespace plumb;
using namespace plumb::test;

namespace {
const std::string kDatabase = "postgres.database";
const std::string kSchema = "postgres.schema";
const std::string kExtension = "postgres.extension";

Value named(const std::string& name) { return Value(ValueMap{{"name", name}}); }
}  // namespace

TEST_CASE("a database is made, changed, renamed under a live connection, and dropped") {
  const auto* server = private_postgres();
  Driver driver(server->config());
  server->sql("CREATE ROLE db_owner");
  const std::string name = "sh\"op of näme's";
  auto wanted = driver.desired(kDatabase, {{"connection_limit", 5},
                                           {"encoding", "utf8"},
                                           {"is_template", true},
                                           {"name", name},
                                           {"owner", "db_owner"},
                                           {"template", "template0"}});
  CHECK(driver.read(kDatabase, named(name)).status == ReadResult::Status::absent);
  const auto made = driver.create(kDatabase, wanted);
  CHECK(message_of(made) == "");
  REQUIRE(made.value);
  CHECK(made.value->get("template") == Value("template0"));
  auto live = driver.read(kDatabase, named(name));
  driver.check_equal(kDatabase, live.value, wanted);
  CHECK(live.value.get("lc_collate").is_string());

  server->sql("ALTER DATABASE " + net::quote_identifier(name) + " CONNECTION LIMIT 3");
  live = driver.read(kDatabase, named(name));
  CHECK(live.value.get("connection_limit") == Value(3));

  // A read inside leaves a connection to it in the pool.
  const auto inside = Value(ValueMap{{"database", name}, {"name", "public"}});
  CHECK(driver.read(kSchema, inside).status == ReadResult::Status::present);
  wanted = changed(changed(wanted, "name", "shop2"), "owner", "postgres");
  const auto renamed = driver.update(kDatabase, live, wanted, {"name", "connection_limit", "owner"});
  CHECK(message_of(renamed) == "");
  CHECK(renamed.server_id == made.server_id);
  live = driver.read(kDatabase, named(name), made.server_id);
  driver.check_equal(kDatabase, live.value, wanted);

  // What was inside the old name is absent, by the catalog.
  CHECK(driver.read(kSchema, inside).status == ReadResult::Status::absent);
  CHECK(driver.read(kSchema, changed(inside, "database", "shop2")).status == ReadResult::Status::present);
  CHECK(message_of(driver.remove(kDatabase, live)) == "");  // also a template, also with an idle connection of ours
  CHECK(driver.read(kDatabase, named("shop2"), made.server_id).status == ReadResult::Status::absent);
  server->sql("DROP ROLE db_owner");
}

TEST_CASE("a database in use is not dropped and stays a template") {
  const auto* server = private_postgres();
  Driver driver(server->config());
  server->sql("CREATE DATABASE busy IS_TEMPLATE true");
  {
    const auto user = server->connect("busy");
    const auto result = driver.remove(kDatabase, driver.read(kDatabase, named("busy")));
    REQUIRE(result.error);
    CHECK(result.error->message.find("other session") != std::string::npos);
    CHECK(result.error->retry == Retry::later);
    CHECK(driver.read(kDatabase, named("busy")).value.get("is_template") == Value(true));
  }
  CHECK(message_of(driver.remove(kDatabase, driver.read(kDatabase, named("busy")))) == "");
}

TEST_CASE("a database that takes no connections makes its content unreadable, not absent") {
  const auto* server = private_postgres();
  Driver driver(server->config());
  server->sql("CREATE DATABASE closed ALLOW_CONNECTIONS false");
  const auto result = driver.read(kSchema, Value(ValueMap{{"database", "closed"}, {"name", "public"}}));
  CHECK(result.status == ReadResult::Status::unreadable);
  CHECK(result.error.message.find("takes no connections") != std::string::npos);
  server->sql("DROP DATABASE closed");
}

TEST_CASE("a schema is made, changed, renamed and dropped, unless something is inside") {
  const auto* server = private_postgres();
  Driver driver(server->config());
  server->sql("CREATE ROLE schema_owner");
  auto wanted = driver.desired(kSchema, {{"name", "bill\"ing x"}, {"owner", "schema_owner"}});
  CHECK(wanted.get("database") == Value("postgres"));
  const auto made = driver.create(kSchema, wanted);
  CHECK(message_of(made) == "");
  auto live = driver.read_of(kSchema, wanted);
  driver.check_equal(kSchema, live.value, wanted);
  server->sql("ALTER SCHEMA \"bill\"\"ing x\" OWNER TO postgres");
  live = driver.read_of(kSchema, wanted);
  CHECK(live.value.get("owner") == Value("postgres"));
  wanted = changed(wanted, "name", "billing");
  CHECK(message_of(driver.update(kSchema, live, wanted, {"name", "owner"})) == "");
  live = driver.read(kSchema, Value(ValueMap{{"database", "postgres"}, {"name", "old"}}), made.server_id);
  driver.check_equal(kSchema, live.value, wanted);

  server->sql("CREATE TABLE billing.invoice (x int)");
  const auto refused = message_of(driver.remove(kSchema, live));
  CHECK(refused.find("table billing.invoice") != std::string::npos);
  server->sql("DROP TABLE billing.invoice");
  CHECK(message_of(driver.remove(kSchema, live)) == "");
  CHECK(driver.read_of(kSchema, wanted).status == ReadResult::Status::absent);
  server->sql("DROP ROLE schema_owner");
}

TEST_CASE("an extension is made, moved, updated and dropped") {
  const auto* server = private_postgres();
  if (server->sql("SELECT count(*) FROM pg_available_extension_versions WHERE name = 'hstore'") == "0") {
    WARN("SKIPPED: an extension is made, moved, updated and dropped: contrib is not installed");
    return;
  }
  Driver driver(server->config());
  server->sql("CREATE SCHEMA ext");
  auto wanted = driver.desired(kExtension, {{"name", "hstore"}, {"version", "1.6"}});
  const auto made = driver.create(kExtension, wanted);
  CHECK(message_of(made) == "");
  auto live = driver.read_of(kExtension, wanted);
  driver.check_equal(kExtension, live.value, wanted);
  CHECK(live.value.get("schema") == Value("public"));
  server->sql("ALTER EXTENSION hstore SET SCHEMA ext");
  live = driver.read_of(kExtension, wanted);
  CHECK(live.value.get("schema") == Value("ext"));
  wanted = changed(changed(wanted, "version", "1.8"), "schema", "public");
  CHECK(message_of(driver.update(kExtension, live, wanted, {"version", "schema"})) == "");
  live = driver.read_of(kExtension, wanted);
  driver.check_equal(kExtension, live.value, wanted);
  CHECK(message_of(driver.remove(kExtension, live)) == "");
  CHECK(driver.read_of(kExtension, wanted).status == ReadResult::Status::absent);
  server->sql("DROP SCHEMA ext");

  CHECK(driver.blocked(Operation::create, kExtension, Value(), driver.desired(kExtension, {{"name", "no_such"}}))
            .find("not installed") != std::string::npos);
  CHECK(driver
            .blocked(Operation::create, kExtension, Value(),
                     driver.desired(kExtension, {{"name", "hstore"}, {"version", "99"}}))
            .find("no version 99") != std::string::npos);
}
