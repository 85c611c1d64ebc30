// What state holds and configuration does not: deleted, forgotten or kept. In a destroy, that is everything.
#include <algorithm>

#include "engine/plan/lifecycle.h"
#include "engine/plan/settle.h"
#include "engine/plan/world.h"

namespace plumb {

namespace {

template <class Visit>
void for_each_record(const World& world, Visit visit) {
  if (world.in.options.mode == PlanMode::validate) return;
  for (const auto& [address, record] : world.in.state->instances) visit(record);
  for (const auto& record : world.recovered) visit(*record);
}

// The part of the address up to the module call that is not there any more; nullopt when all calls are there.
std::optional<std::string> module_gone(const World& world, const Address& address) {
  std::vector<ModuleStep> path;
  for (const ModuleStep& step : address.modules) {
    path.push_back(step);
    if (world.scope_by_path.contains(path)) continue;
    Address module;
    module.modules = std::move(path);
    return module.str();
  }
  return std::nullopt;
}

std::string why_gone(const World& world, const InstanceRecord& record) {
  if (world.in.options.mode == PlanMode::destroy) return {};
  if (const auto module = module_gone(world, record.address)) return "because " + *module + " is not called any more";
  const auto index = world.find_resource(record.address);
  if (!index) return "because it is not in configuration any more";
  const ResourceNode& resource = world.resources[*index];
  if (resource.absent) return "because `when` is false in " + resource.block->when->pos.line_str();
  if (resource.keyed() && record.address.key) {
    return "because " + quoted(*record.address.key) + " is not among the keys of `for_each` in " +
           resource.block->for_each->pos.line_str();
  }
  return "because `for_each` came or went in " + resource.block->pos.line_str();
}

void block(PlannedChange& change, InstanceNode& instance, Action intended, Action action, Error why) {
  change.intended = intended;
  change.action = action;
  change.blocked = std::move(why);
  instance.action = action;
  instance.blocked = action == Action::blocked;
}

// The object was not found: only state has something to forget.
void plan_gone(World& world, InstanceNode& instance) {
  instance.action = Action::record;
  instance.needs_record = true;
  if (!instance.recovered) {
    world.drift.push_back({instance.address, DriftEntry::Kind::missing, {}, instance.record->server_id});
  }
  world.records.push_back({instance.address, "is gone from the server and leaves state", false});
}

// A `removed` block speaks for a record, against protection too where it says so.
Action removed_action(World& world, const InstanceRecord& record, const RemovedBlock& block, PlannedChange& change) {
  const std::string place = " in " + block.pos.line_str();
  if (block.release && record.prevent_destroy) {
    world.records.push_back(
        {record.address, "is not protected any more (`removed` with `release: true`" + place + ")", true});
  }
  change.reason = "because `removed`" + place + (block.destroy ? " deletes it" : " forgets it");
  return block.destroy ? Action::remove : Action::forget;
}

void plan_orphan(World& world, const InstanceRecord& record, std::uint32_t provider_index, const TypeSchema& type,
                 const Removal* removal) {
  const auto index = static_cast<std::uint32_t>(world.instances.size());
  InstanceNode& instance = world.instances.emplace_back();
  instance.address = record.address;
  instance.provider = provider_index;
  instance.type = &type;
  instance.record = &record;
  instance.recovered = !world.in.state->instances.contains(record.address);
  instance.identity = record.identity;
  instance.value = record.attributes;
  instance.uid = record.uid;
  instance.node = world.add_node(NodeKind::instance, index);
  world.records_seen[&record] = index;

  const ProviderNode& provider = world.providers[provider_index];
  if (const ReadResult* live = group_result(world, &record, provider_index, &type)) {
    instance.live = *live;
    instance.live_known = true;
    if (live->status == ReadResult::Status::absent) return plan_gone(world, instance);
  }
  PlannedChange& change = change_of(world, instance);
  change.identity = record.identity;
  change.before = instance.live_known && instance.live.status == ReadResult::Status::present ? instance.live.value
                                                                                             : record.attributes;
  change.reason = why_gone(world, record);
  Action intended = record.retain ? Action::forget : Action::remove;
  if (removal != nullptr) intended = removed_action(world, record, *removal->block, change);
  if (type.singleton || type.always_exists) intended = Action::forget;
  const bool released = removal != nullptr && removal->block->release;
  if (world.in.options.mode == PlanMode::normal && standing_of(world, record.address) == Standing::deferred) {
    change.reason.clear();
    return block(change, instance, Action::no_op, Action::deferred,
                 Error{"whether it is still wanted is known only after apply", "apply, then plan again"});
  }
  if (removal != nullptr && intended == Action::forget) {  // needs no server
    change.action = instance.action = intended;
    return;
  }
  if (type.outside_effect && provider.status == ProviderNode::Status::unavailable) {
    return block(change, instance, intended, Action::blocked, unavailable(world, "its provider is configured by"));
  }
  if (type.outside_effect && provider.status != ProviderNode::Status::ready &&
      world.in.options.refresh == Refresh::full) {
    return block(change, instance, intended, Action::deferred,
                 Error{"its provider is configured by something that this plan changes", "apply, then plan again"});
  }
  if (instance.live_known && instance.live.status == ReadResult::Status::unreadable) {
    world.unreadable.push_back({instance.address, DriftEntry::Kind::changed, {}, {}});
    return block(change, instance, intended, Action::blocked, instance.live.error);
  }
  if (instance.live_known && intended == Action::remove && !record.server_id.empty() &&
      !instance.live.server_id.empty() && instance.live.server_id != record.server_id) {
    return block(change, instance, intended, Action::blocked,
                 Error{"another object has its name now (" + type.server_id + " " + instance.live.server_id +
                           ", state knows " + record.server_id + ")",
                       "look whose it is; put the block back and apply to take it over, or rename it on the server"});
  }
  if (record.prevent_destroy && !released && intended == Action::remove) {
    return block(
        change, instance, intended, Action::blocked,
        Error{"it is protected (prevent_destroy), and it would be deleted",
              world.in.options.mode == PlanMode::destroy
                  ? "apply `lifecycle: { prevent_destroy: false }` first, if it may go"
                  : "put its block back, with `lifecycle: { prevent_destroy: false }` if it may go; apply; then "
                    "remove it. Or write `removed: [{ from: " +
                        record.address.str() + ", release: true }]`"});
  }
  change.action = intended;
  instance.action = intended;
}

// The provider instance of a record; one that is gone from configuration gets a node that is never connected.
std::uint32_t provider_named(World& world, const InstanceRecord& record) {
  const auto [it, added] =
      world.provider_by_name.emplace(record.provider, static_cast<std::uint32_t>(world.providers.size()));
  if (added) {
    ProviderNode& provider = world.providers.emplace_back();
    provider.name = record.provider;
    provider.kind = world.in.registry->find(record.address.provider());
    provider.node = world.add_node(NodeKind::provider, it->second);
  }
  return it->second;
}

// What a data source said last is dropped without a word, when nobody asks it any more.
void forget_data(World& world, std::vector<const InstanceRecord*>& orphans) {
  std::erase_if(orphans, [&](const InstanceRecord* record) {
    if (!record->address.data) return false;
    const auto type = world.in.registry->data_type(record->address.type);
    const auto index = static_cast<std::uint32_t>(world.instances.size());
    InstanceNode& instance = world.instances.emplace_back();
    instance.address = record->address;
    instance.provider = provider_named(world, *record);
    instance.type = type.has_value() ? *type : nullptr;
    instance.record = record;
    instance.uid = record->uid;
    instance.node = world.add_node(NodeKind::instance, index);
    instance.action = Action::record;
    instance.needs_record = true;
    world.records_seen[record] = index;
    return true;
  });
}

// The object that has the name must really go: only now is it known what becomes of every record.
void check_names_freed(World& world) {
  for (InstanceNode& instance : world.instances) {
    if (instance.waits_for == nullptr || instance.action != Action::create) continue;
    const auto holder = world.records_seen.find(instance.waits_for);
    if (holder != world.records_seen.end()) {
      const InstanceNode& other = world.instances[holder->second];
      if (other.resource == kNone && (other.action == Action::remove || other.action == Action::record)) continue;
    }
    block(change_of(world, instance), instance, Action::create, Action::blocked,
          Error{instance.waits_for->address.str() + " has its name in state, and keeps it",
                "give the block that name back, or give this one another identity"});
  }
}

// A module whose calls, or whose document, cannot be told yet is shown itself.
void show_deferred_module(World& world, const Address& address, const CallNode& call, const std::string& what) {
  PlannedChange& change = world.changes.emplace_back();
  change.address = address;
  change.pos = call.block->pos;
  change.action = Action::deferred;
  change.intended = Action::create;
  change.blocked = Error{what + " known only after apply", "apply this plan, then plan again", change.pos};
}

// A resource whose instances cannot be told yet is shown itself.
void show_deferred(World& world) {
  for (const CallNode& call : world.calls) {
    if (call.deferred) show_deferred_module(world, call.address, call, "its `for_each` or `when` is");
    for (const std::uint32_t s : call.scopes) {
      if (!world.scopes[s].deferred) continue;
      Address address;
      address.modules = world.scopes[s].path;
      show_deferred_module(world, address, call, "an input that its script looks into is");
    }
  }
  for (const ResourceNode& resource : world.resources) {
    if (!resource.deferred || resource.provider == kNone || !targeted(world, resource.address)) continue;
    PlannedChange& change = world.changes.emplace_back();
    change.address = resource.address;
    change.provider = world.providers[resource.provider].name;
    change.type = resource.type;
    change.pos = resource.block->pos;
    change.action = Action::deferred;
    change.intended = Action::create;
    change.blocked = Error{std::string(resource.block->for_each ? "its `for_each` or `when`" : "its `when`") +
                               " is known only after apply",
                           "apply this plan, then plan again", change.pos};
  }
}

}  // namespace

void request_state_groups(World& world) {
  for_each_record(world, [&](const InstanceRecord& record) {
    if (record.address.data) return;  // asked anew whenever it is wanted
    const auto type = world.in.registry->type(record.address.type);
    if (!type.has_value()) {
      world.diagnostics->error("state holds " + record.address.str() + ", a type that this version does not know",
                               "use the version of plumb that wrote the state", {});
      return;
    }
    const auto provider = world.provider_by_name.find(record.provider);
    if (provider == world.provider_by_name.end()) return;  // reported before
    const auto key = identity_key(*type.value(), record.identity);
    if (key && !type.value()->identity.empty()) {
      world.record_by_identity.emplace(world.scoped_identity(provider->second, *type.value(), *key), &record);
    }
    if (!type.value()->outside_effect || world.in.options.refresh == Refresh::none) return;
    const std::uint32_t group = group_for(world, provider->second, type.value());
    world.groups[group].records.push_back(&record);
    if (world.in.options.refresh == Refresh::full && targeted(world, record.address)) {
      world.work.request(world.groups[group].node);
    }
  });
}

void plan_orphans(World& world) {
  const bool destroy = world.in.options.mode == PlanMode::destroy;
  std::vector<const InstanceRecord*> orphans;
  for_each_record(world, [&](const InstanceRecord& record) {
    if ((destroy || !world.records_seen.contains(&record)) && targeted(world, record.address))
      orphans.push_back(&record);
  });
  // A resource or module that failed to expand has no orphans: nobody knows what it wants.
  std::erase_if(orphans, [&](const InstanceRecord* record) {
    return !destroy && standing_of(world, record->address) == Standing::failed;
  });
  forget_data(world, orphans);
  // Refresh::changed has not asked for them yet.
  if (world.in.options.refresh == Refresh::changed) {
    for (const InstanceRecord* record : orphans) {
      const auto provider = world.provider_by_name.find(record->provider);
      const auto type = world.in.registry->type(record->address.type);
      if (provider == world.provider_by_name.end() || !type.has_value() || !type.value()->outside_effect) continue;
      world.work.request(world.groups[group_for(world, provider->second, type.value())].node);
    }
    drain(world);
  }
  world.instances.reserve(world.instances.size() + orphans.size());
  const std::vector<Removal> removals = removals_of(world);
  if (!destroy) check_removals(world, removals);
  for (const InstanceRecord* record : orphans) {
    const auto provider = world.provider_by_name.find(record->provider);
    const auto type = world.in.registry->type(record->address.type);
    if (provider == world.provider_by_name.end() || !type.has_value()) continue;
    if (world.info[world.providers[provider->second].node].failed) continue;
    plan_orphan(world, *record, provider->second, *type.value(), removal_for(removals, record->address));
  }
  check_names_freed(world);
  if (world.in.options.mode == PlanMode::normal) show_deferred(world);
}

}  // namespace plumb
