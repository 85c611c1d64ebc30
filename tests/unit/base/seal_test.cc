#include "engine/base/seal.h"

#include <catch2/catch.hpp>
#include <set>

#include "engine/base/hash.h"
#include "engine/base/random.h"

using namespace plumb;

namespace {

const std::string key(32, 'k');

}  // namespace

TEST_CASE("what was sealed opens with the same key and context") {
  for (const std::string& text : {std::string(), std::string("x"), std::string("a\0b", 3), std::string(100'000, 'z')}) {
    const std::string sealed = seal(key, text, "lineage/uid/path");
    CHECK(sealed.size() == 12 + text.size() + 16);
    CHECK(unseal(key, sealed, "lineage/uid/path").value() == text);
    CHECK(unseal(key, seal(key, text, ""), "").value() == text);
  }
}

TEST_CASE("AES-256-GCM gives the answer of its specification, case 15") {
  const std::string gcm_key = from_hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308").value();
  const std::string sealed = from_hex(
                                 "cafebabefacedbaddecaf888"
                                 "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08"
                                 "b1056828838c5f61e6393ba7a0a"
                                 "bcc9f662898015ad"
                                 "b094dac5d93471bdec1a502270e3cc6c")
                                 .value();
  CHECK(
      hex(unseal(gcm_key, sealed, "").value()) ==
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657"
      "ba637b391aafd255");
}

TEST_CASE("a change of any bit, of the key or of the context is refused") {
  const std::string sealed = seal(key, "hunter2hunter2", "context");
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::string bad = sealed;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    const Result<std::string> opened = unseal(key, bad, "context");
    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.error().fault == Fault::environment);
  }
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    CHECK_FALSE(unseal(key, sealed.substr(0, size), "context").has_value());
  }
  CHECK_FALSE(unseal(key, sealed + "x", "context").has_value());
  CHECK_FALSE(unseal(key, sealed, "Context").has_value());
  CHECK_FALSE(unseal(key, sealed, "").has_value());
  CHECK_FALSE(unseal(std::string(32, 'K'), sealed, "context").has_value());
  CHECK_FALSE(unseal("short", sealed, "context").has_value());
}

TEST_CASE("equal texts seal to different bytes") {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) seen.insert(seal(key, "same", "same").substr(0, 12));
  CHECK(seen.size() == 100);
}

TEST_CASE("random identifiers have their form and do not repeat") {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string uuid = random_uuid();
    REQUIRE(uuid.size() == 36);
    CHECK(uuid[14] == '4');
    CHECK(std::string("89ab").find(uuid[19]) != std::string::npos);
    for (const int dash : {8, 13, 18, 23}) CHECK(uuid[static_cast<std::size_t>(dash)] == '-');
    CHECK(random_id().size() == 16);
    seen.insert(uuid);
    seen.insert(random_id());
  }
  CHECK(seen.size() == 2000);
  CHECK(random_bytes(0).empty());
  CHECK(random_bytes(1'000'000).size() == 1'000'000);
}

TEST_CASE("bounded draws stay below the bound and reach all of it") {
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 2000; ++i) seen.insert(random_below(10));
  CHECK(seen.size() == 10);
  CHECK(*seen.rbegin() == 9);
  CHECK(random_below(1) == 0);
  const std::uint64_t odd = (std::uint64_t{1} << 63) + 1;  // nearly half of all draws must be drawn again
  for (int i = 0; i < 100; ++i) CHECK(random_below(odd) < odd);
}
