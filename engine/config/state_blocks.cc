// The blocks about what state holds: moves, removals, imports; and checks and ignore rules.
#include <utility>

#include "engine/base/text.h"
#include "engine/config/blocks.h"

namespace plumb {

void BlockReader::moves(Tree::Entry& section) {
  enter(section.key, {});
  if (!want_list(section, "write it as `- { from: postgres.role.old, to: postgres.role.new }` lines")) return;
  for (Tree& item : section.value.items) move(item);
}

void BlockReader::move(Tree& tree) {
  const std::string next = "write it as `{ from: postgres.role.old, to: postgres.role.new }`";
  if (!want_item(tree, "a move must be a map with `from` and `to`", next)) return;
  MovedBlock block;
  block.pos = tree.pos;
  bool from = false, to = false, good = true;
  for (const Tree::Entry& member : tree.entries) {
    if (member.key != "from" && member.key != "to") {
      unknown_key(member, "in a move", {"from", "to"});
      continue;
    }
    (member.key == "from" ? from : to) = true;
    std::optional<Address> parsed = address(member.value, true);
    if (parsed && parsed->data) {
      error("a data source cannot be moved: nothing of it has to be kept", "remove the move", member.value.pos);
      parsed.reset();
    }
    good = good && parsed.has_value();
    if (parsed) (member.key == "from" ? block.from : block.to) = *std::move(parsed);
  }
  if (!from || !to) error("a move needs `from` and `to`", next, tree.pos);
  if (from && to && good && check_move(block)) document_.moved.push_back(std::move(block));
}

bool BlockReader::check_move(const MovedBlock& block) {
  const auto refuse = [&](const std::string& why, const std::string& next) {
    error("the move from `" + block.from.str() + "` to `" + block.to.str() + "` " + why, next, block.pos);
    return false;
  };
  if (block.from == block.to) return refuse("goes nowhere", "remove it");
  if (block.from.is_module() != block.to.is_module()) {
    return refuse("mixes a module and a resource", "move a module to a module, and a resource to a resource");
  }
  if (block.from.is_module() && block.from.covers(block.to)) {
    const bool a_call = block.from.modules.size() == block.to.modules.size();  // `module.a` to `module.a["x"]`
    if (!a_call) return refuse("puts the module into itself", "name another module");
  }
  if (block.from.type != block.to.type) {
    return refuse("changes the type", "an object keeps its type: remove the one, and import or create the other");
  }
  const bool first = first_of("move from", block.from.str(), block.pos);
  return first_of("move to", block.to.str(), block.pos) && first;
}

void BlockReader::removals(Tree::Entry& section) {
  enter(section.key, {});
  if (!want_list(section, "write it as `- { from: postgres.role.old }` lines")) return;
  for (Tree& item : section.value.items) removal(item);
}

void BlockReader::removal(Tree& tree) {
  if (!want_item(tree, "a removal must be a map with `from`", "write it as `{ from: postgres.role.old }`")) return;
  RemovedBlock block;
  block.pos = tree.pos;
  std::optional<Address> from;
  std::optional<bool> destroy;
  bool named = false;
  for (const Tree::Entry& member : tree.entries) {
    if (member.key == "from") {
      named = true;
      from = address(member.value, true);
      if (from && from->data) {
        error("a data source need not be removed: state forgets it by itself", "delete the line", member.value.pos);
        from.reset();
      }
    } else if (member.key == "destroy") {
      destroy = constant_bool(member);
    } else if (member.key == "release") {
      block.release = constant_bool(member).value_or(false);
    } else {
      unknown_key(member, "in a removal", {"from", "destroy", "release"});
    }
  }
  if (!named) error("the removal has no `from`", "name what goes: `from: postgres.role.old`", tree.pos);
  if (!from) return;
  block.destroy = destroy.value_or(block.release);
  block.from = *std::move(from);
  if (first_of("removal of", block.from.str(), block.pos)) document_.removed.push_back(std::move(block));
}

void BlockReader::imports(Tree::Entry& section) {
  enter(section.key, {});
  if (!want_list(section, "write it as `- { to: postgres.role.app, id: { name: app } }` lines")) return;
  for (Tree& item : section.value.items) import(item);
}

void BlockReader::import(Tree& tree) {
  if (!want_item(tree, "an import must be a map with `to` and `id`",
                 "write it as `{ to: postgres.role.app, id: { name: app } }`")) {
    return;
  }
  ImportBlock block;
  block.pos = tree.pos;
  bool to = false, id = false;
  for (Tree::Entry& member : tree.entries) {
    if (member.key == "to") {
      to = true;
      block.to = std::move(member.value);
    } else if (member.key == "id") {
      id = true;
      const bool good = member.value.kind == Tree::Kind::map || member.value.kind == Tree::Kind::scalar ||
                        member.value.kind == Tree::Kind::template_;
      if (!good) {
        error("`id` must be the identity: text, or a map of its attributes", "write it as `{ name: app }`",
              member.value.pos);
      }
      block.id = std::move(member.value);
    } else if (member.key == "for_each") {
      block.for_each = std::move(member.value);
    } else {
      unknown_key(member, "in an import", {"to", "id", "for_each"});
    }
  }
  if (!to) error("the import has no `to`", "name the resource: `to: postgres.role.app`", tree.pos);
  if (!id) error("the import has no `id`", "give the identity: `id: { name: app }`", tree.pos);
  if (to) import_to(block);
  if (!to || !id) return;
  // Those of one for_each are told apart when it is known.
  const bool first =
      block.for_each || block.address.type.empty() || first_of("import to", block.address.str(), block.pos);
  if (first) document_.imports.push_back(std::move(block));
}

void BlockReader::import_to(ImportBlock& block) {
  if (block.for_each && block.to.kind == Tree::Kind::template_) return;
  if (block.for_each) {
    error("`to` names one object, but `for_each` gives many ids",
          "put the key into it, as `'postgres.role.app[\"${each.key}\"]'`", block.to.pos);
    return;
  }
  if (block.to.kind == Tree::Kind::template_) {
    error("an address must be text, without an expression", "write it as `postgres.role.app`, or give a `for_each`",
          block.to.pos);
    return;
  }
  std::optional<Address> parsed = address(block.to);
  if (parsed && parsed->data) {
    error("a data source cannot be imported: it is read in every plan", "remove the import", block.to.pos);
  } else if (parsed) {
    block.address = *std::move(parsed);
  }
}

void BlockReader::checks(Tree::Entry& section) {
  if (!want_map(section, "a map of names to checks")) return;
  for (Tree::Entry& entry : section.value.entries) {
    enter(section.key, entry.key);
    if (!good_name(entry.key, "check", entry.pos) || !first_of("check", entry.key, entry.pos)) continue;
    if (want_map(entry, "a map with `assert`")) check(entry);
  }
}

void BlockReader::check(Tree::Entry& entry) {
  CheckBlock block;
  block.name = entry.key;
  block.pos = entry.pos;
  bool asserts = false;
  for (Tree::Entry& member : entry.value.entries) {
    if (member.key == "assert") {
      conditions(member, "assert", block.asserts);
      asserts = member.value.kind != Tree::Kind::list || !member.value.items.empty();
    } else if (member.key == "data") {
      if (!want_map(member, "a map of addresses to data sources")) continue;
      for (Tree::Entry& one : member.value.entries) resource(one, true, "check " + entry.key + " ", block.data);
    } else {
      unknown_key(member, "in a check", {"data", "assert"});
    }
  }
  if (!asserts) {
    error("the check `" + entry.key + "` asserts nothing",
          "give it `assert:` with `- { condition: ..., message: ... }` lines", entry.pos);
  }
  document_.checks.push_back(std::move(block));
}

void BlockReader::ignores(Tree::Entry& section) {
  enter(section.key, {});
  if (!want_list(section, "write it as `- { address: 'postgres.role.*', path: comment, reason: ... }` lines")) return;
  for (Tree& item : section.value.items) ignore(item);
}

void BlockReader::ignore(Tree& tree) {
  const std::string next = "write it as `{ address: 'postgres.role.*', path: comment, reason: ... }`";
  if (!want_item(tree, "an ignore rule must be a map with `address`, `path` and `reason`", next)) return;
  IgnoreBlock block;
  block.pos = tree.pos;
  bool address = false, path = false, reason = false;
  for (const Tree::Entry& member : tree.entries) {
    if (member.key == "address") {
      address = true;
      ignore_address(member, block);
    } else if (member.key == "path") {
      path = true;
      const std::optional<std::string> text = constant_text(member);
      Result<Path> parsed = Path::parse(text.value_or("x"));
      if (parsed.has_value()) {
        block.path = *std::move(parsed);
      } else {
        report(placed(std::move(parsed).error(), member.value.pos));
      }
    } else if (member.key == "reason") {
      reason = true;
      block.reason = constant_text(member).value_or("");
    } else {
      unknown_key(member, "in an ignore rule", {"address", "path", "reason"});
    }
  }
  if (address && path && reason) {
    document_.ignores.push_back(std::move(block));
  } else {
    error("an ignore rule needs `address`, `path` and `reason`", next, tree.pos);
  }
}

void BlockReader::ignore_address(const Tree::Entry& member, IgnoreBlock& block) {
  const std::optional<std::string> text = constant_text(member);
  if (!text) return;
  if (text->find('*') == std::string::npos) {
    static_cast<void>(this->address(member.value, true));
  } else if (text->find_first_of(" \t\n") != std::string::npos && text->find('"') == std::string::npos) {
    error("the address `" + printable(*text) + "` holds white space", "write one address, as `postgres.role.*`",
          member.value.pos);
  }
  block.address = *text;
}

}  // namespace plumb
