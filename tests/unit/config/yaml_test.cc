#include "engine/config/yaml.h"
#include "engine/config/source_text.h"

#include "tests/unit/config/support.h"

using namespace plumb;
using namespace plumb::test;

TEST_CASE("YAML is read as it is written") {
  const std::pair<const char*, const char*> golden[] = {
      {"", "{}"},
      {"# only a comment\n", "{}"},
      {"\xef\xbb\xbf"
       "a: 1\n",
       "{a: 1}"},
      {"---\na: 1\n...\n", "{a: 1}"},
      {"%YAML 1.2\n---\na: 1\n", "{a: 1}"},
      {"a: 1\nb: two\nc: \"3\"\nd: '4'\n", "{a: 1, b: two, c: \"3\", d: \"4\"}"},
      {"a:\nb: ~\nc: null\nd: ''\n", "{a: ~, b: ~, c: ~, d: \"\"}"},
      {"a: [1, x, [y], {b: c}]\n", "{a: [1, x, [y], {b: c}]}"},
      {"a: {b, c: d}\n", "{a: {b: ~, c: d}}"},
      {"a:\n- b\n-\n- c: d\n  e: f\n", "{a: [b, ~, {c: d, e: f}]}"},
      {"a: |\n  x\n   y\nb: >-\n  x\n  y\n", "{a: \"x\n y\n\", b: \"x y\"}"},
      {"a: b\n  c\n", "{a: b c}"},
      {"a: \"x\\ty\\u00e9\\\n  z\"\n", "{a: \"x\ty\xc3\xa9z\"}"},
      {"a: b # c\n", "{a: b}"},
      {"a: b#c\n", "{a: b#c}"},
      {"a: http://x:80/\n", "{a: http://x:80/}"},
      {"a: b\r\nc: |\r\n  x\r\n", "{a: b, c: \"x\n\"}"},
      {"? b\n", "{b: ~}"},
      {"\"a b\": 1\nNO: 2\non: 3\n", "{a b: 1, NO: 2, on: 3}"},
      {"a: !!str 1\nb: !!int 2\nc: !!map {}\nd: !!seq []\ne: ! f\ng: !!str\n",
       "{a: \"1\", b: 2, c: {}, d: [], e: \"f\", g: \"\"}"},
      {"just text\n", "just text"},
      {"~\n", "~"},
  };
  for (const auto& [text, tree] : golden) CHECK(read(text) == tree);
}

TEST_CASE("Anchors, aliases and merge keys") {
  CHECK(read("a: &x [1, {b: 2}]\nc: *x\nd: *x\n") == "{a: [1, {b: 2}], c: [1, {b: 2}], d: [1, {b: 2}]}");
  CHECK(read("a: &x 1\nb: &x 2\nc: *x\n") == "{a: 1, b: 2, c: 2}");
  CHECK(read("d: &d\n  a: 1\n  b: 2\ne:\n  <<: *d\n  b: 3\n") == "{d: {a: 1, b: 2}, e: {b: 3, a: 1}}");
  CHECK(read("e:\n  <<: [{a: 1, b: 1}, {b: 2, c: 2}]\n") == "{e: {a: 1, b: 1, c: 2}}");
  CHECK(read("e: {\"<<\": 1}\n") == "{e: {<<: 1}}");
  CHECK(read("a: &x ${v}\nb: *x\n") == "{a: ${v}, b: ${v}}");
  // Nested anchors, and texts too long for a string's own room.
  CHECK(read("a: &x {k: &y 0123456789012345678901234567890}\nb: *y\nc: *x\n") ==
        "{a: {k: 0123456789012345678901234567890}, b: 0123456789012345678901234567890, "
        "c: {k: 0123456789012345678901234567890}}");
}

TEST_CASE("What YAML forbids is refused where it stands") {
  const std::pair<const char*, const char*> golden[] = {
      {"a: 1\n---\nb: 2\n", "f.yaml:2:1: there is more than one document in the file\n"},
      {"  a: 1\n b: 2\n", "f.yaml:2:2: there is text after the end of the document\n"},
      {"[a] b\n", "f.yaml:1:5: there is text after the end of the document\n"},
      {"a: \"x\n", "f.yaml:1:4: the string has no closing quote\n"},
      {"a: 'it''s\nb: 1\n", "f.yaml:1:4: the string has no closing quote\n"},
      {"a: 1\nb: \"x", "f.yaml:2:6: the string has no closing quote\n"},
      {"a: 1\nb\n", "f.yaml:2:1: `b` has no `:` behind it\n"},
      {"a: [1,,2]\n", "f.yaml:1:7: the list has an item without a value\n"},
      {"a: [1, 2\nb: c\n", "f.yaml:2:2: the `[...]` is not closed, or a comma is missing\n"},
      {"a: {b: c\nd: e\n", "f.yaml:2:2: the `{...}` is not closed, or a comma is missing\n"},
      {"a: 1\n]\n", "f.yaml:2:1: a closing bracket without its opening one\n"},
      {"a: b: c\n", "f.yaml:1:5: a `: ` stands where no value may begin\n"},
      {"a:\n    b: 1\n  c: 2\n", "f.yaml:3:3: the line does not fit into the map around it\n"},
      {"a:\n\tb: 1\n", "f.yaml:2:3: a tab cannot indent\n"},
      {"a: @b\n", "f.yaml:1:4: no value may begin with this character\n"},
      {"a: *x\n", "f.yaml:1:4: no anchor of this name stands before the alias\n"},
      {"a: &x [*x]\n", "f.yaml:1:8: the anchor contains itself\n"},
      {"a: &x {b: {c: *x}}\n", "f.yaml:1:15: the anchor contains itself\n"},
      {"? [a]\n: b\n", "f.yaml:1:3: a key must be text, not a list or a map\n"},
      {"null: b\n", "f.yaml:1:1: a key may not be null\n"},
      {"a: &x b\n*x : c\n", "f.yaml:2:1: an alias cannot be a key\n"},
      {"<<: 1\n", "f.yaml:1:1: the merge key `<<` takes a map or a list of maps\n"},
      {"a: !!python/object:x {}\n", "f.yaml:1:4: unknown tag `!!python/object:x`\n"},
      {"a: !include ../x\nb: !c [1]\n", "f.yaml:1:4: unknown tag `!include`\nf.yaml:2:4: unknown tag `!c`\n"},
      {"a: !!int x\nb: !!map []\n",
       "f.yaml:1:4: the value does not fit its tag `!!int`\nf.yaml:2:4: the value does not fit its tag `!!map`\n"},
  };
  for (const auto& [text, expected] : golden) CHECK(errors(text) == expected);
}

TEST_CASE("A key given twice names both places") {
  CHECK(errors("a: 1\nb: 2\n\"a\": 3\n") ==
        "f.yaml:3:2: the key \"a\" is given twice in one map, first at f.yaml:1:1\n");
  CHECK(errors("x:\n  - {k: 1, 'k': 2}\n") ==
        "f.yaml:2:13: the key \"k\" is given twice in one map, first at f.yaml:2:6\n");
  CHECK(errors("m: &m {a: 1, a: 2}\nb: *m\nc: {<<: *m}\n") ==
        "f.yaml:1:14: the key \"a\" is given twice in one map, first at f.yaml:1:8\n");
  CHECK(errors("m: &m {a: 1}\nb:\n  <<: *m\n  <<: *m\n") ==
        "f.yaml:4:3: the key \"<<\" is given twice in one map, first at f.yaml:3:3\n");
  // In a map that is large enough for an index; all repeats at once.
  std::string text;
  for (int i = 0; i < 100; ++i) text += "k" + std::to_string(i) + ": 1\n";
  CHECK(errors(text + "k7: 2\nk9: 2\n") ==
        "f.yaml:101:1: the key \"k7\" is given twice in one map, first at f.yaml:8:1\n"
        "f.yaml:102:1: the key \"k9\" is given twice in one map, first at f.yaml:10:1\n");
  Diagnostics diagnostics;
  read_yaml("a: 1\na: 2\n", FileName("f.yaml"), diagnostics);
  REQUIRE(diagnostics.sorted().size() == 1);
  REQUIRE(diagnostics.sorted()[0].related.size() == 1);
  CHECK(diagnostics.sorted()[0].related[0].first.str() == "f.yaml:1:1");
}

namespace {

// The place of the first expression at or below.
std::string expression_place(const Tree& tree) {
  for (const Piece& piece : tree.pieces) {
    if (piece.expression) return piece.pos.str();
  }
  for (const Tree& item : tree.items) {
    if (const std::string found = expression_place(item); !found.empty()) return found;
  }
  for (const Tree::Entry& entry : tree.entries) {
    if (const std::string found = expression_place(entry.value); !found.empty()) return found;
  }
  return {};
}

std::string place(std::string_view text) {
  Diagnostics diagnostics;
  const std::string found = expression_place(read_yaml(text, FileName("f"), diagnostics));
  INFO(lines(diagnostics));
  CHECK_FALSE(diagnostics.has_errors());
  return found;
}

}  // namespace

TEST_CASE("Positions are those of the bytes themselves") {
  Diagnostics diagnostics;
  const Tree tree =
      read_yaml("\xc3\xa9: \xc3\xa9\n'q': \"x\"\nb: |\n\n   text\nt: !!str\n  # c\n  u\nm: &a\n  k: v\nn:\n  - p\nz:\n",
                FileName("f"), diagnostics);
  REQUIRE(tree.entries.size() == 7);
  const auto at = [&](std::string_view key) { return tree.find(key)->value.pos.str(); };
  CHECK(at("\xc3\xa9") == "f:1:5");  // columns count bytes
  CHECK(tree.entries[1].pos.str() == "f:2:2");
  CHECK(at("q") == "f:2:7");
  CHECK(at("b") == "f:5:4");
  CHECK(at("t") == "f:8:3");
  CHECK(at("m") == "f:10:3");
  CHECK(tree.find("m")->value.entries[0].value.pos.str() == "f:10:6");
  CHECK(tree.find("n")->value.items[0].pos.str() == "f:12:5");
  CHECK(at("z") == "f:13:1");  // nothing there: its key
}

TEST_CASE("Positions of expressions hold in every style") {
  CHECK(place("a: ${x}\n") == "f:1:6");
  CHECK(place("a: \xc3\xa9${x}\n") == "f:1:8");
  CHECK(place("a: 'it''s ${x}'\n") == "f:1:13");
  CHECK(place("a: \"\\t\\u00e9 ${x}\"\n") == "f:1:16");
  CHECK(place("a: |\n  one\n\n  two ${x}\n") == "f:4:9");
  CHECK(place("a: |4\n    one\n     ${x}\n") == "f:3:8");
  CHECK(place("a: >\n  one\n  two ${x}\n") == "f:3:9");
  CHECK(place("a: one\n  two ${x}\n") == "f:2:9");
  CHECK(place("a: \"one\n  two ${x}\"\n") == "f:2:9");
  CHECK(place("a: $${no} ${x}\n") == "f:1:13");
  CHECK(place("a: !!str &k ${x}\n") == "f:1:15");
  CHECK(place("- [1, \"${x}\"]\n") == "f:1:10");
  CHECK(place("a: |\r\n  one\r\n  ${x}\r\n") == "f:3:5");
  CHECK(place("a: \"\\x24{x}\"\n") == "f:1:7");  // written with an escape: near it
}

TEST_CASE("Bytes that may not stand in YAML") {
  using namespace std::string_literals;
  CHECK(errors("a: b\nc: \xff\n") == "f.yaml:2:4: the byte 0xff is not valid UTF-8\n");
  CHECK(errors("a: \xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xe2\x82\nb: 1\n") ==
        "f.yaml:1:18: the byte 0xe2 is not valid UTF-8\n");
  CHECK(errors("a: \xc3") == "f.yaml:1:4: the byte 0xc3 is not valid UTF-8\n");
  CHECK(errors("\xff\xfe"
               "a\0:\0"s) == "f.yaml: the file is UTF-16, not UTF-8\n");
  CHECK(errors("a\0:\0"s) == "f.yaml: the file is UTF-16, not UTF-8\n");
  CHECK(errors("ab: c\0d\n"s) == "f.yaml:1:6: the control byte 0x00 may not stand in YAML\n");
  CHECK(errors("a: \x1b[0m\n") == "f.yaml:1:4: the control byte 0x1b may not stand in YAML\n");
  CHECK(errors("a: 1\rb: 2\n") == "f.yaml:1:5: the control byte 0x0d may not stand in YAML\n");
  CHECK(errors("a\xe2\x80\xae"
               "b: 1\n") == "f.yaml:1:1: the key \"a\\u202eb\" holds control characters\n");
  CHECK(errors("\"a\\nb\": 1\n") == "f.yaml:1:2: the key \"a\\nb\" holds control characters\n");
  const std::string large(kLargestDocument + 1, 'x');
  CHECK(errors(large) == "f.yaml: the document has 16.8 MB, more than 16.8 MB\n");
}
