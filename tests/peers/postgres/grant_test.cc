#include "tests/peers/postgres/driver.h"

using namespace plumb;
using namespace plumb::test;

namespace {
const std::string kMembership = "postgres.membership";
const std::string kGrant = "postgres.grant";

Value texts(std::vector<std::string> list) { return Value::list({list.begin(), list.end()}); }

// Two roles, a schema with two tables, a sequence and two functions of one name; gone at the end.
struct Stage {
  const PrivatePostgres* server = private_postgres();
  Stage() {
    for (const auto* one :
         {"CREATE ROLE \"rea der\"", "CREATE ROLE other", "CREATE SCHEMA \"sta\"\"ge\"",
          "CREATE TABLE \"sta\"\"ge\".a (x int)", "CREATE TABLE \"sta\"\"ge\".\"b'c\" (x int)",
          "CREATE SEQUENCE \"sta\"\"ge\".counter",
          "CREATE FUNCTION \"sta\"\"ge\".add(integer, integer) RETURNS integer LANGUAGE sql AS 'SELECT $1 + $2'",
          "CREATE FUNCTION \"sta\"\"ge\".add(text) RETURNS text LANGUAGE sql AS 'SELECT $1'",
          "GRANT SELECT ON \"sta\"\"ge\".a TO other"}) {
      server->sql(one);
    }
  }
  ~Stage() {
    for (const auto* one : {"DROP SCHEMA \"sta\"\"ge\" CASCADE", "DROP OWNED BY \"rea der\"", "DROP OWNED BY other",
                            "DROP ROLE \"rea der\"", "DROP ROLE other"}) {
      server->sql(one);
    }
  }
};

ValueMap on(const std::string& kind, std::vector<std::string> objects, std::vector<std::string> privileges) {
  ValueMap out{{"object_type", kind}, {"privileges", texts(std::move(privileges))}, {"role", "rea der"}};
  if (kind != "database") out.set("schema", "sta\"ge");
  if (!objects.empty()) out.set("objects", texts(std::move(objects)));
  return out;
}
}  // namespace

TEST_CASE("a membership is granted, changed and revoked") {
  const auto* server = private_postgres();
  Driver driver(server->config());
  for (const auto* name : {"\"rea ders\"", "\"m'm\""}) server->sql(std::string("CREATE ROLE ") + name);
  auto wanted = driver.desired(kMembership, {{"member", "m'm"}, {"role", "rea ders"}});
  CHECK(wanted.get("grantor") == Value("postgres"));
  CHECK(driver.read_of(kMembership, wanted).status == ReadResult::Status::absent);
  CHECK(message_of(driver.create(kMembership, wanted)) == "");
  CHECK(server->sql("SELECT pg_has_role('m''m', 'rea ders', 'MEMBER')") == "t");
  auto live = driver.read_of(kMembership, wanted);
  driver.check_equal(kMembership, live.value, wanted);

  server->sql("GRANT \"rea ders\" TO \"m'm\" WITH ADMIN OPTION");
  live = driver.read_of(kMembership, wanted);
  CHECK(live.value.get("with_admin_option") == Value(true));
  CHECK(message_of(driver.update(kMembership, live, wanted, {"with_admin_option"})) == "");
  live = driver.read_of(kMembership, wanted);
  driver.check_equal(kMembership, live.value, wanted);
  wanted = changed(wanted, "with_admin_option", true);
  CHECK(message_of(driver.update(kMembership, live, wanted, {"with_admin_option"})) == "");
  live = driver.read_of(kMembership, wanted);
  driver.check_equal(kMembership, live.value, wanted);

  CHECK(message_of(driver.remove(kMembership, live)) == "");
  CHECK(driver.read_of(kMembership, wanted).status == ReadResult::Status::absent);
  CHECK(message_of(driver.remove(kMembership, live)) == "");
  for (const auto* name : {"\"rea ders\"", "\"m'm\""}) server->sql(std::string("DROP ROLE ") + name);
  if (std::stoi(driver.info().version) < 16) {
    CHECK(driver.blocked(Operation::create, kMembership, Value(), changed(wanted, "inherit_option", false))
              .find("needs PostgreSQL 16") != std::string::npos);
  }
}

TEST_CASE("grants of every kind: granted, changed outside, changed, revoked") {
  const Stage stage;
  Driver driver(stage.server->config());
  struct Case {
    ValueMap written;
    std::string outside;
    std::vector<std::string> then;
  };
  const std::string schema = "\"sta\"\"ge\"";
  const std::vector<Case> cases = {
      {on("database", {}, {"temp", "CREATE"}), "REVOKE CREATE ON DATABASE postgres FROM \"rea der\"", {"CONNECT"}},
      {on("schema", {}, {"all"}), "REVOKE CREATE ON SCHEMA " + schema + " FROM \"rea der\"", {"USAGE"}},
      {on("table", {"a", "b'c"}, {"SELECT", "INSERT"}), "GRANT DELETE ON " + schema + ".a TO \"rea der\"", {"SELECT"}},
      {on("table", {"a"}, {"ALL"}), "REVOKE UPDATE ON " + schema + ".a FROM \"rea der\"", {"UPDATE", "TRUNCATE"}},
      {on("sequence", {"counter"}, {"USAGE"}),
       "GRANT UPDATE ON SEQUENCE " + schema + ".counter TO \"rea der\"",
       {"SELECT", "USAGE"}},
      {on("function", {"add(integer, integer)"}, {"EXECUTE"}),
       "REVOKE EXECUTE ON FUNCTION " + schema + ".add(int, int) FROM \"rea der\"",
       {"EXECUTE"}},
      {on("routine", {"add(integer, integer)", "add(text)"}, {"ALL"}),
       "REVOKE EXECUTE ON FUNCTION " + schema + ".add(text) FROM \"rea der\"",
       {"EXECUTE"}},
  };
  for (const auto& one : cases) {
    auto wanted = driver.desired(kGrant, one.written);
    INFO(wanted.debug());
    CHECK(driver.read_of(kGrant, wanted).status == ReadResult::Status::absent);
    CHECK(message_of(driver.create(kGrant, wanted)) == "");
    auto live = driver.read_of(kGrant, wanted);
    REQUIRE(live.status == ReadResult::Status::present);
    driver.check_equal(kGrant, live.value, wanted);

    stage.server->sql(one.outside);
    live = driver.read_of(kGrant, wanted);
    const auto& attribute = *driver.type(kGrant).find("privileges");
    const bool differs = live.status == ReadResult::Status::absent ||
                         !equivalent(live.value.get("privileges"), wanted.get("privileges"), attribute);
    CHECK(differs);
    if (live.status == ReadResult::Status::absent) live.value = wanted;

    wanted = changed(wanted, "privileges", texts(one.then));
    CHECK(message_of(driver.update(kGrant, live, wanted, {"privileges"})) == "");
    live = driver.read_of(kGrant, wanted);
    driver.check_equal(kGrant, live.value, wanted);

    wanted = changed(wanted, "with_grant_option", true);
    CHECK(message_of(driver.update(kGrant, live, wanted, {"with_grant_option"})) == "");
    live = driver.read_of(kGrant, wanted);
    driver.check_equal(kGrant, live.value, wanted);
    wanted = changed(wanted, "with_grant_option", false);
    CHECK(message_of(driver.update(kGrant, live, wanted, {"with_grant_option"})) == "");
    live = driver.read_of(kGrant, wanted);
    driver.check_equal(kGrant, live.value, wanted);

    CHECK(message_of(driver.remove(kGrant, live)) == "");
    CHECK(driver.read_of(kGrant, wanted).status == ReadResult::Status::absent);
  }
  // Nobody else's privileges were touched.
  CHECK(stage.server->sql("SELECT has_table_privilege('other', '\"sta\"\"ge\".a', 'SELECT')") == "t");
}

TEST_CASE("public's built-in privileges can be read and taken away") {
  const auto* server = private_postgres();
  Driver driver(server->config());
  server->sql("CREATE DATABASE open_to_all");
  auto wanted = driver.desired(kGrant, {{"database", "open_to_all"},
                                        {"object_type", "database"},
                                        {"privileges", texts({"CONNECT"})},
                                        {"role", "public"}});
  auto live = driver.read_of(kGrant, wanted);
  REQUIRE(live.status == ReadResult::Status::present);
  CHECK(live.value.get("privileges") == texts({"CONNECT", "TEMPORARY"}));
  CHECK(message_of(driver.update(kGrant, live, wanted, {"privileges"})) == "");
  live = driver.read_of(kGrant, wanted);
  driver.check_equal(kGrant, live.value, wanted);
  CHECK(message_of(driver.remove(kGrant, live)) == "");
  CHECK(driver.read_of(kGrant, wanted).status == ReadResult::Status::absent);
  server->sql("DROP DATABASE open_to_all WITH (FORCE)");
  CHECK(driver.read_of(kGrant, wanted).status == ReadResult::Status::absent);
  CHECK(message_of(driver.remove(kGrant, live)) == "");
}

TEST_CASE("grants say what stands in their way") {
  const Stage stage;
  Driver driver(stage.server->config());
  auto result = driver.create(kGrant, driver.desired(kGrant, on("table", {"a", "nowhere"}, {"SELECT"})));
  CHECK(message_of(result).find("\"nowhere\" does not exist") != std::string::npos);
  CHECK(stage.server->sql("SELECT has_table_privilege('rea der', '\"sta\"\"ge\".a', 'SELECT')") == "f");
  result = driver.create(kGrant, driver.desired(kGrant, on("function", {"add(int,int)"}, {"EXECUTE"})));
  REQUIRE(result.error);
  CHECK(result.error->next_step.find("add(integer, integer)") != std::string::npos);
  stage.server->sql("ALTER TABLE \"sta\"\"ge\".a OWNER TO \"rea der\"");
  result = driver.create(kGrant, driver.desired(kGrant, on("table", {"a"}, {"SELECT"})));
  CHECK(message_of(result).find("owns table") != std::string::npos);
}
