#include <catch2/catch.hpp>
#include <random>

#include "engine/model/schema.h"

using namespace plumb;

namespace {

Attribute attribute(Comparison comparison, TypePtr type = string_type()) {
  Attribute out;
  out.name = "a";
  out.type = std::move(type);
  out.optional = true;
  out.comparison = comparison;
  return out;
}

std::string form(const std::string& text, Comparison comparison) {
  const auto out = canonical(Value(text), attribute(comparison));
  INFO(text);
  if (!out.has_value()) FAIL(out.error().message);
  // Canonical is canonical: once more changes nothing.
  CHECK(canonical(out.value(), attribute(comparison)).value() == out.value());
  return out.value().as_string();
}

bool refused(const std::string& text, Comparison comparison) {
  const auto out = canonical(Value(text), attribute(comparison));
  INFO(text);
  if (!out.has_value()) CHECK_FALSE(out.error().next_step.empty());
  return !out.has_value();
}

using C = Comparison;

}  // namespace

TEST_CASE("durations have one spelling") {
  for (const char* text : {"90m", "1h30m", "5400", "5400s", "1h30m0s", "0.0625d", "1.5h"}) {
    CHECK(form(text, C::duration) == "1h30m");
  }
  CHECK(form("0", C::duration) == "0s");
  CHECK(form("0h", C::duration) == "0s");
  CHECK(form("500ms", C::duration) == "0.5s");
  CHECK(form("1h1s", C::duration) == "1h1s");
  CHECK(form("59.9999999999s", C::duration) == "1m");
  CHECK(form("1us", C::duration) == "0.000001s");
  CHECK(form("1ns", C::duration) == "0.000000001s");
  CHECK(form("2540400h", C::duration) == "2540400h");
  for (const char* text : {"", "90x", "h", "-5s", "1h30", "5 m", "1e5s", "inf", "nan", "99999999999999999999999h",
                           "9999999999s", "1.2.3s", "s1"}) {
    CHECK(refused(text, C::duration));
  }
}

TEST_CASE("quantities have one spelling") {
  const std::vector<std::vector<const char*>> same{
      {"1", "1000m", "1.0", "1e0"},
      {"0.1", "100m", "100000u"},
      {"1Ki", "1024", "1.024k"},
      {"0.5", "500m", "0.0005k"},
      {"128Mi", "134217728", "131072Ki"},
      {"1G", "1000M", "1e9"},
      {"0", "0m", "-0"},
      {"1.5Gi", "1536Mi"},
      {"7", "7000m"},
      {"-1", "-1000m"},
  };
  for (const auto& group : same) {
    for (const char* text : group) CHECK(form(text, C::quantity) == form(group.front(), C::quantity));
  }
  CHECK(form("100m", C::quantity) == "100m");
  CHECK(form("1000m", C::quantity) == "1");
  CHECK(form("1G", C::quantity) != form("1Gi", C::quantity));
  for (const char* text : {"", "abc", "1x", "1 G", "inf", "nan", "m", "1Gib"}) CHECK(refused(text, C::quantity));
}

TEST_CASE("instants are RFC 3339 in UTC") {
  CHECK(form("2026-01-01", C::instant) == "2026-01-01T00:00:00Z");
  CHECK(form("2026-01-01 12:00:00+02", C::instant) == "2026-01-01T10:00:00Z");
  CHECK(form("2026-01-01T12:00:00Z", C::instant) == "2026-01-01T12:00:00Z");
  CHECK(form("2026-01-01t12:00z", C::instant) == "2026-01-01T12:00:00Z");
  CHECK(form("2026-01-01 00:30:00+05:30", C::instant) == "2025-12-31T19:00:00Z");
  CHECK(form("2026-01-01 00:30:00+0530", C::instant) == "2025-12-31T19:00:00Z");
  CHECK(form("2024-02-29 23:00:00-02", C::instant) == "2024-03-01T01:00:00Z");
  CHECK(form("2026-01-01 12:00:00.120", C::instant) == "2026-01-01T12:00:00.12Z");
  CHECK(form("2026-01-01 12:00:00.000", C::instant) == "2026-01-01T12:00:00Z");
  CHECK(form("1969-12-31 23:59:59.5", C::instant) == "1969-12-31T23:59:59.5Z");
  CHECK(form("infinity", C::instant) == "infinity");
  CHECK(form("-infinity", C::instant) == "-infinity");
  for (const char* text : {"", "now", "2026", "2026-13-01", "2026-00-01", "2026-02-29", "2026-01-32", "2026-01-01X",
                           "2026-01-01 25:00", "2026-01-01 12:60", "2026-01-01 12:00:00+99", "2026-01-01 12:00:00+02:",
                           "2026-01-01T12:00:00Zx", "2026-01-01 12:00:00.", "2026-1-1", "+026-01-01", "2026-01--1"}) {
    CHECK(refused(text, C::instant));
  }
}

TEST_CASE("JSON counts by content") {
  CHECK(form("{ \"b\": [1, 2.0], \"a\": null }", C::json) == "{\"a\":null,\"b\":[1,2]}");
  CHECK(form("\"\\u00e9\"", C::json) == "\"\xc3\xa9\"");
  for (const char* text : {"", "{", "{'a':1}", "[1,]", "1 2"}) CHECK(refused(text, C::json));
  CHECK(refused(std::string(100'000, '['), C::json));
}

TEST_CASE("white space and case do not count in SQL outside quotes") {
  const std::string plain = "(owner=current_user and name='It Is')";
  CHECK(form(plain, C::sql_expression) == plain);
  CHECK(form("  (OWNER = CURRENT_USER\n\tAND name  =  'It Is') ", C::sql_expression) == plain);
  CHECK(form("name = 'it is'", C::sql_expression) != form("name = 'It Is'", C::sql_expression));
  CHECK(form("\"Name\" > 1", C::sql_expression) == "\"Name\">1");
  CHECK(form("a b", C::sql_expression) != form("ab", C::sql_expression));
  CHECK(form("a - -1", C::sql_expression) != form("a --1", C::sql_expression));
  CHECK(form("'a  ''b'", C::sql_expression) == "'a  ''b'");
  CHECK(form("SELECT $x$ Keep  ME $$ $x$ , A", C::sql_expression) == "select $x$ Keep  ME $$ $x$,a");
  CHECK(form("A = $1 AND b$C$d", C::sql_expression) == "a=$1 and b$c$d");
  CHECK(form("it's never Closed ", C::sql_expression) == "it's never Closed ");
}

TEST_CASE("the plain ones") {
  CHECK(form("a\n\r\n", C::text_trailing_newline) == "a");
  CHECK(form("a\nb", C::text_trailing_newline) == "a\nb");
  CHECK(form("MiXed", C::identifier_case) == "mixed");
  CHECK(form("\xc3\x89", C::identifier_case) == "\xc3\x89");
  CHECK(form(" As It Is\n", C::exact) == " As It Is\n");
  CHECK(form(" As It Is\n", C::server_default) == " As It Is\n");
}

TEST_CASE("canonicalisers are total: any bytes give a form or an error") {
  std::mt19937 random(5);
  static constexpr char kBytes[] = "0123456789.:-+ TZehmsuKMGi'\"$\\\n{}[]\0\xff\xc3";
  const std::string alphabet(kBytes, sizeof kBytes - 1);
  int formed = 0;
  for (int i = 0; i < 4000; ++i) {
    std::string text;
    for (std::size_t n = random() % 12; n > 0; --n) text += alphabet[random() % alphabet.size()];
    for (const C comparison : {C::exact, C::text_trailing_newline, C::duration, C::quantity, C::json, C::sql_expression,
                               C::identifier_case, C::instant, C::server_default}) {
      const auto once = canonical(Value(text), attribute(comparison));
      if (!once.has_value()) continue;
      ++formed;
      const auto twice = canonical(once.value(), attribute(comparison));
      INFO(Value(text).debug() << " by " << static_cast<int>(comparison) << " is " << once.value().debug());
      REQUIRE(twice.has_value());
      CHECK(twice.value() == once.value());
      CHECK(equivalent(Value(text), once.value(), attribute(comparison)));
    }
  }
  CHECK(formed > 10'000);
}

TEST_CASE("a comparison reaches into containers, and sets are sorted after it") {
  const Attribute durations = attribute(C::duration, set_type(string_type()));
  const Value given = Value::List{Value("90m"), Value("1h"), Value("1h30m")};
  CHECK(canonical(given, durations).value() == Value(Value::List{Value("1h"), Value("1h30m")}));
  const Attribute sets = attribute(C::exact, map_type(set_type(string_type())));
  CHECK(equivalent(ValueMap{{"k", Value::List{Value("b"), Value("a")}}},
                   ValueMap{{"k", Value::List{Value("a"), Value("b"), Value("a")}}}, sets));
  const Attribute lists = attribute(C::exact, list_type(string_type()));
  CHECK_FALSE(equivalent(Value::List{Value("b"), Value("a")}, Value::List{Value("a"), Value("b")}, lists));
}

TEST_CASE("marks survive and secrets stay out of errors") {
  CHECK(canonical(Value("90m").with_sensitive(), attribute(C::duration)).value().sensitive());
  const Attribute list = attribute(C::duration, list_type(string_type()));
  const Value inside = Value(Value::List{Value("hunter2")}).with_sensitive();
  Attribute declared = attribute(C::duration);
  declared.sensitive = true;
  for (const auto& out : {canonical(Value("hunter2").with_sensitive(), attribute(C::duration)), canonical(inside, list),
                          canonical(Value("hunter2"), declared)}) {
    REQUIRE_FALSE(out.has_value());
    CHECK(out.error().message.find("hunter2") == std::string::npos);
  }
  CHECK(canonical(Value("hunter2"), attribute(C::duration)).error().message == "\"hunter2\" is no duration");
}

TEST_CASE("what equals what") {
  const Attribute exact = attribute(C::exact);
  CHECK(equivalent("a", Value("a").with_sensitive(), exact));
  CHECK_FALSE(equivalent("a", "b", exact));
  CHECK_FALSE(equivalent("a", Value(), exact));
  CHECK_FALSE(equivalent(Value::unknown(), Value::unknown(), exact));
  CHECK(equivalent(Value::unavailable(), Value::unavailable(), exact));
  CHECK_FALSE(equivalent("", Value(), exact));
  CHECK(equivalent("a", Value(), attribute(C::server_default)));
  CHECK_FALSE(equivalent("a", "b", attribute(C::server_default)));
  CHECK(equivalent("1h", "60m", attribute(C::duration)));
  // What cannot be read equals only itself.
  CHECK(equivalent("x", "x", attribute(C::duration)));
  CHECK_FALSE(equivalent("x", "y", attribute(C::duration)));
  CHECK(equivalent(5, 5.0, attribute(C::exact, number_type())));
}
