#include <catch2/catch.hpp>

#include "engine/model/type.h"

using namespace plumb;

namespace {

Value good(const Value& value, const TypePtr& type) {
  const Converted out = convert(value, *type);
  INFO(value.debug() << " as " << type->str());
  for (const TypeError& error : out.errors) UNSCOPED_INFO(error.path.str() << ": " << error.message);
  REQUIRE(out.errors.empty());
  return out.value;
}

std::vector<std::string> bad(const Value& value, const TypePtr& type) {
  std::vector<std::string> out;
  for (const TypeError& error : convert(value, *type).errors) {
    CHECK_FALSE(error.next_step.empty());
    out.push_back((error.path.empty() ? "" : error.path.str() + ": ") + error.message);
  }
  return out;
}

std::string one_bad(const Value& value, const TypePtr& type) {
  const auto all = bad(value, type);
  REQUIRE(all.size() == 1);
  return all.front();
}

using List = Value::List;

TypePtr tenant() { return object_type({{"plan", string_type()}, {"seats", integer_type(), true}}); }

}  // namespace

TEST_CASE("scalars fit their own kind and no other") {
  CHECK(good("a", string_type()) == Value("a"));
  CHECK(good(true, bool_type()) == Value(true));
  CHECK(good(7, integer_type()) == Value(7));
  CHECK(good(0.5, number_type()) == Value(0.5));
  CHECK(one_bad(7, string_type()) == "must be a string, got an integer");
  CHECK(one_bad(0.5, string_type()) == "must be a string, got a number");
  CHECK(one_bad("7", integer_type()) == "must be an integer, got a string");
  CHECK(one_bad("true", bool_type()) == "must be a bool, got a string");
  CHECK(one_bad(1, bool_type()) == "must be a bool, got an integer");
  CHECK(one_bad(Value(), string_type()) == "must be a string, got null");
  CHECK(one_bad(List{Value(1)}, string_type()) == "must be a string, got a list");
  CHECK(one_bad(1.5, integer_type()) == "must be an integer, got a number");
  CHECK(one_bad(1e300, integer_type()) == "must be an integer, got a number");
}

TEST_CASE("a number where text is wanted is told about quotes") {
  CHECK(convert(7, *string_type()).errors.at(0).next_step.find("quotes") != std::string::npos);
}

TEST_CASE("whole numbers are integers where integers are wanted") {
  const Value out = good(5.0, integer_type());
  CHECK(out.is_integer());
  CHECK(out.as_integer() == 5);
  CHECK(good(5, number_type()) == Value(5.0));
}

TEST_CASE("Lua's empty table is an empty list or an empty map") {
  CHECK(good(Value::map(), list_type(string_type())).is_list());
  CHECK(good(Value::map(), set_type(string_type())).is_list());
  CHECK(good(Value::list(), map_type(string_type())).is_map());
  CHECK(good(Value::list(), object_type({{"a", any_type(), true}})).is_map());
  CHECK(one_bad(ValueMap{{"a", 1}}, list_type(any_type())) == "must be a list, got a map");
  CHECK(one_bad(List{Value(1)}, map_type(any_type())) == "must be a map, got a list");
}

TEST_CASE("sets are sorted and unique, lists are neither") {
  const Value given = List{Value("b"), Value("a"), Value("b")};
  CHECK(good(given, set_type(string_type())) == Value(List{Value("a"), Value("b")}));
  CHECK(good(given, list_type(string_type())) == given);
  const Value numbers = List{Value(2), Value(1.0), Value(1), Value(10)};
  CHECK(good(numbers, set_type(number_type())) == Value(List{Value(1), Value(2), Value(10)}));
}

TEST_CASE("a repeat in a set keeps the mark of either") {
  for (const bool first : {true, false}) {
    const Value given = List{Value("a").with_sensitive(first), Value("a").with_sensitive(!first)};
    const Value out = good(given, set_type(string_type()));
    REQUIRE(out.as_list().size() == 1);
    CHECK(out.as_list()[0].sensitive());
  }
  const Value x = ValueMap{{"k", Value("1").with_sensitive()}, {"l", Value("2")}};
  const Value y = ValueMap{{"k", Value("1")}, {"l", Value("2").with_sensitive()}};
  const Value out = good(List{x, y}, set_type(map_type(string_type())));
  REQUIRE(out.as_list().size() == 1);
  CHECK(out.as_list()[0].get("k").sensitive());
  CHECK(out.as_list()[0].get("l").sensitive());
}

TEST_CASE("two unknowns in a set stay two") {
  const Value given = List{Value::unknown(), Value("a"), Value::unknown(), Value("a")};
  CHECK(good(given, set_type(string_type())).as_list().size() == 3);
}

TEST_CASE("unknown and unavailable pass anywhere") {
  for (const TypePtr& type : {string_type(), integer_type(), list_type(string_type()), tenant(), enum_type({"a"})}) {
    CHECK(good(Value::unknown(), type).is_unknown());
    CHECK(good(Value::unavailable(), type).is_unavailable());
    CHECK(good(Value::unavailable(), type).sensitive());
  }
  CHECK(good(ValueMap{{"plan", Value::unknown()}}, tenant()).get("plan").is_unknown());
  CHECK(good(Value::unknown().with_sensitive(), tenant()).sensitive());
}

TEST_CASE("objects know their fields") {
  CHECK(good(ValueMap{{"plan", "pro"}, {"seats", 3.0}}, tenant()).get("seats").is_integer());
  CHECK(one_bad(ValueMap{{"seats", 3}}, tenant()) == "needs `plan`");
  CHECK(one_bad(ValueMap{{"plan", Value()}}, tenant()) == "needs `plan`");
  CHECK(one_bad(ValueMap{{"plan", "pro"}, {"seat", 3}}, tenant()) ==
        "seat: there is no field \"seat\" (did you mean \"seats\"?)");
  CHECK(one_bad(Value("pro"), tenant()) == "must be a map, got a string");
  // Null is unset: it is left out.
  const Value out = good(ValueMap{{"plan", "pro"}, {"seats", Value()}}, tenant());
  CHECK(out.find("seats") == nullptr);
  CHECK(out.as_map().size() == 1);
}

TEST_CASE("all errors are gathered, each with its path") {
  const TypePtr type = object_type({{"name", string_type()}, {"tenants", map_type(tenant())}});
  const Value value = ValueMap{
      {"tenants", ValueMap{{"a b", ValueMap{{"plan", 1}, {"seats", "x"}}}, {"c", ValueMap{{"zzzzzz", true}}}}}};
  CHECK(bad(value, type) == std::vector<std::string>{
                                "tenants[\"a b\"].plan: must be a string, got an integer",
                                "tenants[\"a b\"].seats: must be an integer, got a string",
                                "tenants.c.zzzzzz: there is no field \"zzzzzz\"",
                                "tenants.c: needs `plan`",
                                "needs `name`",
                            });
  CHECK(bad(List{Value("a"), Value(1), Value(2)}, list_type(string_type())).size() == 2);
  CHECK(bad(List{Value("a"), Value(1)}, set_type(string_type())).at(0).starts_with("[1]: "));
}

TEST_CASE("enumerations are checked") {
  const TypePtr type = enum_type({"read", "write"});
  CHECK(good("read", type) == Value("read"));
  CHECK(one_bad("raed", type) == "\"raed\" is not allowed here (did you mean \"read\"?)");
  CHECK(convert("raed", *type).errors.at(0).next_step == "use one of: read, write");
  CHECK(one_bad(1, type) == "must be a string, got an integer");
}

TEST_CASE("keyed lists are keyed once") {
  const TypePtr type = keyed_list_type("name", {{"name", string_type()}, {"port", integer_type(), true}});
  const Value a = ValueMap{{"name", "a"}, {"port", 1}};
  const Value b = ValueMap{{"name", "b"}};
  CHECK(good(List{b, a}, type) == good(List{a, b}, type));
  CHECK(one_bad(List{a, b, a}, type) == "has two elements with the same `name`");
  CHECK(one_bad(List{ValueMap{{"port", 1}}}, type) == "[0]: needs `name`");
}

TEST_CASE("tagged unions take the fields of their form") {
  const TypePtr type = union_type("kind", {{"file", {{"path", string_type()}}}, {"env", {{"name", string_type()}}}});
  const Value value = ValueMap{{"kind", "file"}, {"path", "x"}};
  CHECK(good(value, type) == value);
  CHECK(one_bad(ValueMap{{"kind", "env"}, {"name", "a"}, {"path", "x"}}, type) == "path: there is no field \"path\"");
  CHECK(one_bad(ValueMap{{"kind", "fill"}}, type) == "\"fill\" is no `kind` (did you mean \"file\"?)");
  CHECK(one_bad(ValueMap{{"path", "x"}}, type) == "needs `kind`");
  CHECK(one_bad(Value::list(), type) == "needs `kind`");
  CHECK(good(ValueMap{{"kind", Value::unknown()}}, type).is_unknown());
  CHECK(good(ValueMap{{"kind", Value::unavailable()}}, type).is_unavailable());
}

TEST_CASE("marks are kept, and sensitive types mark") {
  CHECK(good(Value("x").with_sensitive(), string_type()).sensitive());
  CHECK(good("x", sensitive_type(string_type())).sensitive());
  CHECK_FALSE(good(Value(), sensitive_type(any_type())).sensitive());
  const TypePtr type = object_type({{"user", string_type()}, {"password", sensitive_type(string_type())}});
  const Value out = good(ValueMap{{"user", "u"}, {"password", "p"}}, type);
  CHECK_FALSE(out.get("user").sensitive());
  CHECK(out.get("password").sensitive());
  CHECK(good(Value(List{Value("b"), Value("a")}).with_sensitive(), set_type(string_type())).sensitive());
}

TEST_CASE("no error repeats what is secret") {
  const std::string secret = "hunter2hunter2";
  const TypePtr words = enum_type({"hunter2hunter3"});
  const std::vector<std::pair<Value, TypePtr>> cases{
      {Value(secret).with_sensitive(), words},
      {Value(secret), sensitive_type(words)},
      {Value(List{Value(secret)}).with_sensitive(), list_type(words)},
      {Value(ValueMap{{secret, 1}}).with_sensitive(), map_type(string_type())},
      {Value(ValueMap{{secret, 1}}).with_sensitive(), object_type({{"hunter2hunter3", any_type(), true}})},
      {Value(ValueMap{{"kind", secret}}).with_sensitive(), union_type("kind", {{"hunter2hunter3", {}}})},
      {Value(ValueMap{{"a", ValueMap{{"b", secret}}}}).with_sensitive(), map_type(map_type(words))},
  };
  for (const auto& [value, type] : cases) {
    const Converted out = convert(value, *type);
    REQUIRE(out.errors.size() == 1);
    const TypeError& error = out.errors.front();
    const std::string all = error.path.str() + error.message;
    INFO(all);
    CHECK(all.find("hunter") == std::string::npos);
    CHECK(error.next_step.find(secret) == std::string::npos);
  }
}
