#include <cmath>

#include "tests/unit/config/support.h"

using namespace plumb;
using namespace plumb::test;

namespace {

Tree plain(const char* text) {
  Tree tree;
  tree.kind = Tree::Kind::scalar;
  tree.plain = true;
  tree.text = text;
  tree.pos = {FileName("f.yaml"), 3, 4};
  return tree;
}

std::string resolved(const char* text) {
  const Result<Value> value = resolve_scalar(plain(text));
  if (!value.has_value()) {
    CHECK(value.error().pos.str() == "f.yaml:3:4");
    CHECK_FALSE(value.error().next_step.empty());
    return "error: " + value.error().message;
  }
  return std::string(value->kind_name()) + " " + value->debug();
}

}  // namespace

TEST_CASE("Plain scalars mean what the 1.2 core schema says") {
  for (const char* text : {"null", "Null", "NULL", "~", ""}) CHECK(resolve_scalar(plain(text))->is_null());
  for (const char* text : {"true", "True", "TRUE"}) CHECK(resolve_scalar(plain(text))->as_bool());
  for (const char* text : {"false", "False", "FALSE"}) CHECK_FALSE(resolve_scalar(plain(text))->as_bool());
  const std::pair<const char*, std::int64_t> integers[] = {{"0", 0},
                                                           {"-0", 0},
                                                           {"+12", 12},
                                                           {"010", 10},
                                                           {"-7", -7},
                                                           {"0x1F", 31},
                                                           {"0o17", 15},
                                                           {"9223372036854775807", INT64_MAX},
                                                           {"0xff", 255},
                                                           {"0o0", 0},
                                                           {"0x7fffffffffffffff", INT64_MAX},
                                                           {"-9223372036854775808", INT64_MIN}};
  for (const auto& [text, number] : integers) {
    CAPTURE(text);
    REQUIRE(resolve_scalar(plain(text))->is_integer());
    CHECK(resolve_scalar(plain(text))->as_integer() == number);
  }
  const std::pair<const char*, double> floats[] = {{"1.10", 1.1}, {"1e3", 1000},      {"-.5", -0.5},
                                                   {"1.", 1},     {"+1.5E-2", 0.015}, {"6.02e+23", 6.02e23}};
  for (const auto& [text, number] : floats) {
    CAPTURE(text);
    REQUIRE(resolve_scalar(plain(text))->kind() == Value::Kind::number);
    CHECK(resolve_scalar(plain(text))->as_number() == number);
  }
  CHECK(std::signbit(resolve_scalar(plain("-0.0"))->as_number()));
  for (const char* text :
       {"NO",   "no",    "yes",        "on",  "off",  "y",   "n",   "tRUE", "12:30",    "12:30:00", "1_000",
        "0b11", "0X1F",  "-0x1F",      "0x",  "0o8",  "0o",  ".",   "-",    "+",        "e3",       "1e",
        "1e+",  "1.2.3", "2026-11-21", "1 2", "0x1G", "--1", "nan", "inf",  "Infinity", "nUll"}) {
    CAPTURE(text);
    REQUIRE(resolve_scalar(plain(text))->is_string());
    CHECK(resolve_scalar(plain(text))->as_string() == text);
  }
}

TEST_CASE("Numbers that do not fit are errors, not other numbers") {
  const std::string range = " is out of range: integers have 64 bits, from -9223372036854775808 to 9223372036854775807";
  for (const char* text : {"9223372036854775808", "18446744073709551616", "-9223372036854775809", "0x8000000000000000",
                           "0o7777777777777777777777"}) {
    CHECK(resolved(text) == "error: " + (text + range));
  }
  CHECK(resolved("1e400") == "error: 1e400 is out of range of a number");
  for (const char* text : {".inf", "-.inf", "+.INF", ".nan", ".NaN"}) {
    CHECK(resolved(text) == std::string("error: ") + text + " is not a finite number");
  }
}

TEST_CASE("Quoted scalars are strings") {
  Tree scalar = plain("12");
  scalar.plain = false;
  CHECK(resolve_scalar(scalar)->as_string() == "12");
  scalar.text = "null";
  CHECK(resolve_scalar(scalar)->as_string() == "null");
}

TEST_CASE("A string is taken as it is written") {
  for (const char* text : {"1.10", "0x1F", "010", "true", "99999999999999999999", ".nan", "NO"}) {
    CHECK(scalar_as(plain(text), *string_type())->as_string() == text);
    CHECK(scalar_as(plain(text), *enum_type({"a"}))->as_string() == text);
  }
  CHECK(scalar_as(plain("1.10"), *any_type())->as_number() == 1.1);
  CHECK(scalar_as(plain("12"), *integer_type())->as_integer() == 12);
  CHECK(scalar_as(Tree{}, *string_type())->is_null());
}
