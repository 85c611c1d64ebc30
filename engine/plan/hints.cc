// Hints: what an expression may read, told from its text. They order work; only real reads are the truth.
#include <algorithm>
#include <functional>

#include "engine/plan/world.h"

namespace plumb {

namespace {

void collect_expressions(const Tree& tree, const std::function<void(const Piece&)>& visit) {
  for (const Piece& piece : tree.pieces) {
    if (piece.expression) visit(piece);
  }
  for (const Tree& item : tree.items) collect_expressions(item, visit);
  for (const Tree::Entry& entry : tree.entries) collect_expressions(entry.value, visit);
}

void add_local_hints(const ScopeNode& scope, const ReferenceChain& chain, std::vector<Hint>& hints) {
  if (chain.steps.size() < 2) {
    for (const auto& [name, index] : scope.locals) add_hint(hints, {Hint::Kind::local, index, {}, {}});
  } else if (const auto it = scope.locals.find(chain.steps[1]); it != scope.locals.end()) {
    add_hint(hints, {Hint::Kind::local, it->second, {}, {}});
  }
}

void add_input_hints(const ScopeNode& scope, const ReferenceChain& chain, std::vector<Hint>& hints) {
  if (chain.steps.size() < 2) {
    for (const auto& [name, index] : scope.inputs) add_hint(hints, {Hint::Kind::input, index, {}, {}});
  } else if (const auto it = scope.inputs.find(chain.steps[1]); it != scope.inputs.end()) {
    add_hint(hints, {Hint::Kind::input, it->second, {}, {}});
  }
}

void add_module_hints(const World& world, const ScopeNode& scope, const ReferenceChain& chain,
                      std::vector<Hint>& hints) {
  const auto& steps = chain.steps;
  if (steps.size() < 2) {
    for (const auto& [name, index] : scope.calls) add_hint(hints, {Hint::Kind::call, index, {}, {}});
    return;
  }
  const auto it = scope.calls.find(steps[1]);
  if (it == scope.calls.end()) return;
  Hint hint{Hint::Kind::call, it->second, {}, {}};
  std::size_t at = 2;
  if (world.calls[it->second].keyed() && steps.size() > at) hint.key = steps[at++];
  if (steps.size() > at && (hint.key || !world.calls[it->second].keyed())) hint.output = steps[at];
  add_hint(hints, std::move(hint));
}

// `first` is where the type's provider stands in the chain: 0, or 1 behind `data`.
void add_resource_hints(const World& world, const ScopeNode& scope, const ReferenceChain& chain, std::size_t first,
                        std::vector<Hint>& hints) {
  const auto& steps = chain.steps;
  std::string type = first == 1 ? "data." : "";
  if (steps.size() < first + 3) {
    for (std::size_t i = first; i < steps.size(); ++i) type += steps[i] + ".";
    for (const auto& [name, resources] : scope.resources_by_type) {
      if (!(name + ".").starts_with(type)) continue;
      for (const std::uint32_t resource : resources) add_hint(hints, {Hint::Kind::resource, resource, {}, {}});
    }
    return;
  }
  const auto it = scope.resources.find(type + steps[first] + "." + steps[first + 1] + "." + steps[first + 2]);
  if (it == scope.resources.end()) return;
  Hint hint{Hint::Kind::resource, it->second, {}, {}};
  if (world.resources[it->second].keyed() && steps.size() > first + 3) hint.key = steps[first + 3];
  add_hint(hints, std::move(hint));
}

void add_chain_hints(World& world, std::uint32_t scope_index, const ReferenceChain& chain, std::vector<Hint>& hints) {
  const ScopeNode& scope = world.scopes[scope_index];
  const std::string& first = chain.steps[0];
  if (first == "locals") return add_local_hints(scope, chain, hints);
  if (first == "var") return add_input_hints(scope, chain, hints);
  if (first == "module") return add_module_hints(world, scope, chain, hints);
  if (first == "data") return add_resource_hints(world, scope, chain, 1, hints);
  if (world.in.registry->find(first) != nullptr) add_resource_hints(world, scope, chain, 0, hints);
}

// The module in `scope` that the first step of the address names.
std::optional<Hint> module_hint(const World& world, std::uint32_t scope, const Address& address) {
  const ScopeNode& node = world.scopes[scope];
  const auto call = node.calls.find(address.modules.front().name);
  if (call == node.calls.end()) return std::nullopt;
  return Hint{Hint::Kind::content, call->second, {}, {}};
}

std::optional<Hint> resource_hint(const World& world, std::uint32_t scope, const Address& address) {
  const ScopeNode& node = world.scopes[scope];
  const auto it = node.resources.find((address.data ? "data." : "") + address.type + "." + address.name);
  if (it == node.resources.end()) return std::nullopt;
  return Hint{Hint::Kind::resource, it->second, address.key, {}};
}

}  // namespace

void add_hint(std::vector<Hint>& hints, Hint hint) {
  if (std::find(hints.begin(), hints.end(), hint) == hints.end()) hints.push_back(std::move(hint));
}

std::vector<Hint> hints_of(World& world, std::uint32_t scope, const Tree& tree) {
  std::vector<Hint> hints;
  collect_expressions(tree, [&](const Piece& piece) {
    const auto id = world.interpreter->compile(piece.text, piece.pos);
    if (!id.has_value()) return;  // reported by check_document
    for (const ReferenceChain& chain : world.interpreter->references_of(id.value()).chains) {
      add_chain_hints(world, scope, chain, hints);
    }
  });
  return hints;
}

std::vector<Hint> depends_on_hints(World& world, std::uint32_t scope, const std::optional<Tree>& tree) {
  std::vector<Hint> out;
  if (!tree) return out;
  for (const Tree& item : tree->items) {
    const auto address = Address::parse_any(item.text);
    if (!address.has_value()) {
      world.diagnostics->error("depends_on: " + address.error().message,
                               "write addresses such as postgres.role.app or module.billing", item.pos);
      continue;
    }
    // What stands inside a module is the module's own business: all of it is waited for.
    auto hint = address->modules.empty() ? resource_hint(world, scope, *address) : module_hint(world, scope, *address);
    if (hint) {
      add_hint(out, std::move(*hint));
      continue;
    }
    world.diagnostics->error(
        "depends_on names " + address->str() + ", which does not exist",
        scope == 0 ? "name a resource or a module of this stack" : "name a resource or a module of the same module",
        item.pos);
  }
  return out;
}

}  // namespace plumb
