// Scopes: the stack's document and those of its modules become nodes; a module's when its call is known.
#include <algorithm>

#include "engine/base/suggest.h"
#include "engine/config/module_source.h"
#include "engine/plan/checks.h"
#include "engine/plan/world.h"

namespace plumb {

namespace {

// A node that belongs to a scope: ordering goes by the order in which they are made here.
NodeId scope_node(World& world, std::uint32_t scope, NodeKind kind, std::size_t index) {
  const NodeId node = world.add_node(kind, static_cast<std::uint32_t>(index));
  world.scopes[scope].nodes.push_back(node);
  return node;
}

void add_locals(World& world, std::uint32_t scope, const Document& document) {
  for (const LocalBlock& block : document.locals) {
    const std::size_t index = world.locals.size();
    world.locals.push_back({&block, scope, scope_node(world, scope, NodeKind::local, index), {}});
    world.scopes[scope].locals.emplace(block.name, static_cast<std::uint32_t>(index));
  }
}

// The provider instance of a resource: the one it names, else the one called like its kind.
std::uint32_t provider_for(World& world, std::uint32_t scope, const ResourceBlock& block, const ProviderKind* kind) {
  const std::string wanted = block.provider.value_or(kind->schema().name);
  if (const auto found = provider_in(world, scope, wanted)) {
    const ProviderNode& provider = world.providers[*found];
    if (provider.kind == kind) return *found;
    world.diagnostics->error(scope_prefix(world, scope) + "provider " + quoted(wanted) + " is of kind " +
                                 provider.kind->schema().name + ", not " + kind->schema().name,
                             "name a provider of kind " + kind->schema().name,
                             block.provider ? block.provider_pos : block.pos);
    return kNone;
  }
  if (block.provider) {
    std::vector<std::string> names;
    for (const ProviderNode& provider : world.providers) names.push_back(provider.name);
    world.diagnostics->error(
        scope_prefix(world, scope) + "there is no provider instance " + quoted(wanted) + did_you_mean(wanted, names),
        scope == 0 ? "add it under `providers:` or name another" : "map it in the module's call: `providers: {...}`",
        block.provider_pos);
    return kNone;
  }
  // Not configured: fine when nothing is required of the configuration.
  const auto index = static_cast<std::uint32_t>(world.providers.size());
  ProviderNode& provider = world.providers.emplace_back();
  provider.name = wanted;
  provider.kind = kind;
  provider.pos = block.pos;
  provider.node = world.add_node(NodeKind::provider, index);
  world.provider_by_name.emplace(wanted, index);
  return index;
}

void add_to_gate(World& world, std::uint32_t index) {
  const ResourceNode& resource = world.resources[index];
  if (resource.provider == kNone || resource.address.data) return;
  const auto key = std::make_pair(resource.provider, resource.type);
  auto it = world.gate_by_key.find(key);
  if (it == world.gate_by_key.end()) {
    const auto gate = static_cast<std::uint32_t>(world.gates.size());
    world.gates.push_back({resource.provider, resource.type, world.add_node(NodeKind::gate, gate), {}});
    it = world.gate_by_key.emplace(key, gate).first;
  }
  world.gates[it->second].resources.push_back(index);
}

}  // namespace

void add_resources(World& world, std::uint32_t scope, const std::vector<ResourceBlock>& blocks,
                   const CheckBlock* check) {
  for (const ResourceBlock& block : blocks) {
    const auto& registry = *world.in.registry;
    const bool data = block.address.data;
    const auto type = data ? registry.data_type(block.address.type) : registry.type(block.address.type);
    if (!type.has_value()) continue;  // reported by check_document
    const auto index = static_cast<std::uint32_t>(world.resources.size());
    ResourceNode resource;
    resource.block = &block;
    resource.scope = scope;
    resource.address = block.address;
    resource.address.modules = world.scopes[scope].path;
    resource.type = type.value();
    resource.kind = registry.find(block.address.provider());
    resource.provider = provider_for(world, scope, block, resource.kind);
    resource.node = scope_node(world, scope, NodeKind::resource, index);
    resource.whole = scope_node(world, scope, NodeKind::whole, index);
    resource.check = check;
    const std::string type_name = (data ? "data." : "") + block.address.type;
    const std::string name = type_name + "." + block.address.name;
    ScopeNode& node = world.scopes[scope];
    node.resources.emplace(check == nullptr ? name : check_data_name(*check, name), index);
    if (check == nullptr) node.resources_by_type[type_name].push_back(index);
    world.resources.push_back(std::move(resource));
    add_to_gate(world, index);
  }
}

namespace {

void add_calls(World& world, std::uint32_t scope, const Document& document) {
  for (const ModuleBlock& block : document.modules) {
    const auto index = static_cast<std::uint32_t>(world.calls.size());
    CallNode call;
    call.block = &block;
    call.scope = scope;
    call.address.modules = world.scopes[scope].path;
    call.address.modules.push_back({block.name, std::nullopt});
    call.node = scope_node(world, scope, NodeKind::call, index);
    call.outputs = scope_node(world, scope, NodeKind::call_outputs, index);
    call.content = scope_node(world, scope, NodeKind::call_content, index);
    world.scopes[scope].calls.emplace(block.name, index);
    world.calls.push_back(std::move(call));
  }
}

void add_outputs(World& world, std::uint32_t scope, const Document& document) {
  for (const OutputBlock& block : document.outputs) {
    const std::size_t index = world.outputs.size();
    world.outputs.push_back({&block, scope, scope_node(world, scope, NodeKind::output, index), {}});
    world.scopes[scope].outputs.emplace(block.name, static_cast<std::uint32_t>(index));
  }
}

void add_validations(World& world, std::uint32_t scope, const std::vector<VariableBlock>& variables) {
  for (const VariableBlock& variable : variables) {
    for (const Validation& validation : variable.validations) {
      const std::size_t index = world.validations.size();
      world.validations.push_back(
          {&variable, &validation, scope, scope_node(world, scope, NodeKind::validation, index)});
    }
  }
}

void merge_hints(World& world, std::uint32_t scope, const std::optional<Tree>& tree, std::vector<Hint>& into) {
  if (!tree) return;
  for (Hint& hint : hints_of(world, scope, *tree)) add_hint(into, std::move(hint));
}

void add_resource_hints(World& world, ResourceNode& resource) {
  const ResourceBlock& block = *resource.block;
  merge_hints(world, resource.scope, block.for_each, resource.meta_hints);
  merge_hints(world, resource.scope, block.when, resource.meta_hints);
  const LifecycleBlock& lifecycle = block.lifecycle;
  for (const auto* tree : {&lifecycle.prevent_destroy, &lifecycle.create_before_destroy, &lifecycle.ignore_changes,
                           &lifecycle.retain, &lifecycle.adopt, &block.hold}) {
    merge_hints(world, resource.scope, *tree, resource.hints);
  }
  for (const Tree& tree : lifecycle.replace_when) {
    for (Hint& hint : hints_of(world, resource.scope, tree)) add_hint(resource.hints, std::move(hint));
  }
  for (const AttributeEntry& attribute : block.attributes) {
    for (Hint& hint : hints_of(world, resource.scope, attribute.value)) add_hint(resource.hints, std::move(hint));
  }
  resource.depends_on = depends_on_hints(world, resource.scope, block.depends_on);
  for (const Hint& hint : resource.depends_on) add_hint(resource.hints, hint);
}

void add_call_hints(World& world, CallNode& call) {
  merge_hints(world, call.scope, call.block->for_each, call.meta_hints);
  merge_hints(world, call.scope, call.block->when, call.meta_hints);
  call.depends_on = depends_on_hints(world, call.scope, call.block->depends_on);
}

// A module's variables are there as soon as it is called; a script's document comes later.
std::uint32_t add_module_scope(World& world, std::uint32_t call_index, std::optional<std::string> key, Value value) {
  const auto index = static_cast<std::uint32_t>(world.scopes.size());
  world.scopes.emplace_back();
  const CallNode& call = world.calls[call_index];
  {
    ScopeNode& scope = world.scopes[index];
    scope.path = call.address.modules;
    scope.path.back().key = std::move(key);
    scope.parent = call.scope;
    scope.call = call_index;
    scope.each_value = std::move(value);
    world.scope_by_path.emplace(scope.path, index);
  }
  world.scopes[index].node = scope_node(world, index, NodeKind::scope, index);
  const ModuleSource& source = *call.block->loaded;
  for (const VariableBlock& variable : source.document.variables) {
    const std::size_t at = world.inputs.size();
    InputNode input{&variable, nullptr, index, scope_node(world, index, NodeKind::input, at), {}};
    for (const AttributeEntry& entry : call.block->inputs) {
      if (entry.name == variable.name) input.given = &entry;
    }
    world.inputs.push_back(std::move(input));
    world.scopes[index].inputs.emplace(variable.name, static_cast<std::uint32_t>(at));
  }
  add_validations(world, index, source.document.variables);
  return index;
}

bool wanted(const World& world, const Address& address) {
  if (world.in.options.only) return world.in.options.only->resources.contains(address);
  const auto& targets = world.in.options.targets;
  return targets.empty() || std::any_of(targets.begin(), targets.end(), [&](const Address& target) {
           return target.covers(address) || target.is_instance_of(address);
         });
}

// Something inside of the module is wanted, or all of it.
bool call_wanted(const World& world, const CallNode& call) {
  if (world.in.options.only) return world.in.options.only->modules.contains(call.address);
  const auto& targets = world.in.options.targets;
  const auto& path = call.address.modules;
  return targets.empty() || std::any_of(targets.begin(), targets.end(), [&](const Address& target) {
           if (target.is_module() && target.covers(call.address)) return true;
           if (target.modules.size() < path.size()) return false;
           for (std::size_t i = 0; i + 1 < path.size(); ++i) {
             if (target.modules[i] != path[i]) return false;
           }
           return target.modules[path.size() - 1].name == path.back().name;
         });
}

}  // namespace

std::string scope_prefix(const World& world, std::uint32_t scope) {
  if (scope == 0) return {};
  Address address;
  address.modules = world.scopes[scope].path;
  return address.str() + ": ";
}

std::optional<std::uint32_t> provider_in(const World& world, std::uint32_t scope, std::string name) {
  while (scope != 0) {
    const ScopeNode& node = world.scopes[scope];
    const auto& mapped = world.calls[node.call].block->providers;
    if (const auto it = mapped.find(name); it != mapped.end()) name = it->second;
    scope = node.parent;
  }
  const auto it = world.provider_by_name.find(name);
  if (it == world.provider_by_name.end()) return std::nullopt;
  return it->second;
}

bool build_scope(World& world, std::uint32_t scope) {
  const Document& document = *world.scopes[scope].document;
  const std::size_t errors = world.diagnostics->error_count();
  check_document(world, scope, document);
  const auto first_resource = world.resources.size(), first_call = world.calls.size();
  add_locals(world, scope, document);
  add_resources(world, scope, document.data, nullptr);
  add_resources(world, scope, document.resources, nullptr);
  add_calls(world, scope, document);
  add_outputs(world, scope, document);
  add_checks(world, scope, document);
  if (scope == 0) add_validations(world, scope, document.variables);
  for (auto i = first_resource; i < world.resources.size(); ++i) add_resource_hints(world, world.resources[i]);
  for (auto i = first_call; i < world.calls.size(); ++i) add_call_hints(world, world.calls[i]);
  return world.diagnostics->error_count() == errors;
}

void request_scope(World& world, std::uint32_t scope_index) {
  const ScopeNode& scope = world.scopes[scope_index];
  // Ordered by node, so that the same work is done in the same order.
  for (const NodeId node : scope.nodes) {
    const NodeInfo& info = world.info[node];
    switch (info.kind) {
      case NodeKind::validation:
        world.work.request(node);
        break;
      case NodeKind::resource:
        if (world.resources[info.index].check == nullptr && wanted(world, world.resources[info.index].address)) {
          world.work.request(node);
        }
        break;
      case NodeKind::call:
        if (call_wanted(world, world.calls[info.index])) world.work.request(node);
        break;
      case NodeKind::output: {
        const auto& only = world.in.options.only;
        const bool named = only && scope_index == 0 && only->outputs.contains(world.outputs[info.index].block->name);
        if (named || selects_all(world)) world.work.request(node);
        break;
      }
      case NodeKind::local:
      case NodeKind::input:
      case NodeKind::check:
        if (selects_all(world)) world.work.request(node);
        break;
      default:
        break;
    }
  }
}

bool run_call(World& world, std::uint32_t index) {
  const NodeId node = world.calls[index].node;
  const ModuleBlock& block = *world.calls[index].block;
  const std::uint32_t parent = world.calls[index].scope;
  std::vector<Hint> hints = world.calls[index].meta_hints;
  if (!hints_ready(world, node, hints)) return false;
  EvalScope scope{node, parent, {}, {}, false};
  // `depends_on` of a module: everything inside reads this node.
  for (const Hint& hint : world.calls[index].depends_on) {
    const NodeId on = hint_node(world, hint);
    if (!world.work.need(on, false)) return false;
    scope.reads.push_back(on);
  }
  Expansion expansion = expand_block(world, scope, block.for_each, block.when, world.calls[index].address.str());
  if (expansion.status == Expansion::Status::wait) return false;
  if (parent != 0) scope.reads.push_back(world.scopes[parent].node);
  bool failed = expansion.status == Expansion::Status::failed || block.loaded == nullptr;
  if (!store_reads(world, scope, hints, block.pos)) failed = true;
  std::vector<std::uint32_t> scopes;
  if (!failed && expansion.status == Expansion::Status::single) {
    scopes.push_back(add_module_scope(world, index, std::nullopt, Value()));
  }
  if (!failed) {
    for (auto& [key, value] : expansion.keys) scopes.push_back(add_module_scope(world, index, key, std::move(value)));
  }
  CallNode& call = world.calls[index];
  for (const std::uint32_t s : scopes) {
    if (world.scopes[s].path.back().key) call.by_key.emplace(*world.scopes[s].path.back().key, s);
    if (world.in.options.mode != PlanMode::destroy) world.work.request(world.scopes[s].node);
  }
  call.scopes = std::move(scopes);
  call.absent = expansion.status == Expansion::Status::absent;
  call.deferred = expansion.status == Expansion::Status::deferred;
  call.expanded = true;
  world.info[node].failed = failed;
  return true;
}

bool run_input(World& world, std::uint32_t index) {
  const VariableBlock& variable = *world.inputs[index].variable;
  const NodeId node = world.inputs[index].node;
  const std::uint32_t scope_index = world.inputs[index].scope;
  const ScopeNode& scope_node = world.scopes[scope_index];
  const AttributeEntry* given = world.inputs[index].given;
  const std::string what = scope_prefix(world, scope_index) + "input " + quoted(variable.name);
  EvalScope scope{node, scope_node.parent, {}, {}, false};
  if (scope_node.path.back().key) scope.each = {&*scope_node.path.back().key, &scope_node.each_value};
  scope.reads.push_back(world.calls[scope_node.call].node);
  Value value;
  if (given != nullptr) {
    const std::vector<Hint> hints = hints_of(world, scope_node.parent, given->value);
    if (!world.applying && !hints_ready(world, node, hints)) return false;
    const Evaluated status = evaluate_typed(world, scope, given->value, *variable.type, what, value);
    if (status == Evaluated::wait) return false;
    if (status == Evaluated::failed || !store_reads(world, scope, hints, given->pos)) {
      world.info[node].failed = true;
      return true;
    }
  } else {
    if (variable.default_value) value = constant_value(*variable.default_value, *variable.type, *world.diagnostics);
    store_reads(world, scope, {}, variable.pos);
  }
  if (variable.sensitive && !value.is_null()) value = value.with_sensitive();
  world.tell_redactor(value);
  world.inputs[index].value = std::move(value);
  return true;
}

}  // namespace plumb
