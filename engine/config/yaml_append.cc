#include "engine/config/yaml_append.h"

#include <algorithm>

#include "engine/config/yaml.h"

namespace plumb {

namespace {

constexpr std::size_t kIndent = 2;
constexpr const char* kElsewhere = "name another file, which may be a new one";

// Says the same; positions do not count. Trees are at most 100 levels deep.
bool same(const Tree& a, const Tree& b) {
  const auto same_piece = [](const Piece& x, const Piece& y) {
    return x.expression == y.expression && x.text == y.text;
  };
  const auto same_entry = [](const Tree::Entry& x, const Tree::Entry& y) {
    return x.key == y.key && same(x.value, y.value);
  };
  return a.kind == b.kind && a.plain == b.plain && a.text == b.text &&
         std::ranges::equal(a.pieces, b.pieces, same_piece) && std::ranges::equal(a.items, b.items, same) &&
         std::ranges::equal(a.entries, b.entries, same_entry);
}

// `after` says all that `before` does, in the same order, and under `resources:` one thing more.
bool extends(const Tree& before, const Tree& after) {
  const Tree::Entry* old_map = before.find("resources");
  const Tree::Entry* new_map = after.find("resources");
  if (new_map == nullptr || new_map->value.kind != Tree::Kind::map) return false;
  if (after.entries.size() != before.entries.size() + (old_map == nullptr ? 1 : 0)) return false;
  for (std::size_t i = 0; i < before.entries.size(); ++i) {
    if (before.entries[i].key != after.entries[i].key) return false;
    if (before.entries[i].key != "resources" && !same(before.entries[i].value, after.entries[i].value)) return false;
  }
  const std::size_t old_size = old_map == nullptr ? 0 : old_map->value.entries.size();
  const std::vector<Tree::Entry>& blocks = new_map->value.entries;
  if (blocks.size() != old_size + 1) return false;
  for (std::size_t i = 0; i < old_size; ++i) {
    const Tree::Entry& block = old_map->value.entries[i];
    if (block.key != blocks[i].key || !same(block.value, blocks[i].value)) return false;
  }
  return true;
}

Result<Tree> read(std::string_view text, FileName file) {
  Diagnostics diagnostics;
  Tree tree = read_yaml(text, file, diagnostics);
  for (const Diagnostic& diagnostic : diagnostics.sorted()) {
    if (diagnostic.severity != Severity::error) continue;
    return fail(diagnostic.message, diagnostic.next_step, diagnostic.pos);
  }
  if (tree.kind != Tree::Kind::map) return fail("the document is not a map", kElsewhere, tree.pos);
  return tree;
}

}  // namespace

Result<std::string> append_resource(std::string_view document, FileName file,
                                    const std::function<std::string(std::size_t indent)>& block) {
  const Tree before = PLUMB_TRY(read(document, file));
  std::string out(document);
  if (!out.empty() && out.back() != '\n') out += '\n';
  const Tree::Entry* resources = before.find("resources");
  std::size_t indent = kIndent;
  if (resources == nullptr) {
    out += "resources:\n";
  } else {
    if (resources != &before.entries.back()) {
      return fail("`resources:` is not the last key: `" + before.entries.back().key + "` comes after it", kElsewhere,
                  before.entries.back().pos);
    }
    if (!resources->value.entries.empty()) indent = resources->value.entries.front().pos.column - 1;
  }
  out += block(indent);
  const auto after = read(out, file);
  if (after.has_value() && extends(before, *after)) return out;
  return fail("no line can be added at the end of this document", kElsewhere,
              resources == nullptr ? SourcePos{file} : resources->pos);
}

}  // namespace plumb
