#include "engine/model/digest.h"

#include <catch2/catch.hpp>
#include <set>

#include "engine/base/hash.h"

using plumb::encode_value;
using plumb::Value;
using plumb::value_digest;
using plumb::ValueMap;

namespace {
const std::string kKey(32, 'k');
}

TEST_CASE("different values have different encodings") {
  const std::vector<Value> values{
      Value(),
      Value(true),
      Value(false),
      Value(0),
      Value(1),
      Value(-1),
      Value(0.5),
      Value(1e300),
      Value(""),
      Value("1"),
      Value("true"),
      Value("ab"),
      Value::list(),
      Value::map(),
      Value::list({Value("a"), Value("b")}),
      Value::list({Value("ab")}),
      Value::list({Value("a"), Value::list({Value("b")})}),
      Value::list({Value::list({Value("a"), Value("b")})}),
      Value::list({Value()}),
      Value(ValueMap{{"a", Value("b")}}),
      Value(ValueMap{{"a", Value()}, {"b", Value()}}),
      Value(ValueMap{{"ab", Value()}}),
      Value(std::string("a\0b", 3)),
      Value(std::string("a\0", 2)),
  };
  std::set<std::string> seen;
  for (const Value& value : values) {
    INFO(value.debug());
    CHECK(seen.insert(encode_value(value)).second);
  }
}

TEST_CASE("equal values have equal encodings") {
  CHECK(encode_value(Value(1)) == encode_value(Value(1.0)));
  CHECK(encode_value(Value(0)) == encode_value(Value(-0.0)));
  CHECK(encode_value(Value(-9.0)) == encode_value(Value(-9)));
  CHECK(encode_value(Value("secret word").with_sensitive()) == encode_value(Value("secret word")));
  CHECK(encode_value(Value(ValueMap{{"a", 1}, {"b", 2}})) == encode_value(Value(ValueMap{{"b", 2}, {"a", 1}})));
}

TEST_CASE("a digest depends on the key and the value and tells neither") {
  const Value secret = Value("correct horse").with_sensitive();
  const std::string digest = value_digest(kKey, secret);
  CHECK(digest.size() == 43);
  CHECK(digest == value_digest(kKey, Value("correct horse")));
  CHECK(digest != value_digest(std::string(32, 'j'), secret));
  CHECK(digest != value_digest(kKey, Value("correct horsf")));
  CHECK(digest.find("correct") == std::string::npos);
}

TEST_CASE("a digest is a keyed hash of the encoding") {
  const Value value = Value::list({Value("a"), Value(2)});
  const plumb::Digest expected = plumb::hmac_sha256(kKey, "v" + encode_value(value));
  CHECK(value_digest(kKey, value) == plumb::base64url(plumb::bytes(expected)));
}

TEST_CASE("what is not fully known or too short has no digest") {
  CHECK(value_digest(kKey, Value::unknown()).empty());
  CHECK(value_digest(kKey, Value::unavailable()).empty());
  CHECK(value_digest(kKey, Value::list({Value("long enough"), Value::unknown()})).empty());
  CHECK(value_digest(kKey, Value("1234567")).empty());
  CHECK_FALSE(value_digest(kKey, Value("12345678")).empty());
  CHECK_FALSE(value_digest(kKey, Value(7)).empty());
}

TEST_CASE("evidence is digested whatever its length and never passes for a value") {
  CHECK_FALSE(plumb::bytes_digest(kKey, "").empty());
  CHECK(plumb::bytes_digest(kKey, "a") != plumb::bytes_digest(kKey, "b"));
  const Value value("long enough");
  CHECK(plumb::bytes_digest(kKey, encode_value(value)) != value_digest(kKey, value));
}
