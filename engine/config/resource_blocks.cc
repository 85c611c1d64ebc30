// Variables and resources: the blocks with keys of their own.
#include <algorithm>
#include <utility>

#include "engine/base/text.h"
#include "engine/config/blocks.h"
#include "engine/model/schema.h"

namespace plumb {
namespace {

bool one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

Tree take(Tree::Entry& entry) { return std::move(entry.value); }

}  // namespace

void BlockReader::variables(Tree::Entry& section) {
  if (!want_map(section, "a map of names to variables")) return;
  for (Tree::Entry& entry : section.value.entries) {
    if (!good_name(entry.key, "variable", entry.pos) || !first_of("variable", entry.key, entry.pos)) continue;
    if (want_map(entry, "a map with `type`, `default` and the like")) variable(entry);
  }
}

void BlockReader::variable(Tree::Entry& entry) {
  VariableBlock block;
  block.name = entry.key;
  block.pos = entry.pos;
  for (Tree::Entry& member : entry.value.entries) {
    if (member.key == "type") {
      const std::optional<std::string> text = constant_text(member);
      if (!text) continue;
      Result<TypePtr> type = parse_type(*text);
      if (type.has_value()) {
        block.type = *std::move(type);
        continue;
      }
      Error error = std::move(type).error();
      SourcePos pos = member.value.pos;
      if (error.pos.column > 1) pos.column += error.pos.column - 1;
      error.pos = pos;
      diagnostics_.add(error);
    } else if (member.key == "default") {
      if (member.value.constant()) {
        block.default_value = take(member);
      } else {
        error("a default may hold no expression", "write the value itself, or make it a local", member.value.pos);
      }
    } else if (member.key == "sensitive") {
      block.sensitive = constant_bool(member).value_or(true);
    } else if (member.key == "description") {
      block.description = constant_text(member).value_or("");
    } else if (member.key == "validation") {
      validation(member.value, block);
    } else {
      unknown_key(member, "in a variable", {"type", "default", "sensitive", "description", "validation"});
    }
  }
  stack_.variables.push_back(std::move(block));
}

void BlockReader::validation(Tree& tree, VariableBlock& block) {
  const std::string next = "write it as `- { condition: ..., message: ... }` lines";
  if (tree.kind != Tree::Kind::list) {
    error("`validation` must be a list", next, tree.pos);
    return;
  }
  for (Tree& item : tree.items) {
    if (item.kind != Tree::Kind::map) {
      error("a validation must be a map with `condition` and `message`", next, item.pos);
      continue;
    }
    Validation validation;
    bool condition = false, message = false;
    for (Tree::Entry& member : item.entries) {
      if (member.key == "condition") {
        condition = true;
        validation.condition = take(member);
      } else if (member.key == "message") {
        message = true;
        validation.message = take(member);
      } else {
        unknown_key(member, "in a validation", {"condition", "message"});
      }
    }
    if (!condition || !message) error("a validation needs `condition` and `message`", next, item.pos);
    block.validations.push_back(std::move(validation));
  }
}

void BlockReader::resources(Tree::Entry& section) {
  if (!want_map(section, "a map of addresses to resources")) return;
  stack_.resources.reserve(stack_.resources.size() + section.value.entries.size());
  for (Tree::Entry& entry : section.value.entries) resource(entry);
}

void BlockReader::resource(Tree::Entry& entry) {
  Tree key;
  key.kind = Tree::Kind::scalar;
  std::optional<Address> parsed = address(key, entry.key, entry.pos);
  if (!parsed) return;
  if (!parsed->modules.empty() || parsed->key) {
    error("a resource's key is its type and name, as `postgres.role.app`",
          parsed->key ? "give the keys with `for_each:`" : "write resources of a module in the module", entry.pos);
    return;
  }
  if (!good_name(parsed->name, "resource", entry.pos) || !first_of("resource", entry.key, entry.pos)) return;
  if (!want_map(entry, "a map of attributes")) return;
  ResourceBlock block;
  block.address = *std::move(parsed);
  block.pos = entry.pos;
  block.attributes.reserve(entry.value.entries.size());
  for (Tree::Entry& member : entry.value.entries) {
    if (meta_key(member, block)) continue;
    block.attributes.push_back({std::move(member.key), member.pos, std::move(member.value)});
  }
  stack_.resources.push_back(std::move(block));
}

bool BlockReader::meta_key(Tree::Entry& entry, ResourceBlock& block) {
  const std::string_view key = entry.key;
  if (key == "for_each") {
    block.for_each = take(entry);
  } else if (key == "when") {
    block.when = take(entry);
  } else if (key == "depends_on") {
    depends_on(entry, block);
  } else if (key == "provider") {
    block.provider = constant_text(entry);
    block.provider_pos = entry.value.pos;
  } else if (key == "lifecycle") {
    lifecycle(entry, block.lifecycle);
  } else if (one_of(key, {"timeouts", "hold"})) {
    not_supported(entry);
  } else {
    return false;
  }
  return true;
}

void BlockReader::depends_on(Tree::Entry& entry, ResourceBlock& block) {
  if (entry.value.kind != Tree::Kind::list) {
    error("`depends_on` must be a list of addresses", "write it as `[postgres.role.app]`", entry.value.pos);
    return;
  }
  for (const Tree& item : entry.value.items) static_cast<void>(address(item, item.text, item.pos));
  block.depends_on = take(entry);
}

void BlockReader::lifecycle(Tree::Entry& entry, LifecycleBlock& block) {
  if (!want_map(entry, "a map")) return;
  for (Tree::Entry& member : entry.value.entries) {
    const std::string_view key = member.key;
    if (key == "prevent_destroy") {
      block.prevent_destroy = take(member);
    } else if (key == "ignore_changes") {
      block.ignore_changes = take(member);
    } else if (key == "retain") {
      block.retain = take(member);
    } else if (key == "adopt") {
      block.adopt = take(member);
    } else if (one_of(key,
                      {"create_before_destroy", "replace_when", "precondition", "postcondition", "timeouts", "hold"})) {
      not_supported(member);
    } else {
      unknown_key(member, "in `lifecycle`", {"prevent_destroy", "ignore_changes", "retain", "adopt"});
    }
  }
  check_lifecycle(block);
}

// What can be told without evaluation.
void BlockReader::check_lifecycle(const LifecycleBlock& block) {
  const auto want_bool = [&](const std::optional<Tree>& tree, const char* name) {
    if (!tree || !tree->constant()) return;
    const Result<Value> value = tree->kind == Tree::Kind::scalar ? resolve_scalar(*tree) : Result<Value>(Value());
    if (value.has_value() && value->is_bool()) return;
    error(std::string("`") + name + "` must be true or false", "write `true` or `false`", tree->pos);
  };
  want_bool(block.prevent_destroy, "prevent_destroy");
  want_bool(block.retain, "retain");
  if (block.adopt && block.adopt->constant() && !one_of(block.adopt->text, {"never", "always"})) {
    error("`adopt` must be `never` or `always`", "write one of the two", block.adopt->pos);
  }
  if (!block.ignore_changes || block.ignore_changes->kind == Tree::Kind::template_) return;
  if (block.ignore_changes->kind != Tree::Kind::list) {
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
    diagnostics_.add(error);
  }
}

}  // namespace plumb
