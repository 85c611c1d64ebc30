#include "engine/model/value.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

using plumb::compare_values;
using plumb::number_text;
using plumb::scalar_text;
using plumb::Value;
using plumb::ValueMap;

namespace {

Value random_value(std::mt19937& random, int depth) {
  switch (random() % (depth > 0 ? 9 : 7)) {
    case 0:
      return {};
    case 1:
      return random() % 2 == 0;
    case 2:
      return static_cast<int>(random() % 5) - 2;
    case 3:
      return static_cast<double>(random() % 9) / 2 - 2;
    case 4:
      return std::string(random() % 3, static_cast<char>('a' + random() % 2));
    case 5:
      return Value::unknown();
    case 6:
      return Value::unavailable();
    case 7: {
      Value::List items;
      for (std::size_t n = random() % 3; n > 0; --n) items.push_back(random_value(random, depth - 1));
      return items;
    }
    default: {
      ValueMap entries;
      for (std::size_t n = random() % 3; n > 0; --n) {
        entries.set(std::string(1, static_cast<char>('a' + random() % 3)), random_value(random, depth - 1));
      }
      return entries;
    }
  }
}

}  // namespace

TEST_CASE("equality is of content") {
  CHECK(Value(1) == Value(1.0));
  CHECK(Value(1) != Value("1"));
  CHECK(Value(0) != Value(false));
  CHECK(Value() != Value(""));
  CHECK(Value("a").with_sensitive() == Value("a"));
  CHECK(Value::unknown() == Value::unknown());
  CHECK(Value::unknown() != Value());
  CHECK(Value::unknown() != Value::unavailable());
  CHECK(Value::list({1, 2}) != Value::list({2, 1}));
  CHECK(Value(ValueMap{{"a", 1}, {"b", 2}}) == Value(ValueMap{{"b", 2}, {"a", 1}}));
}

TEST_CASE("order is total and agrees with equality") {
  std::mt19937 random(6);
  std::vector<Value> values;
  for (int i = 0; i < 90; ++i) values.push_back(random_value(random, 2));
  for (const Value& a : values) {
    CHECK(compare_values(a, a) == 0);
    for (const Value& b : values) {
      INFO(a.debug() << " and " << b.debug());
      CHECK((compare_values(a, b) == 0) == (a == b));
      CHECK((compare_values(a, b) < 0) == (compare_values(b, a) > 0));
    }
  }
  std::sort(values.begin(), values.end(), [](const Value& a, const Value& b) { return compare_values(a, b) < 0; });
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::size_t j = i; j < values.size(); ++j) CHECK(compare_values(values[i], values[j]) <= 0);
  }
}

TEST_CASE("a container knows what is in it") {
  const Value deep = Value::list({Value(ValueMap{{"a", Value("x").with_sensitive()}})});
  CHECK(deep.any_sensitive());
  CHECK_FALSE(deep.sensitive());
  CHECK(deep.fully_known());
  CHECK(Value::list({Value::list({Value::unknown()})}).any_unknown());
  const Value kept = Value::list({Value::unavailable()});
  CHECK(kept.any_unavailable());
  CHECK(kept.any_sensitive());
  CHECK_FALSE(kept.fully_known());
  CHECK(Value::unavailable().with_sensitive(false).sensitive());
}

TEST_CASE("what is taken out of a marked map is marked") {
  const Value map = Value(ValueMap{{"a", 1}}).with_sensitive();
  CHECK(map.get("a").sensitive());
  CHECK(map.get("b").is_null());
  CHECK_FALSE(map.find("a")->sensitive());
  CHECK(map.find("b") == nullptr);
  CHECK(Value(1).find("a") == nullptr);
}

TEST_CASE("maps keep their keys sorted and single") {
  const ValueMap map = ValueMap::from({{"b", 1}, {"a", 2}, {"b", 3}});
  REQUIRE(map.size() == 2);
  CHECK(map.begin()->first == "a");
  CHECK(*map.find("b") == Value(3));
  ValueMap changed = map;
  changed.set("aa", 4);
  changed.set("a", 5);
  CHECK(changed == ValueMap{{"a", 5}, {"aa", 4}, {"b", 3}});
  CHECK(changed.erase("aa"));
  CHECK_FALSE(changed.erase("aa"));
  CHECK(changed.size() == 2);
}

TEST_CASE("scalars have texts and containers have none") {
  CHECK(scalar_text(Value()) == "");
  CHECK(scalar_text(Value(true)) == "true");
  CHECK(scalar_text(Value(-3)) == "-3");
  CHECK(scalar_text(Value(2.0)) == "2");
  CHECK(scalar_text(Value(0.1)) == "0.1");
  CHECK_FALSE(scalar_text(Value::list()).has_value());
  CHECK_FALSE(scalar_text(Value::map()).has_value());
  CHECK_FALSE(scalar_text(Value::unknown()).has_value());
  CHECK_FALSE(scalar_text(Value::unavailable()).has_value());
}

TEST_CASE("the text of a number reads back as the same number") {
  std::mt19937_64 random(7);
  for (int i = 0; i < 5000; ++i) {
    const double number = std::ldexp(static_cast<double>(random()), static_cast<int>(random() % 200) - 150);
    CHECK(std::stod(number_text(number)) == number);
  }
}

TEST_CASE("a debug text shows no secret") {
  const Value value(ValueMap{{"a", Value("hunter2").with_sensitive()},
                             {"b", Value::list({1, Value::unknown(), Value::unavailable()})},
                             {"c", "x\"y"}});
  CHECK(value.debug() == R"({"a": (sensitive), "b": [1, (unknown), (unavailable)], "c": "x\"y"})");
}
