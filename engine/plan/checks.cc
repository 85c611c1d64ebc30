#include "engine/plan/checks.h"

#include <algorithm>
#include <map>

#include "engine/base/suggest.h"
#include "engine/base/text.h"

namespace plumb {

std::string join_words(const std::vector<std::string>& words) { return join(words, ", "); }

namespace {

// Whether anything at or below reads something: a secret must come from somewhere.
bool reads_something(World& world, const Tree& tree) {
  for (const Piece& piece : tree.pieces) {
    if (!piece.expression) continue;
    const auto id = world.interpreter->compile(piece.text, piece.pos);
    if (!id.has_value() || !world.interpreter->references_of(id.value()).chains.empty()) return true;
  }
  const auto item_reads = [&](const Tree& item) { return reads_something(world, item); };
  return std::any_of(tree.items.begin(), tree.items.end(), item_reads) ||
         std::any_of(tree.entries.begin(), tree.entries.end(),
                     [&](const Tree::Entry& entry) { return reads_something(world, entry.value); });
}

void check_literal_secret(World& world, const AttributeEntry& entry, const Attribute& attribute) {
  if (!attribute.sensitive || world.in.options.allow_literal_secrets || entry.value.kind == Tree::Kind::null) return;
  if (reads_something(world, entry.value)) return;
  world.diagnostics->error(
      "`" + entry.name + "` is a secret and is written here in clear text",
      "take it from a sensitive variable (${var.NAME}) or a generator (${random.password.NAME.value}); "
      "--allow-literal-secrets permits it for a try-out",
      entry.pos);
}

void check_groups(World& world, const std::map<std::string, std::vector<std::string>>& groups,
                  const std::vector<AttributeEntry>& entries, const std::string& what, const SourcePos& pos) {
  for (const auto& [group, names] : groups) {
    const auto set = std::count_if(names.begin(), names.end(), [&](const std::string& name) {
      return std::any_of(entries.begin(), entries.end(), [&](const AttributeEntry& e) { return e.name == name; });
    });
    if (set == 1) continue;
    world.diagnostics->error(what + " needs exactly one of: " + join_words(names),
                             set == 0 ? "set one of them" : "keep one of them", pos);
  }
}

// One name of a resource, in a chain: does it exist?
void check_resource_chain(World& world, const ReferenceChain& chain, const SourcePos& pos) {
  const auto& steps = chain.steps;
  if (steps.size() < 2) return;
  const std::string type_name = steps[0] + "." + steps[1];
  const auto type = world.in.registry->type(type_name);
  if (!type.has_value()) {
    world.diagnostics->add(Error(type.error()).at(pos));
    return;
  }
  if (steps.size() < 3) return;
  const auto it = world.resource_by_name.find(type_name + "." + steps[2]);
  if (it == world.resource_by_name.end()) {
    std::vector<std::string> names;
    if (const auto known = world.resources_by_type.find(type_name); known != world.resources_by_type.end()) {
      for (const std::uint32_t r : known->second) names.push_back(world.resources[r].block->address.name);
    }
    world.diagnostics->error("there is no resource " + type_name + "." + steps[2] + did_you_mean(steps[2], names),
                             names.empty() ? "no " + type_name + " is declared; add it under `resources:`"
                                           : "declared: " + join_words(names),
                             pos);
    return;
  }
  const std::size_t attribute_at = world.resources[it->second].keyed() ? 4 : 3;
  if (steps.size() <= attribute_at || type.value()->find(steps[attribute_at]) != nullptr) return;
  std::vector<std::string> names;
  for (const Attribute& attribute : type.value()->attributes) names.push_back(attribute.name);
  world.diagnostics->error(
      type_name + " has no attribute " + quoted(steps[attribute_at]) + did_you_mean(steps[attribute_at], names),
      "`plumb schema " + type_name + "` lists them", pos);
}

void check_chain(World& world, const ReferenceChain& chain, const SourcePos& pos, bool each_allowed) {
  const auto& steps = chain.steps;
  const auto declared = [&](const auto& blocks, const std::string& what, const std::string& section) {
    if (steps.size() < 2) return;
    std::vector<std::string> names;
    for (const auto& block : blocks) names.push_back(block.name);
    if (std::find(names.begin(), names.end(), steps[1]) != names.end()) return;
    world.diagnostics->error("there is no " + what + " " + quoted(steps[1]) + did_you_mean(steps[1], names),
                             "declare it under `" + section + ":`", pos);
  };
  if (steps[0] == "var") {
    declared(world.in.stack->variables, "variable", "variables");
  } else if (steps[0] == "locals") {
    declared(world.in.stack->locals, "local", "locals");
  } else if (steps[0] == "each") {
    if (!each_allowed) {
      world.diagnostics->error("`each` has a meaning only in a resource with `for_each`",
                               "add `for_each`, or name the value itself", pos);
    } else if (steps.size() > 1 && steps[1] != "key" && steps[1] != "value") {
      world.diagnostics->error("`each` has `key` and `value`, not " + quoted(steps[1]), "write each.key or each.value",
                               pos);
    }
  } else if (steps[0] == "data" || steps[0] == "module" || steps[0] == "stacks") {
    world.diagnostics->error("`" + steps[0] + "` is not supported yet in this version", "remove the reference", pos);
  } else if (world.in.registry->find(steps[0]) != nullptr) {
    check_resource_chain(world, chain, pos);
  }
}

// A function's parameter or a local may shadow a scope name; then reading tells what is wrong.
bool may_shadow(std::string_view text) {
  return text.find("function") != std::string_view::npos || text.find("local ") != std::string_view::npos;
}

void check_tree(World& world, const Tree& tree, bool each_allowed) {
  for (const Piece& piece : tree.pieces) {
    if (!piece.expression) continue;
    const auto id = world.interpreter->compile(piece.text, piece.pos);
    if (!id.has_value()) {
      world.diagnostics->add(Error(id.error()).at(piece.pos));
      continue;
    }
    if (may_shadow(piece.text)) continue;
    for (const ReferenceChain& chain : world.interpreter->references_of(id.value()).chains) {
      SourcePos pos = piece.pos;
      if (piece.text.find('\n') > chain.offset) pos.column += static_cast<std::uint32_t>(chain.offset);
      check_chain(world, chain, pos, each_allowed);
    }
  }
  for (const Tree& item : tree.items) check_tree(world, item, each_allowed);
  for (const Tree::Entry& entry : tree.entries) check_tree(world, entry.value, each_allowed);
}

}  // namespace

void check_attributes(World& world, const std::vector<AttributeEntry>& entries, const std::vector<Attribute>& schema,
                      const std::string& what, const SourcePos& pos, bool provider) {
  std::vector<std::string> names;
  std::map<std::string, std::vector<std::string>> groups;
  for (const Attribute& attribute : schema) {
    if (attribute.required || attribute.optional) names.push_back(attribute.name);
    if (!attribute.exactly_one_of.empty()) groups[attribute.exactly_one_of].push_back(attribute.name);
    if (!attribute.required) continue;
    const bool given = std::any_of(entries.begin(), entries.end(),
                                   [&](const AttributeEntry& entry) { return entry.name == attribute.name; });
    if (!given) {
      world.diagnostics->error(
          what + " needs `" + attribute.name + "`",
          "add it" +
              (attribute.example.empty() ? "" : ", for example `" + attribute.name + ": " + attribute.example + "`"),
          pos);
    }
  }
  for (const AttributeEntry& entry : entries) {
    const auto it = std::find_if(schema.begin(), schema.end(),
                                 [&](const Attribute& attribute) { return attribute.name == entry.name; });
    if (it == schema.end()) {
      world.diagnostics->error(what + " has no attribute " + quoted(entry.name) + did_you_mean(entry.name, names),
                               "known: " + join_words(names), entry.pos);
    } else if (!it->required && !it->optional) {
      world.diagnostics->error("`" + entry.name + "` is told by the server and cannot be set", "remove it", entry.pos);
    } else if (!provider) {
      check_literal_secret(world, entry, *it);
    } else if (it->sensitive) {
      check_literal_secret(world, entry, *it);
    }
  }
  check_groups(world, groups, entries, what, pos);
}

void check_constants(World& world) {
  const auto check = [&](const std::string& what, const std::vector<AttributeEntry>& entries,
                         const std::vector<Attribute>& schema) {
    for (const AttributeEntry& entry : entries) {
      const auto attribute =
          std::find_if(schema.begin(), schema.end(), [&](const Attribute& a) { return a.name == entry.name; });
      if (attribute == schema.end() || entry.value.kind == Tree::Kind::null || !entry.value.constant()) continue;
      Diagnostics found;
      constant_value(entry.value, *attribute->type, found);
      for (Diagnostic& diagnostic : found.sorted()) {
        diagnostic.message = what + ": " + entry.name + ": " + diagnostic.message;
        world.diagnostics->add(std::move(diagnostic));
      }
    }
  };
  for (const ProviderNode& provider : world.providers) {
    if (provider.block == nullptr) continue;
    check("provider " + quoted(provider.name), provider.block->attributes, provider.kind->schema().config);
  }
  for (const ResourceNode& resource : world.resources) {
    check(resource.block->address.str(), resource.block->attributes, resource.type->attributes);
  }
}

void check_expressions(World& world) {
  for (const LocalNode& local : world.locals) check_tree(world, local.block->value, false);
  for (const ProviderNode& provider : world.providers) {
    if (provider.block == nullptr) continue;
    for (const AttributeEntry& entry : provider.block->attributes) check_tree(world, entry.value, false);
  }
  for (const OutputNode& output : world.outputs) check_tree(world, output.block->value, false);
  for (const VariableBlock& variable : world.in.stack->variables) {
    for (const Validation& validation : variable.validations) {
      check_tree(world, validation.condition, false);
      check_tree(world, validation.message, false);
    }
  }
  for (const ResourceNode& resource : world.resources) {
    const ResourceBlock& block = *resource.block;
    const bool each = block.for_each.has_value();
    if (block.for_each) check_tree(world, *block.for_each, false);
    if (block.when) check_tree(world, *block.when, false);
    for (const auto* tree : {&block.lifecycle.prevent_destroy, &block.lifecycle.ignore_changes, &block.lifecycle.retain,
                             &block.lifecycle.adopt}) {
      if (*tree) check_tree(world, **tree, each);
    }
    for (const AttributeEntry& entry : block.attributes) check_tree(world, entry.value, each);
  }
}

void check_state_providers(World& world) {
  if (world.in.options.mode == PlanMode::validate) return;
  std::map<std::string, std::vector<std::string>> orphaned;  // provider instance -> addresses
  const auto check = [&](const InstanceRecord& record) {
    if (world.provider_by_name.contains(record.provider)) return;
    const ProviderKind* kind = world.in.registry->find(record.address.provider());
    // Named like its kind it may have been configured by the environment all along. Only where the server's identity is
    // known, so that it can be no other server.
    const auto needs = [](const Attribute& attribute) { return attribute.required; };
    const auto configurable = [&] {
      const auto server = world.in.state->servers.find(record.provider);
      const bool known = server != world.in.state->servers.end() && !server->second.empty();
      return (known || !kind->schema().connects) &&
             std::none_of(kind->schema().config.begin(), kind->schema().config.end(), needs);
    };
    if (kind != nullptr && record.provider == kind->schema().name && configurable()) {
      const auto index = static_cast<std::uint32_t>(world.providers.size());
      ProviderNode& provider = world.providers.emplace_back();
      provider.name = record.provider;
      provider.kind = kind;
      provider.node = world.add_node(NodeKind::provider, index);
      world.provider_by_name.emplace(record.provider, index);
      return;
    }
    orphaned[record.provider].push_back(record.address.str());
  };
  for (const auto& [address, record] : world.in.state->instances) check(record);
  for (const auto& record : world.recovered) check(*record);
  for (auto& [provider, addresses] : orphaned) {
    const std::size_t count = addresses.size();
    if (count > 5) addresses.resize(5);
    world.diagnostics->error("provider " + quoted(provider) + " is not configured any more, but state holds " +
                                 counted(count, "instance") + " of it: " + join_words(addresses) +
                                 (count > 5 ? ", ..." : ""),
                             "put the provider's block back until they are deleted", {});
  }
}

void check_selection(World& world) {
  const auto known = [&](const Address& address) {
    return world.resource_by_name.contains(address.type + "." + address.name) ||
           std::any_of(world.in.state->instances.begin(), world.in.state->instances.end(), [&](const auto& entry) {
             return entry.first == address || entry.first.is_instance_of(address);
           });
  };
  for (const auto* list : {&world.in.options.targets, &world.in.options.replace}) {
    for (const Address& address : *list) {
      if (known(address)) continue;
      world.diagnostics->error(address.str() + " is neither in configuration nor in state",
                               "`plumb state list` and the keys under `resources:` name what there is", {});
    }
  }
}

}  // namespace plumb
