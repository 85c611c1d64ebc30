#include <catch2/catch.hpp>

#include "engine/provider_api/attributes.h"
#include "providers/vault/schema.h"
#include "providers/vault/token_attributes.h"
#include "providers/vault/vault.h"
#include "providers/vault/wire.h"

using namespace plumb;
using namespace plumb::vault;
using namespace plumb::attributes;

TEST_CASE("the vault provider's schema keeps the rules") {
  for (const std::string& problem : check_schema(provider_schema())) FAIL_CHECK(problem);
}

TEST_CASE("names do not lead elsewhere") {
  const auto kind = make_vault();
  const auto* type = kind->schema().find("vault.password_policy");
  REQUIRE(type != nullptr);
  const auto check = [&](const char* name) { return kind->check(*type, Value(ValueMap{{"name", name}})); };
  CHECK(check("db").empty());
  CHECK(check("a..b").empty());
  REQUIRE(check("../acl/root").size() == 1);
  CHECK(check("../acl/root").front().message == "the part `..` would lead to another path");
  CHECK(check("a/./b").front().path == Path("name"));
  CHECK(check("..").size() == 1);
}

TEST_CASE("durations go out as seconds and come back as durations") {
  const auto ttl = compared(with_default(text("ttl", "", ""), "0s"), Comparison::duration);
  CHECK(to_wire(ttl, Value("1h30m")) == Value(5400));
  CHECK(to_wire(ttl, Value("0s")) == Value(0));
  CHECK(from_wire(ttl, Value(5400)) == Value("1h30m"));
  CHECK(from_wire(ttl, Value(0)) == Value("0s"));
  CHECK(from_wire(ttl, Value()) == Value("0s"));
  CHECK(from_wire(ttl, Value("3h25m19s")) == Value("3h25m19s"));
  CHECK(seconds_of("90") == 90);
  CHECK(seconds_of("1.5m") == 90);
  CHECK(seconds_of("500ms") == 0);
  CHECK_FALSE(seconds_of("soon"));
}

TEST_CASE("what the server leaves out is the default, or nothing") {
  const auto defaulted = with_default(attribute("list", set_type(string_type()), "", ""), Value::list());
  const auto plain = optional(text("text", "", ""));
  CHECK(from_wire(defaulted, Value()) == Value::list());
  CHECK(from_wire(plain, Value()).is_null());
  CHECK(from_wire(plain, Value("")).is_null());
  CHECK(from_wire(required(text("text", "", "")), Value("")) == Value(""));
}

TEST_CASE("spellings of one thing") {
  const auto list = optional(attribute("list", list_type(string_type()), "", ""));
  CHECK(from_wire(list, Value("a, b,c")) == Value::list({"a", "b", "c"}));
  CHECK(from_wire(list, Value::list({1, "b"})) == Value::list({"1", "b"}));
  CHECK(from_wire(optional(attribute("n", integer_type(), "", "")), Value("12")) == Value(12));
  CHECK(from_wire(optional(attribute("b", bool_type(), "", "")), Value("true")) == Value(true));
  CHECK(from_wire(optional(text("t", "", "")), Value(true)) == Value("true"));
  CHECK(trimmed_slashes("//a/b/") == "a/b");
}

TEST_CASE("tokens' attributes in the server's spelling") {
  const Value done = complete_token_attributes(
      Value(ValueMap{{"token_policies", Value::list({"App-Read", Value::unknown()})},
                     {"token_bound_cidrs", Value::list({"10.0.0.1/32", "10.0.0.0/8", "fe80::1/128"})}}));
  CHECK(done.get("token_policies") == Value::list({"app-read", Value::unknown()}));
  CHECK(done.get("token_bound_cidrs") == Value::list({"10.0.0.0/8", "10.0.0.1", "fe80::1"}));
}
