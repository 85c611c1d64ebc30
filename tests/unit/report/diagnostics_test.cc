#include "engine/report/diagnostics.h"

#include <catch2/catch.hpp>

#include "engine/model/json_text.h"
#include "engine/report/state_text.h"
#include "engine/report/value_text.h"

namespace plumb {
namespace {

std::optional<std::string> file(const std::string&) { return "stack: x\n  ü: lögn\n"; }

TEST_CASE("a diagnostic is a place, a cause and a next step") {
  Diagnostics diagnostics;
  diagnostics.error("there is no attribute \"l\"", "remove it", {FileName("plumb.yaml"), 2, 7});
  CHECK(diagnostics_text(diagnostics, file, {}) ==
        "error: there is no attribute \"l\"\n"
        "  --> plumb.yaml:2:7\n"
        "    |\n"
        "  2 |   ü: lögn\n"
        "    |      ^\n"
        "  next step: remove it\n");
  CHECK(diagnostics_text(diagnostics, {}, {}).find('|') == std::string::npos);
}

TEST_CASE("a line that may hold a secret is not quoted") {
  Diagnostics diagnostics;
  diagnostics.error("the secret stands in the file", "remove it", {FileName("plumb.yaml"), 2, 3});
  CHECK(diagnostics_text(diagnostics, file, {}).find("gn") == std::string::npos);
}

TEST_CASE("control bytes are shown, not sent") {
  Diagnostics diagnostics;
  diagnostics.error("a\x1b[2Jb", "c\x07", {FileName("p\x1b"), 0, 0});
  CHECK(diagnostics_text(diagnostics, {}, {}).find_first_of("\x1b\x07") == std::string::npos);
}

TEST_CASE("validation as JSON") {
  Diagnostics diagnostics;
  diagnostics.warning("old", "");
  CHECK(
      json_text(validation_json(diagnostics)) ==
      R"({"diagnostics":[{"detail":"","fault":"input","range":null,"related":[],"severity":"warning","summary":"old"}],)"
      R"("error_count":0,"format_version":"1.0","valid":true,"warning_count":1})");
}

TEST_CASE("values in one line") {
  CHECK(value_text("a\"\n") == R"("a\"\n")");
  CHECK(value_text(1.0) == "1");
  CHECK(value_text(Value::unknown()) == "(known after apply)");
  CHECK(value_text(Value::unavailable()) == "(unavailable)");
  CHECK(value_text(Value("x").with_sensitive()) == "(sensitive)");
  CHECK(value_text(Value::list({1, Value("s").with_sensitive(), Value()})) == "[1, (sensitive), null]");
  CHECK(value_text(ValueMap{{"a b", 1}, {"c", ValueMap{}}}) == R"({ "a b": 1, c: {} })");
}

TEST_CASE("texts of several lines differ line by line") {
  CHECK(text_diff("a\nb\nc\nd\n", "a\nb\nX\nd\n") == std::vector<std::string>{"  a", "  b", "- c", "+ X", "  d"});
}

TEST_CASE("a sensitive output is refused") {
  const std::map<std::string, OutputRecord> outputs{
      {"p", {true, "hunter2hunter2"}}, {"n", {false, "x"}}, {"l", {false, Value::list({1, "a"})}}};
  CHECK(output_raw(outputs, "n").value() == "x");
  CHECK(output_raw(outputs, "l").value() == R"([1,"a"])");
  CHECK_FALSE(output_raw(outputs, "p").has_value());
  CHECK(output_raw(outputs, "p", /*show_sensitive=*/true).has_value());
  CHECK_FALSE(output_raw(outputs, "m").has_value());
  CHECK(outputs_text(outputs) == "l: [1, \"a\"]\nn: \"x\"\np: (sensitive)\n");
  CHECK(json_text(outputs_json(outputs)).find("hunter2") == std::string::npos);
}

}  // namespace
}  // namespace plumb
