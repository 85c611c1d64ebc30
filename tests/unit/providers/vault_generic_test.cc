#include <catch2/catch.hpp>

#include "providers/vault/generic_value.h"
#include "providers/vault/types.h"

using namespace plumb;
using namespace plumb::vault;

TEST_CASE("what means the same to an API is the same") {
  CHECK(same_meaning("1h", 3600));
  CHECK(same_meaning("1h30m", "90m"));
  CHECK(same_meaning(12319, "3h25m19s"));
  CHECK(same_meaning("3600", "1h"));
  CHECK(same_meaning("5", 5));
  CHECK(same_meaning("true", true));
  CHECK(same_meaning(Value::list({"b", "a"}), Value::list({"a", "b"})));
  CHECK(same_meaning("a, b", Value::list({"a", "b"})));
  CHECK(same_meaning(Value::list({"a", "b"}), "b,a"));
  CHECK(same_meaning(Value::list(), Value()));
  CHECK(same_meaning(Value(ValueMap{{"x", "1m"}}), Value(ValueMap{{"x", 60}, {"y", "more"}})));
}

TEST_CASE("what does not is not") {
  CHECK_FALSE(same_meaning("1h", 3601));
  CHECK_FALSE(same_meaning("60", "060"));
  CHECK_FALSE(same_meaning("", 0));
  CHECK_FALSE(same_meaning("true", false));
  CHECK_FALSE(same_meaning("a", Value()));
  CHECK_FALSE(same_meaning(Value::list({"a", "a"}), Value::list({"a", "b"})));
  CHECK_FALSE(same_meaning(Value::list({"a"}), Value()));
  CHECK_FALSE(same_meaning(Value(ValueMap{{"x", 1}}), Value::map()));
  CHECK_FALSE(same_meaning("alpha", "beta"));
}

TEST_CASE("an answer is told in the words of what was written") {
  const Value written(ValueMap{{"ttl", "1h"}, {"roles", "a,b"}, {"more", Value(ValueMap{{"n", "7"}})}});
  const Value live(ValueMap{
      {"ttl", 3600}, {"roles", Value::list({"b", "a"})}, {"more", Value(ValueMap{{"n", 7}, {"z", 1}})}, {"own", true}});
  CHECK(in_words_of(written, live, false) == written);
  const Value other(ValueMap{{"ttl", 60}, {"roles", Value::list({"c"})}});
  CHECK(in_words_of(written, other, false) == other);
  CHECK(in_words_of(written, other, true) ==
        Value(ValueMap{{"ttl", 60}, {"roles", Value::list({"c"})}, {"more", Value(ValueMap{{"n", "7"}})}}));
}

TEST_CASE("a secret of which only the place is known is told as one") {
  const Value written(ValueMap{{"password", Value()}, {"user", "app"}});
  const Value told = in_words_of(written, Value(ValueMap{{"password", "hidden"}, {"user", "app"}}), false);
  CHECK(told.get("password").sensitive());
  CHECK(told.get("password") == Value("hidden"));
  CHECK_FALSE(told.get("user").sensitive());
  CHECK(lacks_secret(written, Value(ValueMap{{"user", "app"}})));
  CHECK_FALSE(lacks_secret(written, Value(ValueMap{{"password", "x"}})));
  CHECK(lacks_secret(Value(ValueMap{{"a", Value(ValueMap{{"b", Value("s").with_sensitive()}})}}), Value::map()));
  CHECK_FALSE(lacks_secret(Value(ValueMap{{"user", "app"}}), Value::map()));
}

TEST_CASE("a path is one below /v1/") {
  const auto type = make_generic();
  const auto wrong = type->check(Value(ValueMap{{"path", "v1/sys/x"}}));
  REQUIRE(wrong.size() == 1);
  CHECK(wrong.front().message == "\"v1/sys/x\" begins with `v1/`");
  CHECK(type->check(Value(ValueMap{{"path", "/"}})).front().message == "it is empty");
  CHECK(type->check(Value(ValueMap{{"path", "sys/x"}})).empty());
}
