#include "engine/base/diagnostics.h"

#include <catch2/catch.hpp>

#include "engine/base/result.h"

using namespace plumb;

namespace {

SourcePos at(std::string_view file, std::uint32_t line, std::uint32_t column) {
  return SourcePos{FileName(file), line, column};
}

Result<int> half(int n) {
  if (n % 2 != 0) return fail("odd", "give an even one");
  return n / 2;
}

Result<int> quarter(int n) { return PLUMB_TRY(half(PLUMB_TRY(half(n)))); }

Result<void> check_quarter(int n) {
  PLUMB_CHECK(quarter(n));
  return {};
}

}  // namespace

TEST_CASE("a position says as much as it knows") {
  CHECK(at("plumb.yaml", 12, 3).str() == "plumb.yaml:12:3");
  CHECK(at("plumb.yaml", 12, 3).line_str() == "plumb.yaml:12");
  CHECK(at("plumb.yaml", 0, 0).str() == "plumb.yaml");
  CHECK(SourcePos{}.str().empty());
  CHECK_FALSE(SourcePos{}.known());
}

TEST_CASE("positions order by file, line and column") {
  CHECK(at("a", 2, 1) < at("b", 1, 1));
  CHECK(at("a", 2, 1) < at("a", 10, 1));
  CHECK(at("a", 2, 1) < at("a", 2, 2));
  CHECK_FALSE(at("a", 2, 1) < at("a", 2, 1));
  CHECK(FileName(std::string("x.yaml")) == FileName("x.yaml"));
  CHECK_FALSE(FileName("x.yaml") == FileName("y.yaml"));
}

TEST_CASE("diagnostics come out by severity, place and text, once each") {
  Diagnostics all;
  all.warning("a warning", "", at("a", 1, 1));
  all.error("late", "", at("b", 1, 1));
  all.error("b text", "", at("a", 9, 1));
  all.error("a text", "", at("a", 9, 1));
  all.error("a text", "", at("a", 9, 1));
  all.error("nowhere", "");
  Diagnostics more;
  more.error("early", "", at("a", 2, 1));
  all.merge(std::move(more));
  std::vector<std::string> words;
  for (const Diagnostic& item : all.sorted()) words.push_back(item.message);
  CHECK(words == std::vector<std::string>{"nowhere", "early", "a text", "b text", "late", "a warning"});
  CHECK(all.error_count() == 6);
  CHECK(all.has_errors());
}

TEST_CASE("warnings alone are no errors") {
  Diagnostics all;
  CHECK(all.empty());
  all.warning("careful", "look");
  CHECK_FALSE(all.has_errors());
  CHECK_FALSE(all.empty());
}

TEST_CASE("an error is placed once and gathers context") {
  const Error error = Error{"wrong", "mend it"}.at(at("a", 1, 2)).at(at("b", 3, 4)).in("role app");
  CHECK(error.str() == "a:1:2: role app: wrong");
  Diagnostics all;
  all.add(error);
  CHECK(all.sorted().front().next_step == "mend it");
}

TEST_CASE("the TRY macros pass values on and errors out") {
  CHECK(quarter(8).value() == 2);
  CHECK(quarter(6).error().message == "odd");
  CHECK(check_quarter(4).has_value());
  CHECK(check_quarter(5).error().next_step == "give an even one");
}
