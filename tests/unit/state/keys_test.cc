#include "state/keys.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "engine/base/hash.h"
#include "tests/unit/state/state_support.h"

using namespace plumb;
using namespace plumb::test;

TEST_CASE("a key is found in each of its places", "[state]") {
  const TempDir dir;
  const std::string raw = *from_hex(kRootHex);
  KeySource source;
  CHECK_FALSE(find_root_key(source, "lineage")->has_value());

  source.environment["PLUMB_KEY"] = kRootHex + "\n";
  CHECK(**find_root_key(source, "lineage") == raw);
  source.environment["PLUMB_KEY"] = base64(raw);
  CHECK(**find_root_key(source, "lineage") == raw);

  source.env = "OTHER";
  CHECK_FALSE(find_root_key(source, "lineage")->has_value());
  source.environment["OTHER"] = kOtherHex;
  CHECK(**find_root_key(source, "lineage") == *from_hex(kOtherHex));

  source.file = dir / "key";
  CHECK_FALSE(find_root_key(source, "lineage")->has_value());
  spill(dir / "key", kRootHex);
  ::chmod((dir / "key").c_str(), 0600);
  CHECK(**find_root_key(source, "lineage") == raw);
}

TEST_CASE("what is no key is an error that does not tell it", "[state]") {
  const TempDir dir;
  KeySource source;
  source.environment["PLUMB_KEY"] = "not-a-key-but-secret";
  auto found = find_root_key(source, "lineage");
  REQUIRE_FALSE(found.has_value());
  CHECK(found.error().message.find("PLUMB_KEY") != std::string::npos);
  CHECK(found.error().message.find("not-a-key") == std::string::npos);

  source.file = dir / "key";
  spill(*source.file, kRootHex);
  ::chmod(source.file->c_str(), 0644);
  found = find_root_key(source, "lineage");
  REQUIRE_FALSE(found.has_value());
  CHECK(found.error().next_step.find("chmod 600") != std::string::npos);
  spill(*source.file, "short");
  ::chmod(source.file->c_str(), 0600);
  CHECK_FALSE(find_root_key(source, "lineage").has_value());
  source.file = dir.path();
  CHECK_FALSE(find_root_key(source, "lineage").has_value());
}

TEST_CASE("a key is made once, for us alone", "[state]") {
  const TempDir dir;
  KeySource source;
  source.environment["XDG_CONFIG_HOME"] = dir / "config";
  std::string where;
  const auto made = make_root_key(source, "lineage-1", where);
  REQUIRE(made.has_value());
  CHECK(made->size() == 32);
  CHECK(where == dir / "config/plumb/keys/lineage-1.key");
  struct stat status {};
  REQUIRE(::stat(where.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0600);
  REQUIRE(::stat((dir / "config/plumb/keys").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0700);
  CHECK(**find_root_key(source, "lineage-1") == *made);
  CHECK_FALSE(find_root_key(source, "lineage-2")->has_value());
  CHECK_FALSE(make_root_key(source, "lineage-1", where).has_value());
}

TEST_CASE("an explicit place that is empty is not filled", "[state]") {
  const TempDir dir;
  std::string where;
  KeySource file;
  file.file = dir / "missing";
  auto made = make_root_key(file, "l", where);
  REQUIRE_FALSE(made.has_value());
  CHECK(made.error().message.find(dir / "missing") != std::string::npos);
  CHECK_FALSE(made.error().next_step.empty());
  KeySource env;
  env.env = "NAME";
  CHECK_FALSE(make_root_key(env, "l", where).has_value());
  CHECK_FALSE(make_root_key(no_key(), "l", where).has_value());
}

TEST_CASE("a passphrase gives one key per state", "[state]") {
  KeySource source;
  source.passphrase_env = "PHRASE";
  CHECK_FALSE(find_root_key(source, "l")->has_value());
  source.environment["PHRASE"] = "short";
  CHECK_FALSE(find_root_key(source, "l").has_value());
  source.environment["PHRASE"] = "six random words make a phrase";
  const std::string one = **find_root_key(source, "l1");
  CHECK(one == **find_root_key(source, "l1"));
  CHECK(one != **find_root_key(source, "l2"));
}

TEST_CASE("derived keys differ, and the id does not tell the key", "[state]") {
  const std::string root = *from_hex(kRootHex);
  CHECK(digest_key(root) != sealing_key(root));
  CHECK(digest_key(root).size() == 32);
  CHECK(key_id(root).size() == 8);
  CHECK(key_id(root) != key_id(*from_hex(kOtherHex)));
  CHECK(kRootHex.find(key_id(root)) == std::string::npos);
}
