#include "engine/model/identity.h"

#include <catch2/catch.hpp>
#include <random>

using plumb::Attribute;
using plumb::identity_key;
using plumb::identity_of;
using plumb::identity_text;
using plumb::parse_identity;
using plumb::TypeSchema;
using plumb::Value;
using plumb::ValueMap;

namespace {

Attribute attribute(std::string name, plumb::TypePtr type, bool required = true) {
  Attribute out;
  out.name = std::move(name);
  out.type = std::move(type);
  out.required = required;
  out.optional = !required;
  return out;
}

TypeSchema one_part(plumb::TypePtr part = plumb::string_type()) {
  TypeSchema type;
  type.name = "test.role";
  type.attributes = {attribute("name", std::move(part)), attribute("other", plumb::string_type(), false)};
  type.identity = {{"name"}};
  return type;
}

TypeSchema three_parts() {
  TypeSchema type;
  type.name = "test.rule";
  type.attributes = {attribute("database", plumb::string_type(), false), attribute("name", plumb::string_type()),
                     attribute("port", plumb::integer_type(), false), attribute("other", plumb::string_type(), false)};
  type.identity = {{"database"}, {"name"}, {"port"}};
  return type;
}

Value parsed(const TypeSchema& type, std::string_view text) {
  auto identity = parse_identity(type, text);
  INFO(text);
  if (!identity.has_value()) INFO(identity.error().message);
  REQUIRE(identity.has_value());
  return identity.value();
}

std::string random_text(std::mt19937& random) {
  static const std::string letters = "ab=,\"\\ \n\x03.name[]";
  std::string text;
  for (std::size_t n = random() % 7; n > 0; --n) text += letters[random() % letters.size()];
  return random() % 10 == 0 ? "name=" + text : text;
}

}  // namespace

TEST_CASE("an identity holds the identity attributes alone") {
  const Value attributes(ValueMap{{"name", "x"}, {"other", "y"}, {"port", 80.0}});
  const Value identity = identity_of(three_parts(), attributes);
  CHECK(identity == Value(ValueMap{{"database", Value()}, {"name", "x"}, {"port", 80}}));
  CHECK(identity_of(one_part(), Value(ValueMap{{"name", Value::unknown()}})).find("name")->is_unknown());
  CHECK(identity_of(one_part(), Value::unknown()).find("name")->is_unknown());
  CHECK(identity_of(one_part(), Value(ValueMap{{"name", Value("x").with_sensitive()}})).find("name")->sensitive());
}

TEST_CASE("an identity is in canonical form") {
  TypeSchema type = one_part();
  type.attributes[0].comparison = plumb::Comparison::identifier_case;
  CHECK(identity_of(type, Value(ValueMap{{"name", "ABC"}})) == identity_of(type, Value(ValueMap{{"name", "abc"}})));
  CHECK(parsed(type, "ABC") == identity_of(type, Value(ValueMap{{"name", "abc"}})));
}

TEST_CASE("the key is injective and absent while a part is unknown") {
  const TypeSchema type = three_parts();
  const auto key = [&](Value database, Value name) {
    return identity_key(type, Value(ValueMap{{"database", std::move(database)}, {"name", std::move(name)}}));
  };
  CHECK(key("a", "b").has_value());
  CHECK(key("a", "b") == key("a", "b"));
  CHECK(key("a", "b") != key("ab", ""));
  CHECK(key("a", "b") != key("", "ab"));
  CHECK(key(Value(), "b") != key("", "b"));
  CHECK(key("1", "b") != key(1, "b"));
  CHECK_FALSE(key(Value::unknown(), "b").has_value());
  CHECK_FALSE(key("a", Value::unavailable()).has_value());
}

TEST_CASE("an identity is written for people") {
  CHECK(identity_text(one_part(), Value(ValueMap{{"name", "app"}})) == "app");
  CHECK(identity_text(one_part(), Value(ValueMap{{"name", "a,b"}})) == "a,b");
  CHECK(identity_text(one_part(), Value(ValueMap{{"name", "name=x"}})) == "\"name=x\"");
  CHECK(identity_text(three_parts(), Value(ValueMap{{"database", "app"}, {"name", "public"}})) ==
        "database=app,name=public");
  CHECK(identity_text(three_parts(), Value(ValueMap{{"name", "a,b"}, {"port", 5}})) == "name=\"a,b\",port=5");
  CHECK(identity_text(one_part(), Value(ValueMap{{"name", Value("hunter2").with_sensitive()}})) == "(sensitive)");
}

TEST_CASE("an identity is read as it is written") {
  CHECK(parsed(one_part(), "app") == Value(ValueMap{{"name", "app"}}));
  CHECK(parsed(one_part(), "name=app") == Value(ValueMap{{"name", "app"}}));
  CHECK(parsed(one_part(), "a=b,c") == Value(ValueMap{{"name", "a=b,c"}}));
  CHECK(parsed(one_part(plumb::integer_type()), "42").find("name")->is_integer());
  CHECK(parsed(one_part(plumb::bool_type()), "true") == Value(ValueMap{{"name", true}}));
  CHECK(parsed(one_part(plumb::list_type(plumb::string_type())), R"(["a","b"])") ==
        Value(ValueMap{{"name", Value::list({"a", "b"})}}));
  CHECK(parsed(three_parts(), "port=-1,name=a=b") ==
        Value(ValueMap{{"database", Value()}, {"name", "a=b"}, {"port", -1}}));
}

TEST_CASE("random identities survive being written and read") {
  std::mt19937 random(5);
  for (int i = 0; i < 5000; ++i) {
    const TypeSchema type = i % 2 == 0 ? one_part() : three_parts();
    ValueMap attributes{{"name", random_text(random)}};
    if (i % 2 == 1 && random() % 2 == 0) attributes.set("database", random_text(random));
    if (i % 2 == 1 && random() % 2 == 0) attributes.set("port", static_cast<std::int64_t>(random()) - 1000);
    const Value identity = identity_of(type, Value(attributes));
    const std::string text = identity_text(type, identity);
    INFO(text);
    const Value back = parsed(type, text);
    CHECK(back == identity);
    CHECK(identity_key(type, back) == identity_key(type, identity));
  }
}

TEST_CASE("what is no identity of the type is an error with a next step") {
  const std::vector<std::pair<TypeSchema, std::string>> bad = {
      {one_part(), ""},
      {one_part(), "\"x"},
      {one_part(), "\"x\"y"},
      {one_part(plumb::integer_type()), "4x"},
      {one_part(plumb::integer_type()), "99999999999999999999"},
      {one_part(plumb::bool_type()), "yes"},
      {one_part(plumb::enum_type({"a", "b"})), "c"},
      {three_parts(), ""},
      {three_parts(), "x"},
      {three_parts(), "name=x,"},
      {three_parts(), "name=x,name=y"},
      {three_parts(), "name=x,other=y"},
      {three_parts(), "name=x,port=z"},
      {three_parts(), "name=\"x\"y,port=1"},
      {three_parts(), "database=x"},
  };
  for (const auto& [type, text] : bad) {
    const auto identity = parse_identity(type, text);
    INFO(text);
    REQUIRE_FALSE(identity.has_value());
    INFO(identity.error().message);
    CHECK_FALSE(identity.error().next_step.empty());
  }
}

TEST_CASE("a list of texts is written with bars, and as JSON where that would be misread") {
  TypeSchema type = three_parts();
  type.attributes[0].type = plumb::set_type(plumb::string_type());
  const std::vector<std::pair<Value::List, std::string>> texts = {
      {{"a"}, "database=a,name=n"},
      {{"a", "b"}, "database=a|b,name=n"},
      {{"add(integer, integer)", "b"}, "database=\"add(integer, integer)|b\",name=n"},
      {{"A", "[x]"}, "database=A|[x],name=n"},
      {{"[x]"}, R"(database=["[x]"],name=n)"},
      {{"a|b"}, R"(database=["a|b"],name=n)"},
      {{""}, R"(database=[""],name=n)"},
      {{"a|b", "x"}, R"(database="[\"a|b\",\"x\"]",name=n)"},
      {{}, "database=[],name=n"},
  };
  for (const auto& [items, text] : texts) {
    const Value identity = ValueMap{{"database", Value::list(items)}, {"name", "n"}, {"port", Value()}};
    const std::string written = identity_text(type, identity);
    CHECK(written == text);
    CHECK(parsed(type, written) == identity);
  }
  CHECK(parsed(type, R"(database="[\"a\",\"b\"]",name=n)") == parsed(type, "database=a|b,name=n"));
}

TEST_CASE("a part that is filled in by itself need not be written") {
  TypeSchema type;
  type.name = "vault.policy";
  for (const char* name : {"namespace", "name"}) {
    Attribute attribute;
    attribute.name = name;
    attribute.type = plumb::string_type();
    attribute.optional = true;
    type.attributes.push_back(attribute);
  }
  type.identity = {{"namespace", plumb::OnIdentityChange::replaces, true}, {"name"}};
  const auto text = [&](const char* space, const char* name) {
    return identity_text(type, Value(ValueMap{{"name", name}, {"namespace", space}}));
  };
  CHECK(text("", "app") == "app");
  CHECK(text("", "a,b") == "a,b");
  CHECK(text("", "name=x") == "\"name=x\"");
  CHECK(text("team", "app") == "namespace=team,name=app");
  CHECK(parse_identity(type, "app")->get("name") == Value("app"));
  CHECK(parse_identity(type, "app")->get("namespace").is_null());
  CHECK(parse_identity(type, "\"name=x\"")->get("name") == Value("name=x"));
  CHECK(parse_identity(type, "namespace=team,name=app")->get("namespace") == Value("team"));
  CHECK(parse_identity(type, "nam=x")->get("name") == Value("nam=x"));
  CHECK(parse_identity(type, "name=a,name=b").error().next_step == "write the name alone, or `namespace=...,name=...`");
}
