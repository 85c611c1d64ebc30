#include "engine/plan/checks.h"

#include <algorithm>
#include <map>

#include "engine/base/suggest.h"
#include "engine/base/text.h"
#include "engine/config/module_source.h"

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

// A function's parameter or a local may shadow a scope name; then reading tells what is wrong.
bool may_shadow(std::string_view text) {
  return text.find("function") != std::string_view::npos || text.find("local ") != std::string_view::npos;
}

// The names that a document declares.
struct Names {
  std::vector<std::string> variables, locals, modules;
  std::map<std::string, const ModuleBlock*> calls;
  std::map<std::string, const ResourceBlock*> resources;  // `type.name`, `data.type.name`
};

// What a script's `build` returns declares no variables: they stand in its source.
Names names_of(const Document& document, const Document& declares) {
  Names names;
  for (const VariableBlock& block : declares.variables) names.variables.push_back(block.name);
  for (const LocalBlock& block : document.locals) names.locals.push_back(block.name);
  for (const ModuleBlock& block : document.modules) {
    names.modules.push_back(block.name);
    names.calls.emplace(block.name, &block);
  }
  for (const auto* blocks : {&document.resources, &document.data}) {
    for (const ResourceBlock& block : *blocks) names.resources.emplace(block.address.str(), &block);
  }
  return names;
}

// Checks the expressions of one document.
class ExpressionCheck {
 public:
  ExpressionCheck(World& world, const Names& names, std::string prefix)
      : world_(world), names_(names), prefix_(std::move(prefix)) {}

  void tree(const Tree& tree, bool each_allowed, bool self_allowed = false) {
    for (const Piece& piece : tree.pieces) {
      if (piece.expression) this->piece(piece, each_allowed, self_allowed);
    }
    for (const Tree& item : tree.items) this->tree(item, each_allowed, self_allowed);
    for (const Tree::Entry& entry : tree.entries) this->tree(entry.value, each_allowed, self_allowed);
  }
  void tree(const std::optional<Tree>& tree, bool each_allowed) {
    if (tree) this->tree(*tree, each_allowed);
  }

 private:
  using Steps = std::vector<std::string>;

  void piece(const Piece& piece, bool each_allowed, bool self_allowed) {
    const auto id = world_.interpreter->compile(piece.text, piece.pos);
    if (!id.has_value()) {
      world_.diagnostics->add(Error(id.error()).at(piece.pos));
      return;
    }
    if (may_shadow(piece.text)) return;
    for (const ReferenceChain& chain : world_.interpreter->references_of(id.value()).chains) {
      pos_ = piece.pos;
      if (piece.text.find('\n') > chain.offset) pos_.column += static_cast<std::uint32_t>(chain.offset);
      this->chain(chain.steps, each_allowed, self_allowed);
    }
  }

  void error(const std::string& message, std::string next_step) {
    world_.diagnostics->error(prefix_ + message, std::move(next_step), pos_);
  }

  void declared(const Steps& steps, const std::vector<std::string>& known, const std::string& what,
                const std::string& section) {
    if (steps.size() < 2 || std::find(known.begin(), known.end(), steps[1]) != known.end()) return;
    error("there is no " + what + " " + quoted(steps[1]) + did_you_mean(steps[1], known),
          "declare it under `" + section + ":`");
  }

  void chain(const Steps& steps, bool each_allowed, bool self_allowed) {
    if (steps[0] == "var") {
      declared(steps, names_.variables, "variable", "variables");
    } else if (steps[0] == "locals") {
      declared(steps, names_.locals, "local", "locals");
    } else if (steps[0] == "module") {
      module(steps);
    } else if (steps[0] == "each") {
      each(steps, each_allowed);
    } else if (steps[0] == "self") {
      if (!self_allowed) error("`self` has a meaning only in a postcondition", "name the resource itself");
    } else if (steps[0] == "stacks") {
      error("`stacks` is not supported yet in this version", "remove the reference");
    } else if (steps[0] == "data") {
      resource(steps, 1);
    } else if (world_.in.registry->find(steps[0]) != nullptr) {
      resource(steps, 0);
    }
  }

  void each(const Steps& steps, bool allowed) {
    if (!allowed) {
      error("`each` has a meaning only in a block with `for_each`", "add `for_each`, or name the value itself");
    } else if (steps.size() > 1 && steps[1] != "key" && steps[1] != "value") {
      error("`each` has `key` and `value`, not " + quoted(steps[1]), "write each.key or each.value");
    }
  }

  void module(const Steps& steps) {
    declared(steps, names_.modules, "module", "modules");
    const auto it = steps.size() < 2 ? names_.calls.end() : names_.calls.find(steps[1]);
    if (it == names_.calls.end() || it->second->loaded == nullptr) return;
    const ModuleSource& source = *it->second->loaded;
    const std::size_t at = it->second->for_each ? 3 : 2;
    if (source.is_lua() || steps.size() <= at) return;  // a script's outputs are known when it has run
    std::vector<std::string> outputs;
    for (const OutputBlock& output : source.document.outputs) outputs.push_back(output.name);
    if (std::find(outputs.begin(), outputs.end(), steps[at]) != outputs.end()) return;
    error(
        "module " + steps[1] + " has no output " + quoted(steps[at]) + did_you_mean(steps[at], outputs),
        outputs.empty() ? "it has none: add it under `outputs:` in " + source.path : "it has: " + join_words(outputs));
  }

  // `first` is where the provider's name stands.
  void resource(const Steps& steps, std::size_t first) {
    if (steps.size() < first + 2) return;
    const bool data = first == 1;
    const std::string type_name = steps[first] + "." + steps[first + 1];
    const auto& registry = *world_.in.registry;
    const auto type = data ? registry.data_type(type_name) : registry.type(type_name);
    if (!type.has_value()) {
      world_.diagnostics->add(Error(type.error()).at(pos_));
      return;
    }
    if (steps.size() < first + 3) return;
    const std::string prefix = (data ? "data." : "") + type_name + ".";
    const auto it = names_.resources.find(prefix + steps[first + 2]);
    if (it == names_.resources.end()) return no_resource(prefix, steps[first + 2], data);
    const std::size_t attribute_at = first + (it->second->for_each ? 4 : 3);
    if (steps.size() <= attribute_at || type.value()->find(steps[attribute_at]) != nullptr) return;
    std::vector<std::string> known;
    for (const Attribute& attribute : type.value()->attributes) known.push_back(attribute.name);
    error((data ? "data." : "") + type_name + " has no attribute " + quoted(steps[attribute_at]) +
              did_you_mean(steps[attribute_at], known),
          "`plumb schema " + type_name + "` lists them");
  }

  void no_resource(const std::string& prefix, const std::string& name, bool data) {
    std::vector<std::string> known;
    for (auto it = names_.resources.lower_bound(prefix); it != names_.resources.end(); ++it) {
      if (!it->first.starts_with(prefix)) break;
      known.push_back(it->first.substr(prefix.size()));
    }
    const std::string type = prefix.substr(0, prefix.size() - 1);
    error(
        std::string("there is no ") + (data ? "data source " : "resource ") + prefix + name + did_you_mean(name, known),
        known.empty() ? "no " + type + " is declared; add it under `" + (data ? "data" : "resources") + ":`"
                      : "declared: " + join_words(known));
  }

  World& world_;
  const Names& names_;
  std::string prefix_;
  SourcePos pos_{};
};

void check_block_expressions(ExpressionCheck& check, const ResourceBlock& block) {
  const bool each = block.for_each.has_value();
  check.tree(block.for_each, false);
  check.tree(block.when, false);
  const LifecycleBlock& lifecycle = block.lifecycle;
  for (const auto* tree : {&lifecycle.prevent_destroy, &lifecycle.create_before_destroy, &lifecycle.ignore_changes,
                           &lifecycle.retain, &lifecycle.adopt, &block.timeouts.create, &block.timeouts.update,
                           &block.timeouts.remove, &block.timeouts.read, &block.hold}) {
    check.tree(*tree, each);
  }
  for (const Tree& tree : lifecycle.replace_when) check.tree(tree, each);
  for (const Validation& condition : lifecycle.precondition) {
    check.tree(condition.condition, each);
    check.tree(condition.message, each);
  }
  for (const Validation& condition : lifecycle.postcondition) {
    check.tree(condition.condition, each, true);
    check.tree(condition.message, each, true);
  }
  for (const AttributeEntry& entry : block.attributes) check.tree(entry.value, each);
}

void check_call(ExpressionCheck& check, const ModuleBlock& block) {
  const bool each = block.for_each.has_value();
  check.tree(block.for_each, false);
  check.tree(block.when, false);
  for (const AttributeEntry& entry : block.inputs) check.tree(entry.value, each);
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
    check(resource.address.str(), resource.block->attributes, resource.type->attributes);
  }
}

namespace {

void check_types(World& world, const std::string& prefix, const ResourceBlock& block) {
  const auto& registry = *world.in.registry;
  const auto type = block.address.data ? registry.data_type(block.address.type) : registry.type(block.address.type);
  if (type.has_value()) {
    check_attributes(world, block.attributes, type.value()->attributes, prefix + block.address.str(), block.pos, false);
  } else {
    world.diagnostics->add(Error(type.error()).at(block.pos));
  }
}

}  // namespace

namespace {

// Blocks that would be read too late, or by nobody.
void check_place(World& world, std::uint32_t scope, const Document& document) {
  if (scope == 0) return;
  for (const ImportBlock& block : document.imports) {
    world.diagnostics->error("`import` stands in the stack, not in a module",
                             "write it in the stack, with the module in `to`: module.NAME.TYPE.NAME", block.pos);
  }
  if (!world.calls[world.scopes[scope].call].block->loaded->is_lua()) return;
  for (const MovedBlock& block : document.moved) {
    world.diagnostics->error("`moved` comes too late in what a script builds: state is read before it runs",
                             "write it in the stack, with the module's name in `from` and `to`", block.pos);
  }
}

}  // namespace

void check_document(World& world, std::uint32_t scope, const Document& document) {
  if (!world.checked.insert(&document).second) return;
  check_place(world, scope, document);
  const std::uint32_t call = world.scopes[scope].call;
  const Names names = names_of(document, call == kNone ? document : world.calls[call].block->loaded->document);
  ExpressionCheck check(world, names, {});
  const std::string prefix = scope_prefix(world, scope);
  for (const auto* blocks : {&document.data, &document.resources}) {
    for (const ResourceBlock& block : *blocks) {
      check_types(world, prefix, block);
      check_block_expressions(check, block);
    }
  }
  for (const LocalBlock& block : document.locals) check.tree(block.value, false);
  for (const OutputBlock& block : document.outputs) check.tree(block.value, false);
  for (const VariableBlock& variable : document.variables) {
    for (const Validation& validation : variable.validations) {
      check.tree(validation.condition, false);
      check.tree(validation.message, false);
    }
  }
  for (const ModuleBlock& block : document.modules) check_call(check, block);
  for (const CheckBlock& block : document.checks) {
    Names with_data = names;
    for (const ResourceBlock& data : block.data) with_data.resources.insert_or_assign(data.address.str(), &data);
    ExpressionCheck inside(world, with_data, {});
    for (const ResourceBlock& data : block.data) {
      check_types(world, prefix + "check " + block.name + ": ", data);
      check_block_expressions(inside, data);
    }
    for (const Validation& condition : block.asserts) {
      inside.tree(condition.condition, false);
      inside.tree(condition.message, false);
    }
  }
}

void check_provider_expressions(World& world) {
  const Names names = names_of(*world.in.stack, *world.in.stack);
  ExpressionCheck check(world, names, {});
  for (const ProviderNode& provider : world.providers) {
    if (provider.block == nullptr) continue;
    for (const AttributeEntry& entry : provider.block->attributes) check.tree(entry.value, false);
  }
}

void check_state_providers(World& world) {
  if (world.in.options.mode == PlanMode::validate) return;
  std::map<std::string, std::vector<std::string>> orphaned;  // provider instance -> addresses
  const auto check = [&](const InstanceRecord& record) {
    if (record.address.data || world.provider_by_name.contains(record.provider)) return;
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
    if (world.find_resource(address)) return true;
    // What stands in a module is known only once the module was called; here its call has to do.
    if (!address.modules.empty() && world.scopes[0].calls.contains(address.modules.front().name)) return true;
    return std::any_of(world.in.state->instances.begin(), world.in.state->instances.end(),
                       [&](const auto& entry) { return address.covers(entry.first); });
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
