#include "engine/config/template.h"

#include "tests/unit/config/support.h"

using namespace plumb;
using namespace plumb::test;

TEST_CASE("Expressions are split by Lua's own rules") {
  const std::pair<const char*, const char*> golden[] = {
      {"a: ${x}", "{a: ${x}}"},
      {"a: app${x}", "{a: <app>${x}}"},
      {"a: ${x}${y} z", "{a: ${x}${y}< z>}"},
      {"a: '${\"}\" .. f({1})} b'", "{a: ${\"}\" .. f({1})}< b>}"},
      {"a: $${x}", "{a: ${x}}"},
      {"a: $$${x}", "{a: $${x}}"},
      {"a: $$ $x {y} $", "{a: $$ $x {y} $}"},
      {"a: $${x} ${y}", "{a: <${x} >${y}}"},
      {"a: |\n  ${\n    x\n  }\n", "{a: ${\n  x\n}<\n>}"},
      {"$${k}: 1", "{${k}: 1}"},
      {"a: { b: \"${x}\", c: ['${y}'] }", "{a: {b: ${x}, c: [${y}]}}"},
  };
  for (const auto& [text, tree] : golden) CHECK(read(text) == tree);
  Diagnostics diagnostics;
  const Tree tree = read_yaml("a: x ${y} z", FileName("f"), diagnostics).entries[0].value;
  REQUIRE(tree.pieces.size() == 3);
  CHECK(tree.pieces[0].pos.str() == "f:1:4");
  CHECK(tree.pieces[1].pos.str() == "f:1:8");
  CHECK(tree.pieces[2].pos.str() == "f:1:10");
  CHECK_FALSE(tree.lone_expression());
  CHECK_FALSE(tree.constant());
}

TEST_CASE("Without templates, text is text") {
  YamlOptions options;
  options.templates = false;
  CHECK(read("a: ${x}\nb: $${y}\n${k}: ${\n", options) == "{a: ${x}, b: $${y}, ${k}: ${}");
}

TEST_CASE("Expressions that YAML would break say that they must be quoted") {
  const std::string flow = "an expression inside of `[...]` or `{...}` must be quoted\n";
  CHECK(errors("l: { a: ${x} }\n") == "f.yaml:1:9: " + flow);
  CHECK(errors("l: [1, ${x}, 2]\n") == "f.yaml:1:8: " + flow);
  CHECK(errors("l: [a${x}]\n") == "f.yaml:1:6: " + flow);
  const std::string broken =
      "this expression breaks the YAML around it: `: `, ` #` or a quote of the kind around it stands in it\n";
  CHECK(errors("a: ${x[\"k: v\"]}\n") == "f.yaml:1:4: " + broken);
  CHECK(errors("a: \"${x[\"k\"]}\"\n") == "f.yaml:1:5: " + broken);
  const std::string key = "the `: ` in this expression makes a key of its beginning\n";
  CHECK(errors("- ${a: b}\n") == "f.yaml:1:3: " + key);
  CHECK(errors("a:\n  ${x and y: z}\n") == "f.yaml:2:3: " + key);
  CHECK(errors("${x}: y\n") == "f.yaml:1:1: a key cannot hold an expression\n");
}

TEST_CASE("An expression without an end says what cut it") {
  CHECK(errors("a: ${x # y}\n") ==
        "f.yaml:1:4: the expression has no end: the ` #` at column 8 starts a comment and cuts it\n");
  CHECK(errors("a: b ${x\n") == "f.yaml:1:6: the expression has no end\n");
  CHECK(errors("a: '${x # y'\n") == "f.yaml:1:5: the expression has no end\n");
  CHECK(errors("a: ${\"x}\nb: ${ }\n") ==
        "f.yaml:1:4: the expression has no end\nf.yaml:2:4: the expression is empty\n");
}
