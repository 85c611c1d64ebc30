// Whatever the bytes, reading them ends, with a tree that keeps its promises or with placed errors; as YAML, and as the
// documents of a stack and of a module that it calls.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>

#include "engine/config/module_source.h"
#include "engine/config/stack.h"
#include "engine/config/yaml.h"
#include "tests/support/memory_file_system.h"

namespace {

using plumb::Address;
using plumb::Diagnostics;
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

void check(const Diagnostics& diagnostics) {
  for (const plumb::Diagnostic& item : diagnostics.sorted()) {
    require(item.pos.known() && !item.message.empty() && !item.next_step.empty());
  }
}

void check(const Address& address) {
  const auto read = Address::parse_any(address.str());
  require(read.has_value() && *read == address);
}

void check(const plumb::ResourceBlock& block, bool data) {
  require(block.pos.line > 0 && block.address.data == data && !block.address.key && block.address.modules.empty());
  check(block.address);
  for (const plumb::AttributeEntry& attribute : block.attributes) require(attribute.pos.line > 0);
}

void check(const plumb::Document& document) {
  for (const auto& block : document.variables) require(!block.name.empty() && block.type != nullptr && !block.opaque);
  for (const auto& block : document.data) check(block, true);
  for (const auto& block : document.resources) check(block, false);
  for (const auto& block : document.modules) require(block.loaded != nullptr && block.source_pos.line > 0);
  for (const auto& block : document.moved) {
    check(block.from);
    check(block.to);
    require(block.from.type == block.to.type && block.from != block.to);
  }
  for (const auto& block : document.removed) check(block.from);
  for (const auto& block : document.imports) {
    require(block.for_each.has_value() == (block.to.kind == Tree::Kind::template_));
    if (!block.for_each) check(block.address);
  }
  for (const auto& block : document.checks) {
    require(!block.asserts.empty());
    for (const auto& one : block.data) check(one, true);
  }
  for (const auto& block : document.ignores) require(!block.address.empty() && block.pos.line > 0);
}

// The text as a stack, and as the module that it may call by `source: ./m`.
void check_stack(std::string_view text) {
  plumb::test::MemoryFileSystem fs;
  fs.put("/p/s/plumb.yaml", text);
  fs.put("/p/s/m/module.yaml", text);
  Diagnostics diagnostics;
  const plumb::StackConfig stack = plumb::load_stack("/p/s", fs, diagnostics);
  check(diagnostics);
  if (diagnostics.has_errors()) return;
  check(stack);
  for (const plumb::ModuleBlock& call : stack.modules) check(call.loaded->document);
  Diagnostics values;
  for (const auto& [name, value] : plumb::resolve_variables(stack, {}, fs, true, values)) require(value.fully_known());
  check(values);
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
      check(diagnostics);
    } else {
      check(tree, 0);
    }
  }
  check_stack(text);
  return 0;
}
