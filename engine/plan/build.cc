// Nodes from blocks, and everything that can be said of a stack without evaluating it.
#include <algorithm>

#include "engine/base/redact.h"
#include "engine/base/suggest.h"
#include "engine/plan/checks.h"
#include "engine/plan/world.h"

namespace plumb {

NodeId World::add_node(NodeKind kind, std::uint32_t index) {
  const NodeId node = work.add();
  info.push_back(NodeInfo{kind, index, false, {}});
  return node;
}

std::uint32_t World::name_id(std::string_view name) {
  const auto [it, added] = name_ids.try_emplace(std::string(name), static_cast<std::uint32_t>(names.size()));
  if (added) names.emplace_back(name);
  return it->second;
}

const InstanceRecord* World::record_of(const Address& address) const {
  if (in.options.mode == PlanMode::validate) return nullptr;
  if (const auto it = in.state->instances.find(address); it != in.state->instances.end()) return &it->second;
  if (const auto it = recovered_by_address.find(address); it != recovered_by_address.end()) return it->second;
  return nullptr;
}

std::string World::scoped_identity(std::uint32_t provider, const TypeSchema& type,
                                   const std::string& identity_key) const {
  return std::to_string(provider) + '\0' + type.name + '\0' + identity_key;
}

void World::tell_redactor(const Value& value) const {
  if (in.redactor == nullptr || !value.any_sensitive()) return;
  if (value.is_string()) in.redactor->add(value.as_string());
  if (value.is_list()) {
    for (const Value& item : value.as_list()) tell_redactor(value.sensitive() ? item.with_sensitive() : item);
  }
  if (value.is_map()) {
    for (const auto& [key, item] : value.as_map()) tell_redactor(value.sensitive() ? item.with_sensitive() : item);
  }
}

namespace {

void collect_expressions(const Tree& tree, const std::function<void(const Piece&)>& visit) {
  for (const Piece& piece : tree.pieces) {
    if (piece.expression) visit(piece);
  }
  for (const Tree& item : tree.items) collect_expressions(item, visit);
  for (const Tree::Entry& entry : tree.entries) collect_expressions(entry.value, visit);
}

void add_hint(std::vector<Hint>& hints, Hint hint) {
  const auto same = [&](const Hint& other) {
    return other.kind == hint.kind && other.index == hint.index && other.key == hint.key;
  };
  if (std::none_of(hints.begin(), hints.end(), same)) hints.push_back(std::move(hint));
}

void add_chain_hints(World& world, const ReferenceChain& chain, std::vector<Hint>& hints) {
  const auto& steps = chain.steps;
  if (steps[0] == "locals") {
    if (steps.size() < 2) {
      for (std::uint32_t i = 0; i < world.locals.size(); ++i) add_hint(hints, {Hint::Kind::local, i, {}});
    } else if (const auto it = world.local_by_name.find(steps[1]); it != world.local_by_name.end()) {
      add_hint(hints, {Hint::Kind::local, it->second, {}});
    }
    return;
  }
  if (world.in.registry->find(steps[0]) == nullptr) return;
  const std::string type = steps.size() > 1 ? steps[0] + "." + steps[1] : steps[0];
  if (steps.size() < 3) {
    for (const auto& [name, resources] : world.resources_by_type) {
      if (name != type && !(steps.size() == 1 && name.starts_with(type + "."))) continue;
      for (const std::uint32_t resource : resources) add_hint(hints, {Hint::Kind::resource, resource, {}});
    }
    return;
  }
  const auto it = world.resource_by_name.find(type + "." + steps[2]);
  if (it == world.resource_by_name.end()) return;
  Hint hint{Hint::Kind::resource, it->second, {}};
  if (world.resources[it->second].keyed() && steps.size() > 3) hint.key = steps[3];
  add_hint(hints, std::move(hint));
}

void build_locals(World& world) {
  for (const LocalBlock& block : world.in.stack->locals) {
    const auto index = static_cast<std::uint32_t>(world.locals.size());
    world.locals.push_back({&block, world.add_node(NodeKind::local, index), {}});
    world.local_by_name.emplace(block.name, index);
  }
}

std::uint32_t add_provider(World& world, const std::string& name, const ProviderBlock* block, const ProviderKind* kind,
                           const SourcePos& pos) {
  const auto index = static_cast<std::uint32_t>(world.providers.size());
  ProviderNode& provider = world.providers.emplace_back();
  provider.name = name;
  provider.block = block;
  provider.kind = kind;
  provider.pos = pos;
  provider.node = world.add_node(NodeKind::provider, index);
  world.provider_by_name.emplace(name, index);
  return index;
}

void build_providers(World& world) {
  const std::vector<std::string> kinds = world.in.registry->names();
  for (const ProviderBlock& block : world.in.stack->providers) {
    const ProviderKind* kind = world.in.registry->find(block.kind);
    if (kind == nullptr) {
      world.diagnostics->error("there is no provider " + quoted(block.kind) + did_you_mean(block.kind, kinds),
                               "use one of: " + join_words(kinds), block.pos);
      continue;
    }
    add_provider(world, block.name, &block, kind, block.pos);
    check_attributes(world, block.attributes, kind->schema().config, "provider " + quoted(block.name), block.pos,
                     /*provider=*/true);
  }
}

// The provider instance of a resource: the one it names, else the one called like its kind.
std::uint32_t provider_for(World& world, const ResourceBlock& block, const ProviderKind* kind) {
  const std::string wanted = block.provider.value_or(kind->schema().name);
  if (const auto it = world.provider_by_name.find(wanted); it != world.provider_by_name.end()) {
    const ProviderNode& provider = world.providers[it->second];
    if (provider.kind == kind) return it->second;
    world.diagnostics->error(
        "provider " + quoted(wanted) + " is of kind " + provider.kind->schema().name + ", not " + kind->schema().name,
        "name a provider of kind " + kind->schema().name, block.provider ? block.provider_pos : block.pos);
    return kNone;
  }
  if (block.provider) {
    std::vector<std::string> names;
    for (const ProviderNode& provider : world.providers) names.push_back(provider.name);
    world.diagnostics->error("there is no provider instance " + quoted(wanted) + did_you_mean(wanted, names),
                             "add it under `providers:` or name another", block.provider_pos);
    return kNone;
  }
  // Not configured: fine when nothing is required of the configuration.
  return add_provider(world, wanted, nullptr, kind, block.pos);
}

void build_resources(World& world) {
  for (const ResourceBlock& block : world.in.stack->resources) {
    const auto type = world.in.registry->type(block.address.type);
    if (!type.has_value()) {
      world.diagnostics->add(Error(type.error()).at(block.pos));
      continue;
    }
    const auto index = static_cast<std::uint32_t>(world.resources.size());
    ResourceNode resource;
    resource.block = &block;
    resource.type = type.value();
    resource.kind = world.in.registry->find(block.address.provider());
    resource.provider = provider_for(world, block, resource.kind);
    resource.node = world.add_node(NodeKind::resource, index);
    resource.whole = world.add_node(NodeKind::whole, index);
    world.resource_by_name.emplace(block.address.type + "." + block.address.name, index);
    world.resources_by_type[block.address.type].push_back(index);
    world.resources.push_back(std::move(resource));
    check_attributes(world, block.attributes, type.value()->attributes, block.address.str(), block.pos, false);
  }
}

void build_gates(World& world) {
  for (std::uint32_t i = 0; i < world.resources.size(); ++i) {
    const ResourceNode& resource = world.resources[i];
    if (resource.provider == kNone) continue;
    const auto key = std::make_pair(resource.provider, resource.type);
    auto it = world.gate_by_key.find(key);
    if (it == world.gate_by_key.end()) {
      const auto index = static_cast<std::uint32_t>(world.gates.size());
      world.gates.push_back({resource.provider, resource.type, world.add_node(NodeKind::gate, index), {}});
      it = world.gate_by_key.emplace(key, index).first;
    }
    world.gates[it->second].resources.push_back(i);
  }
}

void build_resource_hints(World& world, ResourceNode& resource) {
  const ResourceBlock& block = *resource.block;
  const auto merge = [&](const std::optional<Tree>& tree, std::vector<Hint>& into) {
    if (!tree) return;
    for (Hint& hint : hints_of(world, *tree)) add_hint(into, std::move(hint));
  };
  merge(block.for_each, resource.meta_hints);
  merge(block.when, resource.meta_hints);
  merge(block.lifecycle.prevent_destroy, resource.hints);
  merge(block.lifecycle.ignore_changes, resource.hints);
  merge(block.lifecycle.retain, resource.hints);
  merge(block.lifecycle.adopt, resource.hints);
  for (const AttributeEntry& attribute : block.attributes) {
    for (Hint& hint : hints_of(world, attribute.value)) add_hint(resource.hints, std::move(hint));
  }
  if (!block.depends_on) return;
  for (const Tree& item : block.depends_on->items) {
    const auto address = Address::parse(item.text);
    if (!address.has_value()) {
      world.diagnostics->error("depends_on: " + address.error().message, "write addresses such as postgres.role.app",
                               item.pos);
      continue;
    }
    const auto it = world.resource_by_name.find(address->type + "." + address->name);
    if (it == world.resource_by_name.end()) {
      world.diagnostics->error("depends_on names " + address->str() + ", which does not exist",
                               "name a resource of this stack", item.pos);
      continue;
    }
    add_hint(resource.hints, {Hint::Kind::resource, it->second, address->key});
    resource.depends_on.push_back(it->second);
  }
}

void build_imports(World& world) {
  for (const ImportBlock& block : world.in.stack->imports) {
    if (world.resource_by_name.contains(block.address.type + "." + block.address.name)) {
      world.imports.emplace(block.address, &block);
      continue;
    }
    world.diagnostics->error("import: there is no resource " + block.address.resource().str(),
                             "write its block first; import needs something to compare with", block.pos);
  }
}

// Interrupted creates whose outcome nobody knows stand in state as records until the server has been asked.
//
// A second kill leaves a second intent for the same object: the newest speaks, for both would stand for one. One that
// named the object otherwise (configuration changed in between) may have made another: that is said, and never deleted
// on a guess.
void build_recovered(World& world) {
  std::map<Address, const Intent*> newest;
  for (const auto& [id, intent] : world.in.state->pending) {
    if (intent.action != IntentAction::create || world.in.state->instances.contains(intent.address)) continue;
    const Intent*& known = newest[intent.address];
    if (known == nullptr) {
      known = &intent;
      continue;
    }
    const bool newer = known->started < intent.started;
    const Intent* other = newer ? known : &intent;
    if (newer) known = &intent;
    if (other->identity == known->identity && other->provider == known->provider) continue;
    world.diagnostics->warning("an interrupted apply may have made another object for " + intent.address.str() + ": " +
                                   other->identity.debug(),
                               "look on the server, and remove it there if nobody wants it", {});
  }
  for (const auto& [address, intent] : newest) {
    auto record = std::make_unique<InstanceRecord>();
    record->uid = intent->uid;
    record->address = address;
    record->provider = intent->provider;
    record->identity = intent->identity;
    record->server_id = intent->server_id;
    record->attributes = intent->identity;
    world.recovered_by_address.emplace(address, record.get());
    world.recovered.push_back(std::move(record));
  }
}

}  // namespace

std::vector<Hint> hints_of(World& world, const Tree& tree) {
  std::vector<Hint> hints;
  collect_expressions(tree, [&](const Piece& piece) {
    const auto id = world.interpreter->compile(piece.text, piece.pos);
    if (!id.has_value()) return;  // reported by check_expressions
    for (const ReferenceChain& chain : world.interpreter->references_of(id.value()).chains) {
      add_chain_hints(world, chain, hints);
    }
  });
  return hints;
}

bool build_world(World& world) {
  build_locals(world);
  build_providers(world);
  build_resources(world);
  for (const OutputBlock& block : world.in.stack->outputs) {
    const auto index = static_cast<std::uint32_t>(world.outputs.size());
    world.outputs.push_back({&block, world.add_node(NodeKind::output, index), {}});
    world.output_by_name.emplace(block.name, index);
  }
  for (const VariableBlock& variable : world.in.stack->variables) {
    for (const Validation& validation : variable.validations) {
      const auto index = static_cast<std::uint32_t>(world.validations.size());
      world.validations.push_back({&variable, &validation, world.add_node(NodeKind::validation, index)});
    }
  }
  build_gates(world);
  check_expressions(world);
  for (ResourceNode& resource : world.resources) build_resource_hints(world, resource);
  build_imports(world);
  if (world.in.options.mode != PlanMode::validate) build_recovered(world);
  check_state_providers(world);
  check_selection(world);
  if (!world.diagnostics->has_errors()) return true;
  check_constants(world);
  return false;
}

}  // namespace plumb
