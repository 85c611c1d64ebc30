// `lifecycle:` of resources and data sources.
#include <algorithm>
#include <utility>

#include "engine/config/blocks.h"

namespace plumb {
namespace {

Tree take(Tree::Entry& entry) { return std::move(entry.value); }

std::vector<std::string> lifecycle_keys(bool data) {
  if (data) return {"precondition", "postcondition"};
  return {"prevent_destroy", "create_before_destroy", "ignore_changes", "retain",
          "adopt",           "replace_when",          "precondition",   "postcondition"};
}

}  // namespace

void BlockReader::lifecycle(Tree::Entry& entry, LifecycleBlock& block, bool data) {
  if (!want_map(entry, "a map")) return;
  for (Tree::Entry& member : entry.value.entries) {
    if (lifecycle_key(member, block, data)) continue;
    if (member.key == "timeouts" || member.key == "hold") {
      error("`" + member.key + "` stands beside `lifecycle`, not in it", "move it out", member.pos);
    } else {
      unknown_key(member, data ? "in the `lifecycle` of a data source" : "in `lifecycle`", lifecycle_keys(data));
    }
  }
  check_lifecycle(block);
}

bool BlockReader::lifecycle_key(Tree::Entry& member, LifecycleBlock& block, bool data) {
  const std::string_view key = member.key;
  if (key == "precondition" || key == "postcondition") {
    conditions(member, key, key == "precondition" ? block.precondition : block.postcondition);
    return true;
  }
  if (data) return false;
  if (key == "replace_when") {
    // One value, or a list of them.
    Tree tree = take(member);
    if (tree.kind == Tree::Kind::list) {
      block.replace_when = std::move(tree.items);
    } else if (tree.kind != Tree::Kind::null) {
      block.replace_when.push_back(std::move(tree));
    }
    return true;
  }
  std::optional<Tree>* const out = key == "prevent_destroy"         ? &block.prevent_destroy
                                   : key == "create_before_destroy" ? &block.create_before_destroy
                                   : key == "ignore_changes"        ? &block.ignore_changes
                                   : key == "retain"                ? &block.retain
                                   : key == "adopt"                 ? &block.adopt
                                                                    : nullptr;
  if (out == nullptr) return false;
  *out = take(member);
  return true;
}

// What can be told without evaluation.
void BlockReader::check_lifecycle(const LifecycleBlock& block) {
  want_bool(block.prevent_destroy, "prevent_destroy");
  want_bool(block.create_before_destroy, "create_before_destroy");
  want_bool(block.retain, "retain");
  if (block.adopt && block.adopt->constant() && block.adopt->text != "never" && block.adopt->text != "always") {
    error("`adopt` must be `never` or `always`", "write one of the two", block.adopt->pos);
  }
  if (!block.ignore_changes || block.ignore_changes->kind == Tree::Kind::template_) return;
  const bool empty_map = block.ignore_changes->kind == Tree::Kind::map && block.ignore_changes->entries.empty();
  if (block.ignore_changes->kind != Tree::Kind::list && !empty_map) {
    error("`ignore_changes` must be a list of paths", "write it as `[password]`", block.ignore_changes->pos);
    return;
  }
  for (const Tree& item : block.ignore_changes->items) {
    if (item.kind == Tree::Kind::template_) continue;
    Result<Path> path = item.kind == Tree::Kind::scalar ? Path::parse(item.text)
                                                        : fail("a path must be text", "write it as `labels.team`");
    if (path.has_value()) continue;
    Error error = std::move(path).error();
    error.pos = item.pos;
    report(std::move(error));
  }
}

}  // namespace plumb
