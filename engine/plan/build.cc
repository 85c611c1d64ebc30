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

bool build_world(World& world) {
  build_providers(world);
  apply_moves(world);
  ScopeNode& stack = world.scopes.emplace_back();
  stack.document = world.in.stack;
  world.scope_by_path.emplace(std::vector<ModuleStep>(), 0);
  build_scope(world, 0);
  check_provider_expressions(world);
  check_moves(world);
  build_imports(world);
  if (world.in.options.mode != PlanMode::validate) build_recovered(world);
  check_state_providers(world);
  check_selection(world);
  if (!world.diagnostics->has_errors()) return true;
  check_constants(world);
  return false;
}

}  // namespace plumb
