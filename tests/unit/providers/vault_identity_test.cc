#include <catch2/catch.hpp>

#include "providers/vault/types.h"

using namespace plumb;
using namespace plumb::vault;

namespace {

Value metadata_of(const std::string& key, const std::string& value) {
  return Value(ValueMap{{"metadata", Value(ValueMap{{key, value}})}, {"name", "shop"}});
}

Value alias(const char* name, const char* owner) {
  return Value(ValueMap{{"canonical_id", owner}, {"mount_accessor", "m"}, {"name", name}, {"namespace", ""}});
}

}  // namespace

TEST_CASE("metadata has the server's limits") {
  const auto type = make_identity_entity();
  CHECK(type->check(metadata_of(std::string(128, 'k'), std::string(512, 'v'))).empty());
  const auto long_key = type->check(metadata_of(std::string(129, 'k'), "v"));
  REQUIRE(long_key.size() == 1);
  CHECK(long_key.front().path.str() == "metadata");
  CHECK(long_key.front().message == "a key is longer than 128 bytes");
  CHECK(long_key.front().next_step == "shorten it");
  const auto long_value = type->check(metadata_of("k", std::string(513, 'v')));
  REQUIRE(long_value.size() == 1);
  CHECK(long_value.front().path.str() == "metadata.k");
  CHECK(long_value.front().message == "it is longer than 512 bytes");
  ValueMap many;
  for (int i = 0; i < 65; ++i) many.set(std::to_string(i), "v");
  const auto too_many = type->check(Value(ValueMap{{"metadata", Value(std::move(many))}, {"name", "shop"}}));
  REQUIRE(too_many.size() == 1);
  CHECK(too_many.front().message == "there are more than 64 entries");
  CHECK(type->check(Value(ValueMap{{"metadata", Value::unknown()}, {"name", Value::unknown()}})).empty());
}

TEST_CASE("an entity has a name, in which letter case does not count") {
  const auto type = make_identity_entity();
  const auto empty = type->check(Value(ValueMap{{"name", ""}}));
  REQUIRE(empty.size() == 1);
  CHECK(empty.front().path.str() == "name");
  CHECK(empty.front().message == "it is empty");
  CHECK(type->claims(Value(ValueMap{{"name", "Shop"}, {"namespace", ""}})) ==
        type->claims(Value(ValueMap{{"name", "shop"}, {"namespace", ""}})));
  CHECK(type->claims(Value(ValueMap{{"name", "shop"}, {"namespace", "team"}})) ==
        std::vector<std::string>{"the name \"shop\" in namespace \"team\""});
  CHECK(type->claims(Value(ValueMap{{"name", Value::unknown()}})).empty());
}

TEST_CASE("policies of identities are lower-cased, each once") {
  const auto type = make_identity_group();
  const Value desired(ValueMap{{"name", "all"}, {"policies", Value::list({"Ops", "dev", "ops"})}});
  CHECK(type->complete(desired).get("policies") == Value::list({"dev", "ops"}));
  const Value unknown(ValueMap{{"name", "all"}, {"policies", Value::unknown()}});
  CHECK(type->complete(unknown).get("policies").is_unknown());
}

TEST_CASE("logins bring the members of an external group") {
  const auto type = make_identity_group();
  const auto group = [](const char* kind, Value members) {
    return Value(ValueMap{{"member_entity_ids", std::move(members)}, {"name", "all"}, {"type", kind}});
  };
  const auto errors = type->check(group("external", Value::list({"id"})));
  REQUIRE(errors.size() == 1);
  CHECK(errors.front().path.str() == "member_entity_ids");
  CHECK(errors.front().message == "an external group gets its members from logins");
  CHECK(errors.front().next_step == "take `member_entity_ids` away, or set `type: internal`");
  CHECK(type->check(group("external", Value::list())).empty());
  CHECK(type->check(group("internal", Value::list({"id"}))).empty());
}

TEST_CASE("an entity claims one alias in an auth method, a group one altogether") {
  const auto entity = make_identity_entity_alias();
  CHECK(entity->claims(alias("A", "e1")) ==
        std::vector<std::string>{"the name \"a\" of the auth method m",
                                 "the one alias of entity e1 in the auth method m"});
  const auto group = make_identity_group_alias();
  CHECK(group->claims(alias("a", "g1")) ==
        std::vector<std::string>{"the name \"a\" of the auth method m", "the one alias of group g1"});
  CHECK(entity->serial_key(alias("a", "e1")) == entity->serial_key(alias("b", "e2")));
  CHECK(entity->serial_key(alias("a", "e1")) != group->serial_key(alias("a", "e1")));
}
