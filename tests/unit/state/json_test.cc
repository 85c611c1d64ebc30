#include "state/json.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

using namespace plumb;
using namespace plumb::statefile;

namespace {

std::string written(const Value& value) {
  std::string out;
  const auto done = JsonWriter(out).value(value);
  REQUIRE(done.has_value());
  return out;
}

}  // namespace

TEST_CASE("values come back as they were", "[state]") {
  const std::vector<Value> values{
      Value(),
      true,
      0,
      std::numeric_limits<std::int64_t>::min(),
      std::numeric_limits<std::int64_t>::max(),
      0.1,
      1.0,
      -0.0,
      1e300,
      5e-324,
      1e21,
      "",
      "line\nquote\"back\\slash\ttab\x01 \u00e9 \U0001F600",
      Value::list(),
      Value::map(),
      Value::list({1, Value::list({Value::map(), Value()}), "x"}),
      Value(ValueMap{{"", 1}, {"a", Value(ValueMap{{"b", Value()}})}, {"z", 1.5}}),
  };
  for (const Value& value : values) {
    const std::string text = written(value);
    CAPTURE(text);
    const auto back = parse_json(text);
    REQUIRE(back.has_value());
    CHECK(*back == value);
    CHECK(back->kind() == value.kind());
    CHECK(written(*back) == text);
  }
}

TEST_CASE("integers and numbers stay apart", "[state]") {
  CHECK(written(1) == "1");
  CHECK(written(1.0) == "1.0");
  CHECK(parse_json("1")->is_integer());
  CHECK(parse_json("1.0")->kind() == Value::Kind::number);
}

TEST_CASE("what cannot be stored is refused", "[state]") {
  std::string out;
  JsonWriter writer(out);
  for (const Value& value : {Value::unknown(), Value::unavailable(), Value::list({Value::unknown()}),
                             Value(std::numeric_limits<double>::infinity()), Value(std::nan(""))}) {
    const auto done = writer.value(value);
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().fault == Fault::internal);
  }
  Value deep;
  for (int i = 0; i < kDeepest; ++i) deep = Value::list({deep});
  CHECK_FALSE(writer.value(deep).has_value());
}

TEST_CASE("bad JSON is refused with a column", "[state]") {
  for (const char* text : {"", "{", "{\"a\":1,}", "[1 2]", "nul", "\"\xff\"", "1 2", "{\"a\":1}x", "{\"a\":1,\"a\":2}",
                           "9223372036854775808", "-9223372036854775809", "99999999999999999999", "1e400"}) {
    CAPTURE(text);
    const auto value = parse_json(text);
    REQUIRE_FALSE(value.has_value());
    CHECK_FALSE(value.error().message.empty());
  }
  CHECK(parse_json("{\"a\":1,}").error().pos.column > 1);
  CHECK_FALSE(parse_json(std::string(100'000, '[')).has_value());
}
