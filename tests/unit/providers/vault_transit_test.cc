#include <catch2/catch.hpp>

#include "providers/vault/types.h"

using namespace plumb;
using namespace plumb::vault;

namespace {

std::vector<std::string> wrong(const vault::TypePtr& type, ValueMap desired) {
  std::vector<std::string> out;
  for (const TypeError& error : type->check(Value(std::move(desired)))) {
    CHECK_FALSE(error.next_step.empty());
    out.push_back(error.path.str() + ": " + error.message);
  }
  return out;
}

using Messages = std::vector<std::string>;

}  // namespace

TEST_CASE("a transit key is what a server can make") {
  const auto type = make_transit_key();
  CHECK(wrong(type, {{"type", "aes256"}}) == Messages{"type: there is no key of type \"aes256\""});
  CHECK(wrong(type, {{"type", "hmac"}, {"key_size", 8}}) == Messages{"key_size: a key has 32 to 512 bytes"});
  CHECK(wrong(type, {{"type", "ed25519"}, {"key_size", 64}}) ==
        Messages{"key_size: only keys of type `hmac` have one"});
  CHECK(wrong(type, {{"type", "ed25519"}, {"key_size", 0}}).empty());
  CHECK(type->complete(Value(ValueMap{{"type", "hmac"}})).get("key_size") == Value(32));
  CHECK(wrong(type, {{"name", "two words"}}) == Messages{"name: \"two words\" cannot name a key"});
  CHECK(wrong(type, {{"name", "a.b-c_1"}}).empty());
  CHECK(wrong(type, {{"name", "-a"}}).size() == 1);
  CHECK(wrong(type, {{"convergent_encryption", true}}) == Messages{"convergent_encryption: it needs a derived key"});
  CHECK(wrong(type, {{"convergent_encryption", true}, {"derived", Value::unknown()}}).empty());
  CHECK(wrong(type, {{"convergent_encryption", true}, {"derived", true}}).empty());
  CHECK(wrong(type, {{"auto_rotate_period", "10m"}}) ==
        Messages{"auto_rotate_period: a key rotates once an hour at most"});
  CHECK(wrong(type, {{"auto_rotate_period", "0s"}}).empty());
  CHECK(wrong(type, {{"min_decryption_version", 0}}) == Messages{"min_decryption_version: versions begin at 1"});
  CHECK(wrong(type, {{"min_decryption_version", 3}, {"min_encryption_version", 2}}) ==
        Messages{"min_encryption_version: what it encrypts could not be decrypted: it is below "
                 "min_decryption_version (3)"});
  CHECK(wrong(type, {{"min_decryption_version", 3}, {"min_encryption_version", 3}}).empty());
}

TEST_CASE("a transit key goes when it may not be deleted yet, by two calls") {
  const auto type = make_transit_key();
  ChangeRequest change;
  change.operation = Operation::remove;
  change.prior =
      Value(ValueMap{{"backend", "transit"}, {"deletion_allowed", false}, {"name", "a/b"}, {"namespace", ""}});
  const auto needs = type->needs(change);
  REQUIRE(needs.size() == 2);
  CHECK(needs[0].path == "transit/keys/a/b");
  CHECK(needs[0].capability == "delete");
  CHECK(needs[1].path == "transit/keys/a/b/config");
}

TEST_CASE("a namespace is named inside of its parent") {
  const auto type = make_namespace();
  const auto errors = type->check(Value(ValueMap{{"path", "org/team/app"}}));
  REQUIRE(errors.size() == 1);
  CHECK(errors.front().message == "\"org/team/app\" names a namespace inside of another");
  CHECK(errors.front().next_step == "write `namespace: org/team` and `path: app`");
  CHECK(type->complete(Value(ValueMap{{"namespace", "org"}, {"path", "team"}})).get("full_path") == Value("org/team"));
  CHECK(type->complete(Value(ValueMap{{"namespace", ""}, {"path", "team"}})).get("full_path") == Value("team"));
  CHECK(type->complete(Value(ValueMap{{"namespace", ""}, {"path", Value::unknown()}})).get("full_path").is_null());
}

TEST_CASE("a store keeps no fewer than no versions") {
  const auto type = make_kv_config();
  CHECK(wrong(type, {{"max_versions", -1}}) == Messages{"max_versions: there cannot be fewer than none"});
  CHECK(wrong(type, {{"max_versions", 0}}).empty());
}
