#include "engine/model/diff.h"

#include <catch2/catch.hpp>

using namespace plumb;
using List = Value::List;

namespace {

Attribute attribute(TypePtr type, Comparison comparison = Comparison::exact) {
  Attribute out;
  out.name = "a";
  out.type = std::move(type);
  out.optional = true;
  out.comparison = comparison;
  return out;
}

std::vector<std::string> lines(const Value& before, const Value& after, const Attribute& a) {
  std::vector<std::string> out;
  for (const PathChange& change : diff_attribute(before, after, a)) {
    out.push_back(change.path.str() + " " + change.before.debug() + " -> " + change.after.debug());
  }
  return out;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("scalars differ as a whole") {
  const Attribute text = attribute(string_type());
  CHECK(lines("x", "x", text).empty());
  CHECK(lines("x", "y", text) == Lines{"a \"x\" -> \"y\""});
  CHECK(lines(Value(), "y", text) == Lines{"a null -> \"y\""});
  CHECK(lines("x", Value(), text) == Lines{"a \"x\" -> null"});
  CHECK(lines(Value(), Value(), text).empty());
  CHECK(lines("", Value(), text) == Lines{"a \"\" -> null"});
  CHECK(lines("90m", "1h30m", attribute(string_type(), Comparison::duration)).empty());
}

TEST_CASE("an unknown is always a change") {
  CHECK(lines("x", Value::unknown(), attribute(string_type())) == Lines{"a \"x\" -> (unknown)"});
  CHECK(lines(Value(), Value::unknown(), attribute(string_type())).size() == 1);
  const Attribute map = attribute(map_type(string_type()));
  CHECK(lines(ValueMap{{"k", "x"}, {"l", "y"}}, ValueMap{{"k", "x"}, {"l", Value::unknown()}}, map) ==
        Lines{"a.l \"y\" -> (unknown)"});
  CHECK(lines(List{Value("x")}, List{Value::unknown()}, attribute(set_type(string_type()))).size() == 1);
}

TEST_CASE("maps and objects differ by key") {
  const Attribute map = attribute(map_type(string_type()));
  CHECK(lines(ValueMap{{"gone", "1"}, {"kept", "2"}, {"moved", "3"}},
              ValueMap{{"kept", "2"}, {"moved", "4"}, {"new key", "5"}},
              map) == Lines{"a.gone \"1\" -> null", "a.moved \"3\" -> \"4\"", "a[\"new key\"] null -> \"5\""});
  const Attribute object = attribute(object_type({{"tags", set_type(string_type())}, {"n", integer_type()}}));
  CHECK(lines(ValueMap{{"tags", List{Value("b"), Value("a")}}, {"n", 1}},
              ValueMap{{"tags", List{Value("a"), Value("b")}}, {"n", 2.0}}, object) == Lines{"a.n 1 -> 2"});
}

TEST_CASE("empty, null and unset are three things") {
  const Attribute map = attribute(map_type(string_type()));
  CHECK(lines(Value(), Value::map(), map) == Lines{"a null -> {}"});
  CHECK(lines(Value::map(), Value::map(), map).empty());
}

TEST_CASE("sets differ as a whole, in any order") {
  const Attribute set = attribute(set_type(string_type()));
  CHECK(lines(List{Value("b"), Value("a")}, List{Value("a"), Value("b"), Value("b")}, set).empty());
  CHECK(lines(List{Value("a")}, List{Value("b")}, set) == Lines{"a [\"a\"] -> [\"b\"]"});
}

TEST_CASE("keyed lists differ by element") {
  const Attribute ports = attribute(keyed_list_type("name", {{"name", string_type()}, {"port", integer_type(), true}}));
  const auto port = [](const char* name, int number) { return Value(ValueMap{{"name", name}, {"port", number}}); };
  CHECK(lines(List{port("a", 1), port("b", 2)}, List{port("b", 2), port("a", 1)}, ports).empty());
  CHECK(lines(List{port("a", 1), port("b", 2)}, List{port("c", 3), port("a", 9)}, ports) ==
        Lines{"a.a.port 1 -> 9", "a.b {\"name\": \"b\", \"port\": 2} -> null",
              "a.c null -> {\"name\": \"c\", \"port\": 3}"});
}

TEST_CASE("elements without a key of their own are not mixed up") {
  const Attribute ports = attribute(keyed_list_type("name", {{"name", string_type()}, {"port", integer_type(), true}}));
  const auto unknown = [](int number) { return Value(ValueMap{{"name", Value::unknown()}, {"port", number}}); };
  const auto changes = diff_attribute(List{ValueMap{{"name", "a"}}}, List{unknown(1), unknown(2)}, ports);
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].path == Path("a"));
  CHECK(changes[0].after.as_list().size() == 2);
}

TEST_CASE("lists of one length differ by place, others as a whole") {
  const Attribute list = attribute(list_type(string_type()));
  CHECK(lines(List{Value("x"), Value("y")}, List{Value("x"), Value("z")}, list) == Lines{"a[1] \"y\" -> \"z\""});
  CHECK(lines(List{Value("x")}, List{Value("x"), Value("z")}, list) == Lines{"a [\"x\"] -> [\"x\", \"z\"]"});
}

TEST_CASE("inside any, maps differ by key and lists as a whole") {
  const Attribute any = attribute(any_type());
  CHECK(lines(ValueMap{{"m", ValueMap{{"k", 1}, {"l", 1}}}, {"s", List{Value(1), Value(2)}}},
              ValueMap{{"m", ValueMap{{"k", 2}, {"l", 1}}}, {"s", List{Value(1), Value(3)}}},
              any) == Lines{"a.m.k 1 -> 2", "a.s [1, 2] -> [1, 3]"});
  CHECK(lines(ValueMap{{"k", 1}}, List{Value(1)}, any).size() == 1);
}

TEST_CASE("marks of either side and from above stay on the leaves") {
  const Attribute map = attribute(map_type(string_type()));
  const auto marked_above =
      diff_attribute(Value(ValueMap{{"k", "x"}}).with_sensitive(), Value(ValueMap{{"k", "y"}}), map);
  REQUIRE(marked_above.size() == 1);
  CHECK(marked_above[0].before.sensitive());
  CHECK(marked_above[0].after.sensitive());
  const auto marked_leaf = diff_attribute(ValueMap{{"k", "x"}}, ValueMap{{"k", Value("y").with_sensitive()}}, map);
  REQUIRE(marked_leaf.size() == 1);
  CHECK(marked_leaf[0].before.sensitive());
  CHECK(marked_leaf[0].after.sensitive());
  // A mark alone is no change.
  CHECK(diff_attribute(Value("x"), Value("x").with_sensitive(), attribute(string_type())).empty());
}

TEST_CASE("a large map gives one change for one difference") {
  std::vector<ValueMap::Entry> entries;
  for (int i = 0; i < 100'000; ++i) entries.emplace_back(std::to_string(i), Value(i));
  const Value before = ValueMap::from(entries);
  entries[77'777].second = Value(-1);
  CHECK(lines(before, ValueMap::from(std::move(entries)), attribute(map_type(integer_type()))) ==
        Lines{"a[\"77777\"] 77777 -> -1"});
}
