#include "tests/peers/postgres/driver.h"

using namespace plumb;
using namespace plumb::test;

namespace {

using Status = ReadResult::Status;

// Some things to ask about, and a login without rights.
struct Stage {
  const PrivatePostgres* server = private_postgres();
  Stage() {
    server->sql("CREATE ROLE data_app LOGIN CREATEDB NOINHERIT CONNECTION LIMIT 7 VALID UNTIL '2040-01-01 00:00:00Z'");
    server->sql("CREATE ROLE \"data Über \"\"x\"\"\"");
    server->sql("CREATE ROLE data_limited LOGIN PASSWORD 'limited login'");
    server->sql("CREATE DATABASE data_shop OWNER data_app CONNECTION LIMIT 3");
    server->sql("CREATE DATABASE data_closed ALLOW_CONNECTIONS false");
    server->sql("REVOKE CONNECT ON DATABASE data_shop FROM public");
    server->sql("CREATE SCHEMA zeta", "data_shop");
    server->sql("CREATE SCHEMA \"Alpha\"", "data_shop");
    server->sql("CREATE EXTENSION pgcrypto SCHEMA zeta", "data_shop");
  }
  ~Stage() {
    server->sql("DROP DATABASE data_shop WITH (FORCE)");
    server->sql("DROP DATABASE data_closed");
    for (const auto* role : {"data_app", "\"data Über \"\"x\"\"\"", "data_limited"}) {
      server->sql(std::string("DROP ROLE ") + role);
    }
  }
};

std::string message_of(const ReadResult& result) {
  CHECK(result.status == Status::unreadable);
  CHECK_FALSE(result.error.next_step.empty());
  return result.error.message;
}

Value text_list(std::initializer_list<const char*> texts) {
  Value::List out;
  for (const auto* text : texts) out.emplace_back(text);
  return Value(std::move(out));
}

bool has(const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; }

}  // namespace

TEST_CASE("a role and a database are told as their types read them") {
  const Stage stage;
  Driver driver(stage.server->config());
  const auto roles = driver.ask("postgres.role", {ValueMap{{"name", "data Über \"x\""}}, ValueMap{{"name", "nobody"}},
                                                  ValueMap{{"name", "data_app"}}, ValueMap{{"name", "pg_monitor"}}});
  CHECK(roles[0].status == Status::present);
  CHECK(roles[0].value.get("name") == Value("data Über \"x\""));
  CHECK(roles[0].value.get("login") == Value(false));
  CHECK(roles[1].status == Status::absent);
  const auto& app = roles[2].value;
  CHECK(app.get("login") == Value(true));
  CHECK(app.get("create_database") == Value(true));
  CHECK(app.get("superuser") == Value(false));
  CHECK(app.get("inherit") == Value(false));
  CHECK(app.get("connection_limit") == Value(7));
  CHECK(app.get("oid") == Value(stage.server->sql("SELECT oid FROM pg_roles WHERE rolname = 'data_app'")));
  CHECK(has(app.get("valid_until").as_string(), "2040-01-01"));
  CHECK(app.find("password") == nullptr);
  CHECK(roles[3].status == Status::present);

  const auto cut = driver.ask(
      "postgres.role", {ValueMap{{"name", Value(std::string("data_app\0x", 10))}}, ValueMap{{"name", "data_app"}}});
  CHECK(has(message_of(cut[0]), "NUL character"));
  CHECK(cut[1].value.get("name") == Value("data_app"));

  const auto databases =
      driver.ask("postgres.database", {ValueMap{{"name", "data_shop"}}, ValueMap{{"name", "data_nowhere"}}});
  CHECK(databases[0].value.get("owner") == Value("data_app"));
  CHECK(databases[0].value.get("connection_limit") == Value(3));
  CHECK(databases[0].value.get("encoding") == Value("utf8"));
  CHECK(databases[0].value.find("template") == nullptr);
  CHECK(databases[1].status == Status::absent);
}

TEST_CASE("names are listed, sorted and chosen by a pattern") {
  const Stage stage;
  Driver driver(stage.server->config());
  const auto roles = driver.ask(
      "postgres.roles", {ValueMap{{"like", "data\\_%"}}, ValueMap{}, ValueMap{{"like", "%Über%"}},
                         ValueMap{{"like", "broken\\"}}, ValueMap{{"like", "no one"}}, ValueMap{{"like", "pg\\_%"}}});
  CHECK(roles[0].value.get("names") == text_list({"data_app", "data_limited"}));
  CHECK(roles[0].value.get("like") == Value("data\\_%"));
  CHECK(roles[1].value.get("names").as_list().size() == static_cast<std::size_t>(std::stoi(stage.server->sql(
                                                            "SELECT count(*) FROM pg_roles WHERE rolname !~ '^pg_'"))));
  CHECK(roles[2].value.get("names") == text_list({"data Über \"x\""}));
  CHECK(message_of(roles[3]) == "like is \"broken\\\", which ends with a \\ that takes the meaning of nothing away");
  CHECK(roles[4].value.get("names") == Value(Value::List()));
  CHECK(roles[5].value.get("names") == Value(Value::List()));
  const auto databases =
      driver.ask("postgres.databases", {ValueMap{{"like", "data%"}}, ValueMap{{"like", "template%"}}});
  CHECK(databases[0].value.get("names") == text_list({"data_closed", "data_shop"}));
  CHECK(databases[1].value.get("names") == Value(Value::List()));
}

TEST_CASE("schemas and extensions are told of each database that is asked for") {
  const Stage stage;
  Driver driver(stage.server->config());
  const auto schemas = driver.ask(
      "postgres.schemas", {ValueMap{{"database", "data_shop"}}, ValueMap{}, ValueMap{{"database", "data_nowhere"}},
                           ValueMap{{"database", "data_closed"}}, ValueMap{{"database", "data_shop"}, {"like", "z%"}}});
  CHECK(schemas[0].value.get("names") == text_list({"Alpha", "public", "zeta"}));
  CHECK(schemas[1].value.get("database") == Value("postgres"));
  CHECK(schemas[1].value.get("names") == text_list({"public"}));
  CHECK(schemas[2].status == Status::absent);
  CHECK(message_of(schemas[3]) == "database \"data_closed\" takes no connections");
  CHECK(schemas[3].error.fault == Fault::denied);
  CHECK(schemas[4].value.get("names") == text_list({"zeta"}));

  const auto extensions =
      driver.ask("postgres.extensions", {ValueMap{{"database", "data_shop"}}, ValueMap{{"database", "postgres"}}});
  const auto version = stage.server->sql("SELECT extversion FROM pg_extension WHERE extname = 'pgcrypto'", "data_shop");
  const auto& installed = extensions[0].value.get("installed");
  CHECK(installed.get("pgcrypto").get("schema") == Value("zeta"));
  CHECK(installed.get("pgcrypto").get("version") == Value(version));
  CHECK(installed.get("plpgsql").get("schema") == Value("pg_catalog"));
  CHECK(extensions[1].value.get("installed").find("pgcrypto") == nullptr);
  const auto& available = extensions[1].value.get("available").get("pgcrypto");
  CHECK(available.get("default_version") == Value(version));
  const auto& versions = available.get("versions").as_list();
  CHECK(std::find(versions.begin(), versions.end(), Value(version)) != versions.end());
  CHECK(std::to_string(versions.size()) ==
        stage.server->sql("SELECT count(*) FROM pg_available_extension_versions WHERE name = 'pgcrypto'"));
}

TEST_CASE("what is in databases is listed, and the list says when it is not whole") {
  const Stage stage;
  stage.server->sql("GRANT data_app TO data_limited");
  Driver driver(stage.server->config());
  const auto named = [&](const std::string& type_name, const char* database) {
    std::vector<std::string> out;
    for (const auto& one : driver.provider().list(driver.type(type_name)).objects) {
      if (one.value.get("database") == Value(database)) out.push_back(one.value.get("name").as_string());
      // Each is what a read of it says.
      const auto again = driver.read_of(type_name, one.value);
      CHECK(again.value == one.value);
      CHECK(again.server_id == one.server_id);
    }
    return out;
  };
  CHECK(named("postgres.schema", "data_shop") == std::vector<std::string>{"Alpha", "public", "zeta"});
  CHECK(named("postgres.extension", "data_shop") == std::vector<std::string>{"pgcrypto"});
  auto schemas = driver.provider().list(driver.type("postgres.schema"));
  CHECK_FALSE(schemas.complete);
  REQUIRE(schemas.error);
  CHECK(schemas.error->message == "database \"data_closed\" takes no connections");
  stage.server->sql("ALTER DATABASE data_closed ALLOW_CONNECTIONS true");
  schemas = driver.provider().list(driver.type("postgres.schema"));
  CHECK(schemas.complete);
  CHECK_FALSE(schemas.error);
  driver.provider().release();

  const auto memberships = driver.provider().list(driver.type("postgres.membership"));
  CHECK(memberships.complete);
  const auto found = std::find_if(memberships.objects.begin(), memberships.objects.end(), [](const ReadResult& one) {
    return one.value.get("member") == Value("data_limited");
  });
  REQUIRE(found != memberships.objects.end());
  CHECK(found->value.get("role") == Value("data_app"));
  CHECK(driver.read_of("postgres.membership", found->value).value == found->value);
  CHECK_FALSE(driver.provider().list(driver.type("postgres.grant")).complete);
}

TEST_CASE("the server tells of itself, and the settings asked for as they are without us") {
  const Stage stage;
  Driver driver(stage.server->config());
  const auto answers = driver.ask(
      "postgres.server",
      {ValueMap{}, ValueMap{{"names", text_list({"wal_level", "TimeZone", "shared_buffers", "statement_timeout"})}},
       ValueMap{{"names", text_list({"max_connectoins"})}}});
  const auto& server = answers[0].value;
  CHECK(server.get("version").as_string() == driver.info().version);
  CHECK(std::to_string(server.get("version_number").as_integer()) == stage.server->sql("SHOW server_version_num"));
  CHECK(server.get("system_identifier") ==
        Value(stage.server->sql("SELECT system_identifier FROM pg_control_system()")));
  CHECK(server.get("user") == Value(stage.server->user));
  CHECK(server.get("is_superuser") == Value(true));
  CHECK(server.get("in_recovery") == Value(false));
  CHECK(std::to_string(server.get("max_connections").as_integer()) == stage.server->sql("SHOW max_connections"));
  CHECK(server.get("encoding") == Value("utf8"));
  CHECK(server.get("settings") == Value::map());
  const auto& settings = answers[1].value.get("settings");
  CHECK(settings.as_map().size() == 4);
  CHECK(settings.get("wal_level") == Value(stage.server->sql("SHOW wal_level")));
  CHECK(settings.get("shared_buffers") == Value(stage.server->sql("SHOW shared_buffers")));
  // Our own connections run in UTC and with a limit.
  CHECK(settings.get("TimeZone") ==
        Value(stage.server->sql("SELECT reset_val FROM pg_settings WHERE name = 'TimeZone'")));
  CHECK(settings.get("statement_timeout") == Value("0"));
  CHECK(message_of(answers[2]) == "the server has no setting \"max_connectoins\" (did you mean \"max_connections\"?)");
}

TEST_CASE("what may not be read is denied, and the rest is told") {
  const Stage stage;
  Driver driver(stage.server->config("data_limited", "limited login"));
  CHECK(driver.ask("postgres.role", {ValueMap{{"name", "data_app"}}})[0].value.get("login") == Value(true));
  const auto schemas =
      driver.ask("postgres.schemas", {ValueMap{{"database", "data_shop"}}, ValueMap{{"database", "postgres"}}});
  CHECK(has(message_of(schemas[0]), "permission denied for database \"data_shop\""));
  CHECK(schemas[0].error.fault == Fault::denied);
  CHECK(schemas[1].status == Status::present);
  const auto servers = driver.ask("postgres.server", {ValueMap{{"names", text_list({"data_directory"})}},
                                                      ValueMap{{"names", text_list({"wal_level"})}}});
  CHECK(has(message_of(servers[0]), "setting \"data_directory\": "));
  CHECK(servers[0].error.fault == Fault::denied);
  CHECK(servers[0].error.next_step == "GRANT pg_read_all_settings TO \"data_limited\"");
  CHECK(servers[1].value.get("is_superuser") == Value(false));
  stage.server->sql("GRANT pg_read_all_settings TO data_limited");
  CHECK(driver.ask("postgres.server", {ValueMap{{"names", text_list({"data_directory"})}}})[0].status ==
        Status::present);
}
