#include "tests/peers/postgres/driver.h"

using namespace plumb;
using namespace plumb::test;

namespace {
const std::string kRole = "postgres.role";

ReadResult role_named(Driver& driver, const std::string& name, const std::string& oid = "") {
  return driver.read(kRole, Value(ValueMap{{"name", name}}), oid);
}
std::string evidence(const ReadResult& result) {
  const auto found = result.evidence.find(Path("password"));
  return found == result.evidence.end() ? "" : found->second;
}
}  // namespace

TEST_CASE("a role is made, changed behind our back, changed, renamed and dropped") {
  const auto* server = private_postgres();
  Driver driver(server->config());
  CHECK(driver.info().version.starts_with("1"));
  CHECK_FALSE(driver.info().identity.empty());

  const std::vector<std::string> names = {"plain", "We \"ird; näme", "it's $1 \\ 100%", std::string(61, 'x') + "ä"};
  for (const auto& name : names) {
    INFO(name);
    const auto renamed = "r" + name.substr(0, 40);
    CHECK(role_named(driver, name).status == ReadResult::Status::absent);
    auto wanted = driver.desired(kRole, {{"connection_limit", 7},
                                         {"create_database", true},
                                         {"login", true},
                                         {"name", name},
                                         {"password", Value("it's \\ a password").with_sensitive()},
                                         {"valid_until", "2031-02-03T04:05:06+02:00"}});
    const auto made = driver.create(kRole, wanted);
    CHECK(message_of(made) == "");
    REQUIRE(made.value);
    auto live = role_named(driver, name);
    REQUIRE(live.status == ReadResult::Status::present);
    driver.check_equal(kRole, live.value, wanted);
    CHECK(live.server_id == made.server_id);
    CHECK(live.unread.empty());
    CHECK(live.value.get("password").is_null());
    CHECK(evidence(live) == made.evidence.at(Path("password")));
    CHECK(driver.provider().verify(driver.type(kRole), Path("password"), "it's \\ a password", evidence(live)));
    CHECK_FALSE(driver.provider().verify(driver.type(kRole), Path("password"), "another one", evidence(live)));

    server->sql("ALTER ROLE " + net::quote_identifier(name) + " WITH SUPERUSER CONNECTION LIMIT 9");
    live = role_named(driver, name);
    CHECK(live.value.get("superuser") == Value(true));
    CHECK(live.value.get("connection_limit") == Value(9));

    wanted = changed(wanted, "name", renamed);
    const auto updated = driver.update(kRole, live, wanted, {"name", "superuser", "connection_limit"});
    CHECK(message_of(updated) == "");
    CHECK(updated.server_id == made.server_id);
    CHECK(role_named(driver, name).status == ReadResult::Status::absent);
    live = role_named(driver, name, made.server_id);  // by number, though the name is another
    REQUIRE(live.status == ReadResult::Status::present);
    driver.check_equal(kRole, live.value, wanted);

    CHECK(message_of(driver.remove(kRole, live)) == "");
    CHECK(role_named(driver, renamed, made.server_id).status == ReadResult::Status::absent);
    CHECK(message_of(driver.remove(kRole, live)) == "");  // gone is gone
  }
}

TEST_CASE("a role made with a password can log in, and drift of the password shows") {
  const auto* server = private_postgres();
  Driver driver(server->config());
  auto wanted = driver.desired(
      kRole, {{"login", true}, {"name", "pw"}, {"password", Value("first\\'s secret").with_sensitive()}});
  REQUIRE(driver.create(kRole, wanted).value);
  Driver logged_in(server->config("pw", "first\\'s secret"));
  const auto before = evidence(role_named(driver, "pw"));
  CHECK(before.find("first") == std::string::npos);

  server->sql("ALTER ROLE pw PASSWORD 'outside'");
  auto live = role_named(driver, "pw");
  CHECK(evidence(live) != before);
  CHECK(driver.provider().verify(driver.type(kRole), Path("password"), "outside", evidence(live)));

  SECTION("a new password") {
    wanted = changed(wanted, "password", Value("second secret").with_sensitive());
    CHECK(message_of(driver.update(kRole, live, wanted, {"password"})) == "");
    Driver again(server->config("pw", "second secret"));
  }
  SECTION("none any more") {
    CHECK(message_of(driver.update(kRole, live, changed(wanted, "password", Value()), {"password"})) == "");
    live = role_named(driver, "pw");
    CHECK(live.evidence.empty());
    CHECK(live.unread.empty());
  }
  SECTION("an old MD5 password survives a rename") {
    server->sql("SET password_encryption = md5");  // of that session only
    {
      const auto connection = server->connect();
      REQUIRE(connection->query("SET password_encryption = md5"));
      REQUIRE(connection->query("ALTER ROLE pw PASSWORD 'outside'"));
    }
    live = role_named(driver, "pw");
    CHECK(evidence(live).starts_with("md5"));
    CHECK(driver.provider().verify(driver.type(kRole), Path("password"), "outside", evidence(live)));
    wanted = changed(changed(wanted, "name", "pw"), "password", Value("outside").with_sensitive());
    wanted = changed(wanted, "name", "pw_renamed");
    CHECK(message_of(driver.update(kRole, live, wanted, {"name"})) == "");
    live = role_named(driver, "pw_renamed");
    CHECK(driver.provider().verify(driver.type(kRole), Path("password"), "outside", evidence(live)));
    server->sql("ALTER ROLE pw_renamed RENAME TO pw");
  }
  CHECK(message_of(driver.remove(kRole, role_named(driver, "pw"))) == "");
}

TEST_CASE("a role that owns things in two databases is not dropped, and they are named") {
  const auto* server = private_postgres();
  Driver driver(server->config());
  server->sql("CREATE ROLE landlord");
  server->sql("CREATE DATABASE house_a");
  server->sql("CREATE DATABASE house_b OWNER landlord");
  server->sql("CREATE TABLE public.kitchen (x int)", "house_a");
  server->sql("ALTER TABLE public.kitchen OWNER TO landlord", "house_a");
  server->sql("CREATE SCHEMA attic AUTHORIZATION landlord", "house_b");
  server->sql("CREATE TABLE public.cellar (x int)", "house_b");
  server->sql("GRANT SELECT ON public.cellar TO landlord", "house_b");
  const auto dropped = driver.remove(kRole, role_named(driver, "landlord"));
  const auto message = message_of(dropped);
  INFO(message);
  CHECK(message.find("in database \"house_a\" it owns table public.kitchen") != std::string::npos);
  CHECK(message.find("in database \"house_b\" it owns schema attic") != std::string::npos);
  CHECK(message.find("has privileges on table public.cellar") != std::string::npos);
  CHECK(message.find("owns database house_b") != std::string::npos);
  CHECK(dropped.error->next_step.find("REASSIGN OWNED") != std::string::npos);
  CHECK(role_named(driver, "landlord").status == ReadResult::Status::present);
  CHECK(server->sql("SELECT count(*) FROM pg_class WHERE relname = 'kitchen'", "house_a") == "1");
  server->sql("DROP DATABASE house_a WITH (FORCE)");
  server->sql("DROP DATABASE house_b WITH (FORCE)");
  CHECK(message_of(driver.remove(kRole, role_named(driver, "landlord"))) == "");
}

TEST_CASE("errors of creating a role name it and no secret") {
  const auto* server = private_postgres();
  Driver driver(server->config());
  server->sql("CREATE ROLE taken");
  const auto result = driver.create(
      kRole, driver.desired(kRole, {{"name", "taken"}, {"password", Value("do not show me").with_sensitive()}}));
  CHECK_FALSE(result.value);
  CHECK(message_of(result).find("cannot create role \"taken\"") != std::string::npos);
  CHECK(message_of(result).find("already exists") != std::string::npos);
  CHECK(message_of(result).find("SCRAM") == std::string::npos);
  CHECK(message_of(result).find("do not show") == std::string::npos);
  server->sql("DROP ROLE taken");
}

TEST_CASE("ten thousand roles are read by one query, fast") {
  const auto* server = private_postgres();
  Driver driver(server->config());
  server->sql("DO $$BEGIN FOR i IN 1..10000 LOOP EXECUTE 'CREATE ROLE bulk_' || i; END LOOP; END$$");
  std::vector<ReadKey> keys;
  for (int i = 1; i <= 10001; ++i) {
    keys.push_back({Value(ValueMap{{"name", "bulk_" + std::to_string(i)}}), ""});
  }
  const auto start = std::chrono::steady_clock::now();
  const auto results = driver.provider().read_many(driver.type(kRole), keys);
  const auto took = std::chrono::steady_clock::now() - start;
  WARN("10,000 roles in " << std::chrono::duration_cast<std::chrono::milliseconds>(took).count() << " ms");
  CHECK(took < std::chrono::seconds(5));  // a debug build under load; Release is far below
  REQUIRE(results.size() == 10001);
  CHECK(std::count_if(results.begin(), results.end(),
                      [](const auto& one) { return one.status == ReadResult::Status::present; }) == 10000);
  CHECK(results.back().status == ReadResult::Status::absent);
  CHECK(results[41].value.get("name") == Value("bulk_42"));
  // In portions: each drop holds a lock until its transaction ends.
  server->sql(
      "DO $$BEGIN FOR i IN 1..10000 LOOP EXECUTE 'DROP ROLE bulk_' || i; IF i % 500 = 0 THEN COMMIT; END IF; "
      "END LOOP; END$$");
}
