// Whatever the bytes, reading them ends, with a tree that keeps its promises or with placed errors.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>

#include "engine/config/yaml.h"

namespace {

using plumb::Tree;

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const Tree& tree, std::size_t depth) {
  require(depth <= 100);
  require(tree.pos.line > 0 && tree.pos.column > 0);
  require((tree.kind == Tree::Kind::template_) == !tree.pieces.empty());
  for (const plumb::Piece& piece : tree.pieces) require(!piece.text.empty() && piece.pos.line > 0);
  for (const Tree& item : tree.items) check(item, depth + 1);
  std::set<std::string_view> keys;
  for (const Tree::Entry& entry : tree.entries) {
    require(keys.insert(entry.key).second);
    check(entry.value, depth + 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const bool templates : {true, false}) {
    plumb::YamlOptions options;
    options.templates = templates;
    options.max_alias_nodes = 1000;
    plumb::Diagnostics diagnostics;
    const Tree tree = plumb::read_yaml(text, plumb::FileName("fuzz.yaml"), diagnostics, options);
    if (diagnostics.has_errors()) {
      require(tree.kind == Tree::Kind::null);
      for (const plumb::Diagnostic& item : diagnostics.sorted()) {
        require(item.pos.known() && !item.message.empty() && !item.next_step.empty());
      }
    } else {
      check(tree, 0);
    }
  }
  return 0;
}
