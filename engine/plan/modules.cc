// A module's call: its document, and what others see of it.
#include <algorithm>

#include "engine/config/module_source.h"
#include "engine/plan/world.h"

namespace plumb {

namespace {

enum class Inputs : std::uint8_t { ready, wait, unknown, failed };

// What the script may look at: everything that is not opaque.
Inputs script_inputs(World& world, std::uint32_t index, Value& out) {
  const ScopeNode& scope = world.scopes[index];
  const Document& declared = world.calls[scope.call].block->loaded->document;
  std::vector<ValueMap::Entry> entries;
  Inputs worst = Inputs::ready;
  std::vector<NodeId>& reads = world.info[scope.node].reads;
  for (const VariableBlock& variable : declared.variables) {
    const InputNode& input = world.inputs[scope.inputs.at(variable.name)];
    if (variable.opaque) continue;
    if (!world.work.need(input.node, false)) {
      worst = Inputs::wait;
      continue;
    }
    reads.push_back(input.node);
    if (world.info[input.node].failed) return Inputs::failed;
    if (input.value.any_sensitive()) {
      world.diagnostics->error(scope_prefix(world, index) + "input " + quoted(variable.name) +
                                   " is a secret, and the module's script would see it",
                               "declare it `opaque = true` in the module, so that it can be passed on unseen",
                               input.given != nullptr ? input.given->pos : variable.pos);
      return Inputs::failed;
    }
    if (!input.value.fully_known() && worst == Inputs::ready) worst = Inputs::unknown;
    entries.emplace_back(variable.name, input.value);
  }
  out = Value(ValueMap::from(std::move(entries)));
  return worst;
}

// True: the document is there, or never will be.
bool load_document(World& world, std::uint32_t index) {
  const CallNode& call = world.calls[world.scopes[index].call];
  const ModuleSource& source = *call.block->loaded;
  const NodeId node = world.scopes[index].node;
  world.info[node].reads = {call.node};
  if (!source.is_lua()) {
    world.scopes[index].document = &source.document;
    return true;
  }
  Value inputs;
  switch (script_inputs(world, index, inputs)) {
    case Inputs::wait:
      return false;
    case Inputs::failed:
      world.info[node].failed = true;
      return true;
    case Inputs::unknown:
      world.scopes[index].deferred = true;
      return true;
    case Inputs::ready:
      break;
  }
  Address address;
  address.modules = world.scopes[index].path;
  world.scopes[index].document =
      world.in.stack->modules_loader->build(source, inputs, address.str(), *world.diagnostics);
  if (world.scopes[index].document == nullptr) world.info[node].failed = true;
  return true;
}

}  // namespace

bool run_scope(World& world, std::uint32_t index) {
  const NodeId node = world.scopes[index].node;
  if (world.scopes[index].document != nullptr) return true;
  if (!load_document(world, index)) return false;
  std::sort(world.info[node].reads.begin(), world.info[node].reads.end());
  if (world.scopes[index].document == nullptr) return true;
  if (!build_scope(world, index)) {
    world.info[node].failed = true;
    return true;
  }
  if (world.in.options.mode != PlanMode::destroy) request_scope(world, index);
  return true;
}

bool run_call_outputs(World& world, std::uint32_t index) {
  const CallNode& call = world.calls[index];
  Gather all(world);
  if (all.need(call.node)) {
    for (const std::uint32_t s : call.scopes) {
      const ScopeNode& scope = world.scopes[s];
      if (!all.need(scope.node)) continue;
      for (const auto& [name, output] : scope.outputs) all.need(world.outputs[output].node);
    }
  }
  return all.finish(call.outputs);
}

bool run_call_content(World& world, std::uint32_t index) {
  const CallNode& call = world.calls[index];
  Gather all(world);
  if (all.need(call.node)) {
    for (const std::uint32_t s : call.scopes) {
      const ScopeNode& scope = world.scopes[s];
      if (!all.need(scope.node)) continue;
      for (const auto& [name, resource] : scope.resources) all.need(world.resources[resource].whole);
      for (const auto& [name, inner] : scope.calls) all.need(world.calls[inner].content);
    }
  }
  return all.finish(call.content);
}

std::optional<std::uint32_t> World::find_resource(const Address& address) const {
  const auto place = scope_by_path.find(address.modules);
  if (place == scope_by_path.end()) return std::nullopt;
  const auto& resources_there = scopes[place->second].resources;
  const auto it = resources_there.find((address.data ? "data." : "") + address.type + "." + address.name);
  if (it == resources_there.end()) return std::nullopt;
  return it->second;
}

Standing standing_of(const World& world, const Address& address) {
  std::uint32_t at = 0;
  for (std::size_t depth = 0; depth < address.modules.size(); ++depth) {
    const ModuleStep& step = address.modules[depth];
    const ScopeNode& scope = world.scopes[at];
    const auto found = scope.calls.find(step.name);
    if (found == scope.calls.end()) return Standing::gone;
    const CallNode& call = world.calls[found->second];
    if (!call.expanded || world.info[call.node].failed) return Standing::failed;
    if (call.deferred) return Standing::deferred;
    const auto inside = [&]() -> std::optional<std::uint32_t> {
      if (step.key) {
        const auto key = call.by_key.find(*step.key);
        if (key == call.by_key.end()) return std::nullopt;
        return key->second;
      }
      if (call.keyed() || call.scopes.empty()) return std::nullopt;
      return call.scopes.front();
    }();
    if (!inside) return Standing::gone;
    if (world.scopes[*inside].deferred) return Standing::deferred;
    const NodeId node = world.scopes[*inside].node;
    if (!world.work.done(node) || world.info[node].failed) return Standing::failed;
    at = *inside;
  }
  const auto it = world.scopes[at].resources.find((address.data ? "data." : "") + address.type + "." + address.name);
  if (it == world.scopes[at].resources.end()) return Standing::gone;
  const ResourceNode& resource = world.resources[it->second];
  if (resource.deferred) return Standing::deferred;
  if (!resource.expanded || world.info[resource.node].failed) return Standing::failed;
  return Standing::configured;
}

}  // namespace plumb
