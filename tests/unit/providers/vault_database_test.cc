#include <catch2/catch.hpp>

#include "providers/vault/database.h"
#include "providers/vault/types.h"

using namespace plumb;
using namespace plumb::vault;

namespace {

Value connection(const std::string& url) { return Value(ValueMap{{"connection_url", url}, {"name", "main"}}); }

Value role(const char* type, Value config) {
  return Value(ValueMap{{"credential_config", std::move(config)}, {"credential_type", type}});
}

}  // namespace

TEST_CASE("an address may not hold a password") {
  const auto type = make_database_connection();
  for (const char* url : {
           "postgresql://vault:hunter2@db/postgres",
           "postgresql://{{username}}:hunter2@db:5432/postgres",
           "postgres://vault:hun@ter2@db",
           "host=db user=vault password=hunter2",
       }) {
    const auto errors = type->check(connection(url));
    REQUIRE(errors.size() == 1);
    CHECK(errors.front().path.str() == "connection_url");
    CHECK(errors.front().message == "it holds a password, which whoever may read the connection could see");
    CHECK(errors.front().next_step == "write {{username}} and {{password}} in it, and set `username` and `password`");
  }
  for (const char* url : {
           "postgresql://{{username}}:{{password}}@db:5432/postgres?sslmode=disable",
           "postgresql://vault@db:5432/postgres",
           "postgresql://db:5432/a@b:c",
           "host=db user={{username}} password={{password}}",
           "host=db password='{{password}}'",
       }) {
    CHECK(type->check(connection(url)).empty());
  }
  CHECK(type->check(Value(ValueMap{{"connection_url", Value::unknown()}})).empty());
}

TEST_CASE("a version is the version of something") {
  const auto type = make_database_connection();
  const auto errors = type->check(Value(ValueMap{{"password", Value()}, {"password_version", 2}}));
  REQUIRE(errors.size() == 1);
  CHECK(errors.front().path.str() == "password_version");
  CHECK(errors.front().message == "it is the version of a password that is not there");
  CHECK(type->check(Value(ValueMap{{"password", Value::unknown()}, {"password_version", 2}})).empty());
}

TEST_CASE("a key has its own settings, and the server's defaults") {
  const auto type = make_database_role();
  CHECK(type->complete(role("password", Value::map())).get("credential_config") == Value::map());
  CHECK(type->complete(role("rsa_private_key", Value(ValueMap{{"key_bits", "4096"}}))).get("credential_config") ==
        Value(ValueMap{{"format", "pkcs8"}, {"key_bits", "4096"}}));
  const auto errors = type->check(role("password", Value(ValueMap{{"key_bits", "4096"}})));
  REQUIRE(errors.size() == 1);
  CHECK(errors.front().path.str() == "credential_config.key_bits");
  CHECK(errors.front().message == "a credential of type password has no such setting");
  CHECK(errors.front().next_step == "use one of: `password_policy`");
  CHECK(type->check(role("rsa_private_key", Value(ValueMap{{"format", "pkcs8"}}))).empty());
}

TEST_CASE("what is left of another type of credential does not count") {
  const Value left(ValueMap{{"format", "pkcs8"}, {"key_bits", "2048"}, {"password_policy", "long"}});
  CHECK(live_credential_config(role("password", left)).get("credential_config") ==
        Value(ValueMap{{"password_policy", "long"}}));
  CHECK(live_credential_config(role("rsa_private_key", left)).get("credential_config") ==
        Value(ValueMap{{"format", "pkcs8"}, {"key_bits", "2048"}}));
  CHECK(live_credential_config(role("password", Value(ValueMap{{"password_policy", ""}}))).get("credential_config") ==
        Value::map());
}

TEST_CASE("a password policy is noticed when it leaves") {
  const Value with_policy = role("password", Value(ValueMap{{"password_policy", "long"}}));
  ChangeRequest change;
  change.operation = Operation::update;
  change.prior = with_policy;
  change.desired = role("password", Value::map());
  CHECK(drops_password_policy(change));
  change.desired = with_policy;
  CHECK_FALSE(drops_password_policy(change));
  change.desired = role("rsa_private_key", Value::map());
  CHECK_FALSE(drops_password_policy(change));
  change.prior = role("password", Value::map());
  change.desired = role("password", Value::map());
  CHECK_FALSE(drops_password_policy(change));
}

TEST_CASE("a static role is rotated by a period or by a schedule") {
  const auto type = make_database_static_role();
  const auto errors = type->check(Value(ValueMap{{"rotation_period", "4s"}, {"rotation_window", "1h"}}));
  REQUIRE(errors.size() == 2);
  CHECK(errors[0].path.str() == "rotation_period");
  CHECK(errors[0].message == "it is shorter than 5s");
  CHECK(errors[1].path.str() == "rotation_window");
  CHECK(errors[1].message == "it goes with a schedule");
  CHECK(type->check(Value(ValueMap{{"rotation_period", "5s"}})).empty());
  CHECK(type->check(Value(ValueMap{{"rotation_schedule", "0 0 * * SAT"}, {"rotation_window", "1h"}})).empty());
}
