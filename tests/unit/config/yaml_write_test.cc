#include "engine/config/yaml_write.h"

#include "engine/base/text.h"
#include "tests/unit/config/support.h"

namespace plumb {
namespace {

Value read_back(const std::string& text) {
  Diagnostics diagnostics;
  const Tree tree = read_yaml(text, FileName("f.yaml"), diagnostics);
  INFO(text);
  INFO(test::lines(diagnostics));
  REQUIRE_FALSE(diagnostics.has_errors());
  REQUIRE(tree.constant());
  const Value value = constant_value(tree, *any_type(), diagnostics);
  CHECK_FALSE(diagnostics.has_errors());
  return value;
}

const std::vector<std::string>& nasty() {
  static const std::vector<std::string> texts{
      "NO",
      "no",
      "on",
      "true",
      "True",
      "null",
      "Null",
      "~",
      "",
      " ",
      "1.10",
      "1",
      "-1",
      "+1",
      "0x1F",
      "0o17",
      "1e3",
      "1_000",
      ".5",
      "5.",
      ".inf",
      "-.inf",
      ".nan",
      "12:30",
      "2001-01-01",
      "99999999999999999999",
      "a: b",
      "a:b",
      "a:",
      "a #b",
      "a#b",
      "#",
      "# x",
      "- x",
      "-x",
      "-",
      "?",
      "? x",
      ":",
      ": x",
      ",",
      "a, b",
      "[a]",
      "{a}",
      "a]b",
      "&a",
      "*a",
      "!a",
      "|",
      ">",
      "'a'",
      "\"a\"",
      "it's",
      "say \"hi\"",
      "%a",
      "@a",
      "`a`",
      "<<",
      "=",
      "---",
      "...",
      "....",
      "--- a",
      " leading",
      "trailing ",
      "\ttab",
      "a\tb",
      "tab\t",
      "${x}",
      "$${x}",
      "$$${x}",
      "${",
      "$",
      "$$",
      "a${b}c: d",
      "${a} #",
      "back\\slash",
      "\\n",
      "line\nline",
      "line\n",
      "line\n\n",
      "\nline",
      "\n",
      "\n\n",
      "a\n\nb",
      "a\n b\n",
      " a\nb",
      "a \nb",
      "a\n \nb",
      "a: b\nc: d",
      "# a\n# b",
      "${x}\n${y}\n",
      "a\r\nb",
      "cr\r",
      "bell\x07",
      "esc\x1b[2J",
      "del\x7f",
      "grüße",
      "日本語",
      "🦀",
      "\xc2\x85next",
      "nel\xc2\x85",
      "\xe2\x80\xa8sep",
      "\xef\xbb\xbf"
      "bom",
      "\xc2\xa0nbsp",
      "a\xef\xbf\xbf"
      "b",
      "- a\n- b",
      "%YAML 1.2\n---\n",
      "key: |\n  x",
      "a\n\tb",
      "x\n---\ny",
      std::string(200, 'x'),
      "a long text with several words that is certainly longer than eighty columns, to see that nobody folds it up"};
  return texts;
}

// Keys hold no control characters: the reader refuses them.
std::string key_of(const std::string& text) { return printable(text) == text ? text : "key"; }

TEST_CASE("every text is read back as it was, wherever it stands") {
  for (const std::string& text : nasty()) {
    INFO(text);
    const Value value(text);
    CHECK(read_back(yaml_entry("k", value, 0)).get("k") == value);
    CHECK(read_back("top:\n" + yaml_entry("k", value, 2) + "  z: 1\n").get("top") ==
          Value(ValueMap{{"k", value}, {"z", 1}}));
    CHECK(read_back(yaml_entry("k", Value::list({value, "x", value}), 0)).get("k") ==
          Value(Value::list({value, "x", value})));
    const std::string key = key_of(text);
    CHECK(read_back(yaml_entry(key, 1, 0)) == Value(ValueMap{{key, 1}}));
    const Value deep = ValueMap{{"a", Value::list({ValueMap{{key, value}}, Value::list({value})})}, {"b", Value()}};
    CHECK(read_back(yaml_entry("k", deep, 4)).get("k") == deep);
  }
}

TEST_CASE("all other values are read back too") {
  for (const Value& value :
       {Value(), Value(true), Value(false), Value(0), Value(-1), Value(std::int64_t{9223372036854775807}),
        Value(std::int64_t{-9223372036854775807 - 1}), Value(0.1), Value(1e300), Value(-2.5e-7), Value(1.0),
        Value::list(), Value::map(), Value(Value::list({Value::list(), Value::map(), Value()}))}) {
    CHECK(read_back(yaml_entry("k", value, 0)).get("k") == value);
  }
}

TEST_CASE("quotes stand only where they are needed") {
  CHECK(yaml_entry("name", "app", 4) == "    name: app\n");
  CHECK(yaml_entry("name", "NO", 0) == "name: NO\n");
  CHECK(yaml_entry("version", "1.10", 0) == "version: \"1.10\"\n");
  CHECK(yaml_entry("name", "add(integer, integer)", 0) == "name: add(integer, integer)\n");
  CHECK(yaml_entry("time", "12:30", 0) == "time: 12:30\n");
  CHECK(yaml_entry("text", "${x}", 0) == "text: $${x}\n");
  CHECK(yaml_entry("privileges", Value::list({"SELECT", "INSERT"}), 2) == "  privileges: [SELECT, INSERT]\n");
  CHECK(yaml_entry("objects", Value::list({"add(integer, integer)"}), 2) ==
        "  objects:\n    - add(integer, integer)\n");
  CHECK(yaml_entry("text", "one\ntwo\n", 0) == "text: |\n  one\n  two\n");
  CHECK(yaml_entry("text", "one\n\n two", 2) == "  text: |-\n    one\n\n     two\n");
}

}  // namespace
}  // namespace plumb
