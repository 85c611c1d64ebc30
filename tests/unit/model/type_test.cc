#include "engine/model/type.h"

#include <catch2/catch.hpp>
#include <random>

using namespace plumb;

namespace {

std::string again(std::string_view text) {
  const auto type = parse_type(text);
  INFO(text);
  REQUIRE(type.has_value());
  return type.value()->str();
}

Error refused(std::string_view text) {
  const auto type = parse_type(text);
  INFO(text);
  REQUIRE_FALSE(type.has_value());
  return type.error();
}

TypePtr random_type(std::mt19937& random, int depth) {
  const auto inner = [&] { return random_type(random, depth - 1); };
  switch (random() % (depth > 0 ? 11 : 6)) {
    case 0:
      return string_type();
    case 1:
      return integer_type();
    case 2:
      return number_type();
    case 3:
      return bool_type();
    case 4:
      return any_type();
    case 5:
      return enum_type({"a", "two words", "q\"u'o\\te", "line\nbreak", "\xc3\xa9"});
    case 6:
      return list_type(inner());
    case 7:
      return set_type(inner());
    case 8:
      return map_type(inner());
    case 9:
      return sensitive_type(inner());
    default:
      return object_type({{"a", inner(), random() % 2 == 0}, {"b_2", inner(), random() % 2 == 0}});
  }
}

}  // namespace

TEST_CASE("types are read and written") {
  CHECK(again("string") == "string");
  CHECK(again(" set( list(integer) ) ") == "set(list(integer))");
  CHECK(again("map(object({ plan: string, seats?: integer }))") == "map(object({ plan: string, seats?: integer }))");
  CHECK(again("object({a:any,})") == "object({ a: any })");
  CHECK(again("enum(a, 'b c', \"d\")") == "enum(\"a\", \"b c\", \"d\")");
  CHECK(again("sensitive(string)") == "sensitive(string)");
  CHECK(parse_type("sensitive(string)").value()->sensitive);
  CHECK(parse_type("object({ a?: bool })").value()->fields.at(0).optional);
}

TEST_CASE("what str writes is read back, for random types") {
  std::mt19937 random(3);
  for (int i = 0; i < 300; ++i) {
    const std::string text = random_type(random, 4)->str();
    CHECK(again(text) == text);
  }
}

TEST_CASE("an error names the column and the cure") {
  const Error typo = refused("map(strng)");
  CHECK(typo.message == "there is no type \"strng\" (did you mean \"string\"?)");
  CHECK(typo.pos.line == 1);
  CHECK(typo.pos.column == 5);
  CHECK_FALSE(typo.pos.known());
  CHECK_FALSE(typo.next_step.empty());
  CHECK(refused("string x").pos.column == 8);
  CHECK(refused("list(string").message == "expected `)` before the end");
  CHECK(refused("").message == "expected a type");
  CHECK(refused("list").message == "expected `(` before the end");
  CHECK(refused("object({ a: string, a: bool })").message == "the field \"a\" is given twice");
  CHECK(refused("enum()").message == "expected a value of the enum");
  CHECK(refused("enum(\"a)").message.starts_with("a quote is not closed"));
}

TEST_CASE("a type without end does not end the process") {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "list(";
  CHECK(refused(text).message == "types are nested too deep");
}
