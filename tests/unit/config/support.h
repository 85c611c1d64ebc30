// What the tests of this folder share.
#pragma once

#include <catch2/catch.hpp>
#include <string>

#include "engine/config/yaml.h"

namespace plumb::test {

// One line per diagnostic: `f.yaml:1:2: message`.
inline std::string lines(const Diagnostics& diagnostics) {
  std::string out;
  for (const Diagnostic& item : diagnostics.sorted()) {
    CHECK_FALSE(item.next_step.empty());
    out += item.pos.str() + ": " + item.message + "\n";
  }
  return out;
}

// A tree as one line: `{a: 1, b: ["x", ${y}]}`; quoted scalars in quotes, null as `~`.
inline std::string shown(const Tree& tree) {
  std::string out;
  switch (tree.kind) {
    case Tree::Kind::null:
      return "~";
    case Tree::Kind::scalar:
      return tree.plain ? tree.text : '"' + tree.text + '"';
    case Tree::Kind::template_:
      for (const Piece& piece : tree.pieces) {
        out += piece.expression ? "${" + piece.text + "}" : "<" + piece.text + ">";
      }
      return out;
    case Tree::Kind::list:
      for (const Tree& item : tree.items) out += (out.empty() ? "" : ", ") + shown(item);
      return "[" + out + "]";
    case Tree::Kind::map:
      for (const Tree::Entry& entry : tree.entries) {
        out += (out.empty() ? "" : ", ") + entry.key + ": " + shown(entry.value);
      }
      return "{" + out + "}";
  }
  return out;
}

inline std::string read(std::string_view text, const YamlOptions& options = {}) {
  Diagnostics diagnostics;
  const Tree tree = read_yaml(text, FileName("f.yaml"), diagnostics, options);
  INFO(lines(diagnostics));
  CHECK_FALSE(diagnostics.has_errors());
  return shown(tree);
}

inline std::string errors(std::string_view text, const YamlOptions& options = {}) {
  Diagnostics diagnostics;
  const Tree tree = read_yaml(text, FileName("f.yaml"), diagnostics, options);
  CHECK(tree.kind == Tree::Kind::null);
  return lines(diagnostics);
}

}  // namespace plumb::test
