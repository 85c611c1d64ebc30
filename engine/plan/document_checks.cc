// What can be said of a document without evaluating it: the names in its expressions, and the places of its blocks.
#include <algorithm>
#include <map>

#include "engine/base/suggest.h"
#include "engine/config/module_source.h"
#include "engine/plan/checks.h"

namespace plumb {

namespace {

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

void check_types(World& world, const std::string& prefix, const ResourceBlock& block) {
  const auto& registry = *world.in.registry;
  const auto type = block.address.data ? registry.data_type(block.address.type) : registry.type(block.address.type);
  if (type.has_value()) {
    check_attributes(world, block.attributes, type.value()->attributes, prefix + block.address.str(), block.pos, false);
  } else {
    world.diagnostics->add(Error(type.error()).at(block.pos));
  }
}

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

}  // namespace plumb
