#include "engine/model/schema.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>

using namespace plumb;

namespace {

Attribute attribute(const std::string& name) {
  Attribute out;
  out.name = name;
  out.type = string_type();
  out.doc = "Words.";
  out.optional = true;
  return out;
}

ProviderSchema sound() {
  TypeSchema role;
  role.name = "demo.role";
  role.doc = "A role.";
  Attribute name = attribute("name");
  name.optional = false;
  name.required = true;
  Attribute super = attribute("super");
  super.type = bool_type();
  super.power = true;
  super.default_value = Value(false);
  Attribute oid = attribute("oid");
  oid.optional = false;
  oid.computed = true;
  role.attributes = {name, super, oid, attribute("home")};
  role.identity = {{.attribute = "name"}};
  role.server_id = "oid";
  ProviderSchema out;
  out.name = "demo";
  out.doc = "A demonstration.";
  out.types = {role};
  return out;
}

// What check_schema says once `spoil` has been at the sound schema.
std::string said(const std::function<void(ProviderSchema&, TypeSchema&)>& spoil) {
  ProviderSchema schema = sound();
  spoil(schema, schema.types.front());
  const auto all = check_schema(schema);
  REQUIRE_FALSE(all.empty());
  return all.front();
}

Attribute& find(TypeSchema& type, const std::string& name) {
  return *std::find_if(type.attributes.begin(), type.attributes.end(), [&](const auto& a) { return a.name == name; });
}

}  // namespace

TEST_CASE("a sound schema has nothing said of it") { CHECK(check_schema(sound()).empty()); }

TEST_CASE("each rule of a schema is checked") {
  using P = ProviderSchema;
  using T = TypeSchema;
  CHECK(said([](P& p, T&) { p.doc.clear(); }) == "demo: has no documentation");
  CHECK(said([](P&, T& t) { t.doc.clear(); }) == "demo.role: has no documentation");
  CHECK(said([](P&, T& t) { t.name = "other.role"; }) == "other.role: does not start with demo");
  CHECK(said([](P&, T& t) { find(t, "home").type = nullptr; }) == "demo.role.home: has no type");
  CHECK(said([](P&, T& t) { find(t, "home").doc.clear(); }) == "demo.role.home: has no documentation");
  CHECK(said([](P&, T& t) { find(t, "home").name = "for_each"; }) == "demo.role.for_each: is the name of a meta key");
  CHECK(said([](P&, T& t) { find(t, "home").name = "end"; }) == "demo.role.end: is no name");
  CHECK(said([](P&, T& t) { find(t, "home").name = "oid"; }) == "demo.role: has oid twice");
  CHECK(said([](P&, T& t) { find(t, "home").optional = false; }) == "demo.role.home: can be neither set nor read");
  CHECK(said([](P&, T& t) { find(t, "name").optional = true; }) == "demo.role.name: is required and something else");
  CHECK(said([](P&, T& t) { find(t, "super").default_value = std::nullopt; }) ==
        "demo.role.super: gives power and has no static default");
  CHECK(said([](P&, T& t) { find(t, "super").default_value = Value("no"); }) ==
        "demo.role.super: has a default of another type");
  CHECK(said([](P&, T& t) { find(t, "super").computed = true; }) ==
        "demo.role.super: has a default that can never apply");
  CHECK(said([](P&, T& t) { find(t, "home").unsettable = true; }) ==
        "demo.role.home: is unsettable, but not optional and computed");
  CHECK(said([](P&, T& t) { find(t, "home").server_default = true; }) ==
        "demo.role.home: has a server default, but is not computed");
  CHECK(said([](P&, T& t) { find(t, "home").follows = {"nothing"}; }) == "demo.role: follows what does not exist");
  CHECK(said([](P&, T& t) { find(t, "home").elapses = true; }) ==
        "demo.role.home: elapses, and has no static default to go back to");
  CHECK(said([](P&, T& t) { t.identity = {{.attribute = "nothing"}}; }) ==
        "demo.role: identity attribute nothing does not exist");
  CHECK(said([](P&, T& t) { t.identity = {{.attribute = "oid"}}; }) ==
        "demo.role: identity attribute oid can be neither set nor defaulted");
  CHECK(said([](P&, T& t) { t.identity.clear(); }) == "demo.role: exists on a server, but has no identity");
  CHECK(said([](P&, T& t) { t.server_id = "home"; }) == "demo.role: server id home is no computed attribute");
  CHECK(said([](P&, T& t) {
          t.containers = {{"demo.role", {{"name", "nothing"}}}};
        }) == "demo.role: container demo.role names nothing, which does not exist");
  CHECK(said([](P&, T& t) {
          t.containers = {{"demo.nothing", {{"name", "home"}}}};
        }) == "demo.role: container demo.nothing does not exist");
}

TEST_CASE("a data source has questions and answers, and no more") {
  const auto spoiled = [](const std::function<void(TypeSchema&)>& spoil) {
    ProviderSchema schema = sound();
    TypeSchema source;
    source.name = "demo.role";
    source.doc = "A role.";
    Attribute name = attribute("name");
    name.optional = false;
    name.required = true;
    Attribute home = attribute("home");
    home.optional = false;
    home.computed = true;
    source.attributes = {name, home};
    spoil(source);
    schema.data = {source};
    const auto all = check_schema(schema);
    return all.empty() ? "" : all.front();
  };
  CHECK(spoiled([](TypeSchema&) {}) == "");
  CHECK(spoiled([](TypeSchema& t) { t.name = "other.role"; }) == "data.other.role: does not start with demo");
  CHECK(spoiled([](TypeSchema& t) { t.doc.clear(); }) == "data.demo.role: has no documentation");
  CHECK(spoiled([](TypeSchema& t) { t.identity = {{.attribute = "name"}}; }) ==
        "data.demo.role: is a data source, and has an identity, a server id or a container");
  CHECK(spoiled([](TypeSchema& t) { find(t, "home").name = "name"; }) == "data.demo.role: has name twice");
  CHECK(spoiled([](TypeSchema& t) { find(t, "home").optional = true; }) ==
        "data.demo.role: home is both asked for and answered");
  CHECK(spoiled([](TypeSchema& t) { find(t, "home").immutable = true; }) ==
        "data.demo.role: home says how it is written, and a data source is only read");
  CHECK(spoiled([](TypeSchema& t) { find(t, "home").type = nullptr; }) == "data.demo.role.home: has no type");
}

TEST_CASE("a provider's own configuration may be called what a block may not") {
  ProviderSchema schema = sound();
  schema.config = {attribute("timeouts")};
  CHECK(check_schema(schema).empty());
  schema.config = {attribute("Bad Name")};
  CHECK(check_schema(schema).size() == 1);
}

TEST_CASE("what has no effect outside needs no identity") {
  ProviderSchema schema = sound();
  schema.types[0].identity.clear();
  schema.types[0].outside_effect = false;
  CHECK(check_schema(schema).empty());
}

TEST_CASE("types and attributes are found by name") {
  const ProviderSchema schema = sound();
  const TypeSchema* role = schema.find("demo.role");
  REQUIRE(role != nullptr);
  CHECK(schema.find("demo") == nullptr);
  REQUIRE(role->find("oid") != nullptr);
  CHECK(role->find("oid")->computed);
  CHECK(role->find("od") == nullptr);
  CHECK(role->is_identity("name"));
  CHECK_FALSE(role->is_identity("oid"));
}

TEST_CASE("the meta keys are known") {
  for (const char* key : {"for_each", "when", "depends_on", "provider", "lifecycle", "timeouts", "hold"}) {
    CHECK(is_meta_key(key));
  }
  CHECK_FALSE(is_meta_key("name"));
  CHECK_FALSE(is_meta_key(""));
}

TEST_CASE("secrets that go by a version, and secrets that the server keeps") {
  ProviderSchema schema = sound();
  TypeSchema& type = schema.types.front();
  Attribute secret = attribute("secret"), version = attribute("secret_version"), made = attribute("made");
  secret.sensitive = secret.write_only = true;
  secret.versioned_by = "secret_version";
  version.local = true;
  made.optional = false;
  made.computed = made.sensitive = made.kept_by_server = true;
  type.attributes.push_back(secret);
  type.attributes.push_back(version);
  type.attributes.push_back(made);
  type.attributes.push_back(attribute("data"));  // what a scope is called may name an attribute
  CHECK(check_schema(schema).empty());
  const auto spoilt = [&](const std::string& name, const std::function<void(Attribute&)>& spoil) {
    ProviderSchema copy = schema;
    spoil(find(copy.types.front(), name));
    const auto all = check_schema(copy);
    return all.empty() ? std::string() : all.front();
  };
  CHECK(spoilt("secret", [](Attribute& a) { a.write_only = false; }) ==
        "demo.role.secret: goes by a version, and is not write-only");
  CHECK(spoilt("secret", [](Attribute& a) { a.versioned_by = "nothing"; }) ==
        "demo.role.secret: goes by nothing, which does not exist");
  const std::string version_wrong = "demo.role.secret: goes by secret_version, which is not optional, local and open";
  CHECK(spoilt("secret_version", [](Attribute& a) { a.local = false; }) == version_wrong);
  CHECK(spoilt("secret_version", [](Attribute& a) { a.sensitive = true; }) == version_wrong);
  CHECK(spoilt("secret_version", [](Attribute& a) { a.optional = false, a.required = true; }) == version_wrong);
  const std::string kept_wrong = "demo.role.made: is kept by the server, but is no secret that is only read";
  CHECK(spoilt("made", [](Attribute& a) { a.sensitive = false; }) == kept_wrong);
  CHECK(spoilt("made", [](Attribute& a) { a.optional = true; }) == kept_wrong);
  CHECK(spoilt("oid", [](Attribute& a) { a.sensitive = a.kept_by_server = true; }) ==
        "demo.role.oid: is a secret, and names its object");
}
