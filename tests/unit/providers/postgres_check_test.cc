#include "providers/postgres/check.h"

#include <catch2/catch.hpp>

#include "providers/postgres/acl.h"
#include "providers/postgres/postgres.h"
#include "providers/postgres/privileges.h"
#include "providers/postgres/schema.h"
#include "providers/postgres/session.h"

using namespace plumb;
using namespace plumb::postgres;

namespace {

const TypeSchema& type(std::string_view name) { return *provider_schema().find(name); }

std::string first_error(std::string_view name, const Value& desired) {
  const auto errors = check(type(name), desired);
  return errors.empty() ? "" : errors.front().message;
}

bool complains(std::string_view name, const Value& desired, const std::string& words) {
  for (const auto& error : check(type(name), desired)) {
    if (error.message.find(words) != std::string::npos) {
      CHECK_FALSE(error.next_step.empty());
      return true;
    }
  }
  return false;
}

Value role(const char* key, Value value) {
  ValueMap map{{"name", "app"}};
  map.set(key, std::move(value));
  return Value(std::move(map));
}

Value table_grant() {
  return Value(ValueMap{{"database", "shop"},
                        {"object_type", "table"},
                        {"objects", Value::list({"a", "b"})},
                        {"privileges", Value::list({"SELECT"})},
                        {"role", "app"},
                        {"schema", "billing"},
                        {"with_grant_option", false}});
}

Value changed(Value value, const char* key, Value to) {
  auto map = value.as_map();
  map.set(key, std::move(to));
  return Value(std::move(map));
}

}  // namespace

TEST_CASE("the postgres schema keeps the rules of schemas") {
  for (const auto& problem : check_schema(provider_schema())) FAIL_CHECK(problem);
}

TEST_CASE("data sources are asked in the words of the types, and tell what is read") {
  const auto source = [](std::string_view name) -> const TypeSchema& { return *provider_schema().find_data(name); };
  const TypeSchema& role = source(kRole);
  CHECK(role.find("name")->required);
  CHECK(role.find("name")->doc == "The role's name.");
  CHECK(role.find("login")->computed);
  CHECK(role.find("password") == nullptr);
  CHECK(source(kDatabase).find("template") == nullptr);
  CHECK(source(kDatabase).find("encoding")->comparison == Comparison::identifier_case);
  for (const auto& attribute : role.attributes) CHECK_FALSE((attribute.power || attribute.default_value));

  const auto said = [](const TypeSchema& type, const Value& question) {
    const auto errors = check(type, question);
    return errors.empty() ? "" : errors.front().message;
  };
  CHECK(said(role, Value(ValueMap{{"name", "pg_monitor"}})) == "");
  CHECK(said(role, Value(ValueMap{{"name", ""}})) == "name is empty");
  CHECK(said(source(kSchemasData), Value(ValueMap{{"database", ""}})) == "database is empty");
  CHECK(said(source(kRolesData), Value(ValueMap{{"like", "a\\"}})) ==
        "like is \"a\\\", which ends with a \\ that takes the meaning of nothing away");
  CHECK(said(source(kRolesData), Value(ValueMap{{"like", "a\\\\"}})) == "");
  CHECK(said(source(kRolesData), Value(ValueMap{{"like", Value::unknown()}})) == "");
}

TEST_CASE("role names are checked") {
  CHECK(first_error(kRole, role("name", "app")) == "");
  CHECK(first_error(kRole, role("name", "We \"ird; näme")) == "");
  CHECK(first_error(kRole, role("name", Value::unknown())) == "");
  CHECK(complains(kRole, role("name", ""), "empty"));
  CHECK(complains(kRole, role("name", std::string("a\0b", 3)), "NUL"));
  CHECK(first_error(kRole, role("name", std::string(63, 'x'))) == "");
  CHECK(complains(kRole, role("name", std::string(64, 'x')), "64 bytes"));
  CHECK(complains(kRole, role("name", "ä" + std::string(62, 'x')), "64 bytes"));
  CHECK(complains(kRole, role("name", "pg_app"), "pg_"));
  CHECK(complains(kRole, role("name", "public"), "public"));
  CHECK(complains(kRole, role("name", "none"), "none"));
}

TEST_CASE("role attributes are checked, and passwords never named") {
  CHECK(complains(kRole, role("connection_limit", -2), "-2"));
  CHECK(first_error(kRole, role("connection_limit", -1)) == "");
  CHECK(complains(kRole, role("password", "pässword!"), "SASLprep"));
  CHECK_FALSE(complains(kRole, role("password", "pässword!"), "ssword!"));
  CHECK(complains(kRole, role("password", ""), "empty"));
  CHECK(first_error(kRole, role("password", "it's \\ fine")) == "");
  CHECK(first_error(kRole, role("valid_until", "infinity")) == "");
  CHECK(first_error(kRole, role("valid_until", "2030-01-01T00:00:00Z")) == "");
  CHECK(first_error(kRole, role("valid_until", "2030-01-01 00:00:00+00")) == "");
  CHECK_FALSE(first_error(kRole, role("valid_until", "next week")).empty());
}

TEST_CASE("the server's own databases and schemas are refused") {
  for (const auto* name : {"postgres", "template0", "template1"}) {
    CHECK(complains(kDatabase, Value(ValueMap{{"name", name}}), "own database"));
  }
  CHECK(complains(kSchema, Value(ValueMap{{"name", "pg_x"}}), "PostgreSQL's own"));
  CHECK(first_error(kSchema, Value(ValueMap{{"name", "public"}})) == "");
}

TEST_CASE("memberships are checked") {
  CHECK(complains(kMembership, Value(ValueMap{{"member", "a"}, {"role", "a"}}), "itself"));
  CHECK(first_error(kMembership, Value(ValueMap{{"member", "a"}, {"role", "pg_monitor"}})) == "");
  CHECK(complains(kMembership, Value(ValueMap{{"member", "public"}, {"role", "a"}}), "public"));
}

TEST_CASE("grants are checked") {
  CHECK(first_error(kGrant, table_grant()) == "");
  CHECK(complains(kGrant, changed(table_grant(), "privileges", Value::list({"SELCT"})), "did you mean \"SELECT\""));
  CHECK(complains(kGrant, changed(table_grant(), "privileges", Value::list({"USAGE"})), "no privilege \"USAGE\""));
  CHECK(complains(kGrant, changed(table_grant(), "privileges", Value::list()), "empty"));
  CHECK(first_error(kGrant, changed(table_grant(), "privileges", Value::list({"all", "Select"}))) == "");
  CHECK(complains(kGrant, changed(table_grant(), "objects", Value()), "objects is empty"));
  CHECK(complains(kGrant, changed(table_grant(), "schema", Value()), "schema is missing"));
  CHECK(complains(kGrant, changed(table_grant(), "object_type", "schema"), "objects has no meaning"));
  CHECK(first_error(kGrant, changed(table_grant(), "role", "public")) == "");
  CHECK(complains(kGrant, changed(changed(table_grant(), "role", "public"), "with_grant_option", true), "public"));
  auto function = changed(changed(table_grant(), "object_type", "function"), "privileges", Value::list({"EXECUTE"}));
  CHECK(complains(kGrant, function, "without the types"));
  CHECK(first_error(kGrant, changed(function, "objects", Value::list({"add(integer, integer)", "now()"}))) == "");
}

TEST_CASE("privileges expand by kind and version") {
  CHECK(expand_privileges("table", {"ALL"}, 160004).size() == 7);
  CHECK(expand_privileges("table", {"all privileges"}, 170000).size() == 8);
  CHECK(expand_privileges("database", {"temp", "CONNECT", "TEMPORARY"}, 150000) ==
        std::vector<std::string>{"CONNECT", "TEMPORARY"});
  CHECK(expand_privileges("sequence", {"ALL"}, 150000) == std::vector<std::string>{"SELECT", "UPDATE", "USAGE"});
  CHECK(expand_privileges("routine", {"ALL"}, 150000) == std::vector<std::string>{"EXECUTE"});
  CHECK_FALSE(canonical_privilege("table", "MAINTAIN", 160000));
  CHECK(canonical_privilege("table", "maintain", 170000) == "MAINTAIN");
}

TEST_CASE("grants that share a role and an object claim the same") {
  const auto both = claims(type(kGrant), table_grant());
  REQUIRE(both.size() == 2);
  CHECK(both[1] == R"(what role "app" may do with table "billing"."b" in database "shop")");
  const auto of = [](const char* kind, Value schema, Value objects) {
    auto grant = changed(changed(table_grant(), "object_type", kind), "schema", std::move(schema));
    return claims(type(kGrant), changed(grant, "objects", std::move(objects))).front();
  };
  CHECK(of("database", Value(), Value()) == R"(what role "app" may do with database "shop")");
  CHECK(of("schema", "billing", Value()) == R"(what role "app" may do with schema "billing" in database "shop")");
  // One routine, whatever it is called.
  CHECK(of("function", "s", Value::list({"f()"})) == of("routine", "s", Value::list({"f()"})));
  CHECK(claims(type(kGrant), changed(table_grant(), "objects", Value::list({"b"}))).front() == both[1]);
  CHECK(claims(type(kGrant), changed(table_grant(), "role", "other")).front() != both[0]);
  CHECK(claims(type(kGrant), changed(table_grant(), "schema", "other")).front() != both[0]);
  CHECK(serial_key(type(kGrant), table_grant()) ==
        serial_key(type(kSchema), Value(ValueMap{{"database", "shop"}, {"name", "billing"}})));
}

TEST_CASE("what is not alike on every object reads as nothing one could ask for") {
  const std::vector<Target> targets = {{"table", "s", "a"}, {"table", "s", "b"}};
  Acls acls;
  acls[targets[0]] = {"owner", {{"app", {{"SELECT", false}, {"INSERT", false}}}}};
  acls[targets[1]] = {"owner", {{"app", {{"SELECT", false}}}}};
  auto summary = summarise(targets, "app", acls);
  CHECK(summary.privileges == std::vector<std::string>{"INSERT ON a", "SELECT"});
  CHECK_FALSE(summary.with_grant_option);
  acls[targets[0]].by_role["app"] = {{"SELECT", true}};
  CHECK(summarise(targets, "app", acls).privileges ==
        std::vector<std::string>{"SELECT ON b", "SELECT WITH GRANT OPTION ON a"});
  acls[targets[1]].by_role["app"] = {{"SELECT", true}};
  summary = summarise(targets, "app", acls);
  CHECK(summary.privileges == std::vector<std::string>{"SELECT"});
  CHECK(summary.with_grant_option);
  CHECK(summarise(targets, "other", acls).privileges.empty());
}

TEST_CASE("names in grants are quoted, arguments are the server's") {
  CHECK(on_clause("d\"b", {{"database", "", ""}}) == "DATABASE \"d\"\"b\"");
  CHECK(on_clause("db", {{"table", "s", "a"}, {"table", "s", "b c"}}) == "TABLE \"s\".\"a\", \"s\".\"b c\"");
  CHECK(on_clause("db", {{"function", "s", "add(integer, integer)"}}) == "FUNCTION \"s\".\"add\"(integer, integer)");
}

TEST_CASE("durations are read") {
  using std::chrono::milliseconds;
  CHECK(read_duration("10s") == milliseconds(10000));
  CHECK(read_duration("1m30s") == milliseconds(90000));
  CHECK(read_duration("1h") == milliseconds(3600000));
  CHECK(read_duration("250ms") == milliseconds(250));
  CHECK(read_duration("1.5s") == milliseconds(1500));
  CHECK(read_duration("90") == milliseconds(90000));
  CHECK(read_duration("0") == milliseconds(0));
  CHECK_FALSE(read_duration("10x"));
  CHECK_FALSE(read_duration(""));
}
