// One instance: from desired and live to an action and to the value its readers see.
#include <algorithm>

#include "engine/plan/kept.h"
#include "engine/plan/lifecycle.h"
#include "engine/plan/settle.h"
#include "engine/plan/three_way.h"
#include "engine/plan/world.h"

namespace plumb {

namespace {

bool finish(World& world, InstanceNode& instance) {
  instance.phase = Phase::done;
  world.tell_redactor(instance.value);
  return true;
}

bool fail_instance(World& world, InstanceNode& instance) {
  world.info[instance.node].failed = true;
  instance.phase = Phase::done;
  return true;
}

// The instances this one is inside of, by identity: read like anything else, so that order and state know them.
// Soft: where two types contain each other in different objects, ordering sorts it out.
bool containers_ready(World& world, InstanceNode& instance) {
  if (world.work.hints_off(instance.node)) return true;
  bool ready = true;
  for (const Container& container : instance.type->containers) {
    const TypeSchema* type = world.resources[instance.resource].kind->schema().find(container.type);
    const auto it = world.gate_by_key.find({instance.provider, type});
    if (it != world.gate_by_key.end() && !world.work.need(world.gates[it->second].node, true)) ready = false;
  }
  return ready;
}

void read_containers(World& world, InstanceNode& instance) {
  std::vector<NodeId>& reads = world.info[instance.node].reads;
  for (const Container& container : instance.type->containers) {
    if (const auto index = container_of(world, instance, container, instance.desired)) {
      reads.push_back(world.instances[*index].node);
    }
  }
  std::sort(reads.begin(), reads.end());
  reads.erase(std::unique(reads.begin(), reads.end()), reads.end());
}

// What `depends_on` names is waited for like a read: so a circle is found, and a data source knows whether it changes.
bool depends_on_ready(World& world, const InstanceNode& instance) {
  bool ready = true;
  for (const Hint& hint : world.resources[instance.resource].depends_on) {
    if (!world.work.need(hint_node(world, hint), false)) ready = false;
  }
  return ready;
}

// Destroy plans from state alone; configuration only fills in what a record does not keep, for providers that read it.
// So do secrets that the server alone keeps, which are read.
bool run_for_destroy(World& world, InstanceNode& instance) {
  if (instance.record == nullptr) {
    instance.value = Value::unknown();
    return finish(world, instance);
  }
  const ReadResult* live = nullptr;
  if (kept_by_server(*instance.type)) {
    if (!world.work.need(world.providers[instance.provider].node, false)) return false;
    const std::uint32_t group = group_for(world, instance.provider, instance.type);
    if (!world.work.need(world.groups[group].node, false)) return false;
    live = group_result(world, instance.record, instance.provider, instance.type);
  }
  ValueMap value = instance.desired.as_map();
  for (const auto& [name, kept] : instance.record->attributes.as_map()) value.set(name, kept);
  for (const Attribute& attribute : instance.type->attributes) {
    if (!attribute.kept_by_server) continue;
    const Value there = live != nullptr ? live->value.get(attribute.name) : Value();
    value.set(attribute.name, there.is_null() ? Value::unavailable() : there);
  }
  instance.value = Value(std::move(value));
  return finish(world, instance);
}

// Where the live object comes from. True: it is known now (or never will be).
bool live_ready(World& world, std::uint32_t index) {
  InstanceNode& instance = world.instances[index];
  const TypeSchema& type = *instance.type;
  if (!world.server_type(type) || instance.live_known) return true;
  // An interrupted create has no record to go by, whatever --refresh says.
  // Nor is a secret that the server alone keeps to be had from state.
  const bool must = instance.recovered || (instance.record != nullptr && kept_by_server(type));
  if (world.in.options.refresh == Refresh::none && !must) return true;
  const ProviderNode& provider = world.providers[instance.provider];
  if (provider.status != ProviderNode::Status::ready) return true;
  const bool by_group =
      instance.record != nullptr && !(instance.recovered && world.in.options.refresh != Refresh::full);
  const bool may_skip = by_group && world.in.options.refresh == Refresh::changed && !must;
  if (may_skip && unchanged_from_prior(world, instance)) return true;
  if (by_group && world.in.options.refresh == Refresh::full) {
    const std::uint32_t group = group_for(world, instance.provider, &type);
    if (!world.work.need(world.groups[group].node, false)) return false;
    if (const ReadResult* result = group_result(world, instance.record, instance.provider, &type)) {
      instance.live = *result;
      instance.live_known = true;
    }
    return true;
  }
  ReadKey key;
  if (instance.record != nullptr) {
    key.identity = instance.record->identity;
    key.server_id = instance.record->server_id;
    key.known = known_of(world, *instance.record);
  } else if (instance.identity_key) {
    key.identity = instance.identity;
  } else {
    return true;  // learnt only in apply: read just before the create
  }
  world.pending[{instance.provider, &type}].push_back({index, std::move(key)});
  world.work.hold();
  return false;
}

// A data source that is evaluated: its answer, and what must hold of it.
bool run_data(World& world, std::uint32_t index) {
  if (world.instances[index].phase == Phase::settle) {
    if (!settle_data(world, index)) return false;
    world.instances[index].phase = Phase::conditions;
    world.work.allow_hints(world.instances[index].node);
  }
  if (world.in.options.mode != PlanMode::destroy && !run_conditions(world, index)) return false;
  return finish(world, world.instances[index]);
}

}  // namespace

bool run_instance(World& world, std::uint32_t index) {
  if (world.instances[index].resource == kNone) return true;  // an orphan: planned after the rest
  if (world.applying) {
    if (world.instances[index].checking != Checking::none) return run_open_conditions(world, index);
    const Desired status = evaluate_desired(world, index);
    if (status == Desired::wait) return false;
    world.instances[index].evaluate_failed = status == Desired::failed;
    return true;
  }
  const bool destroy = world.in.options.mode == PlanMode::destroy;
  if (world.instances[index].address.data && world.instances[index].phase >= Phase::settle) {
    return run_data(world, index);
  }
  {
    InstanceNode& instance = world.instances[index];
    if (instance.phase == Phase::evaluate) {
      const NodeId provider_node = world.providers[instance.provider].node;
      if (destroy && instance.address.data && answers_secrets(*instance.type)) {
        if (!world.work.need(provider_node, false)) return false;  // whoever needs its answer has it from there alone
      }
      if (!destroy) {
        if (!world.work.need(provider_node, false)) return false;
        if (world.info[provider_node].failed) return fail_instance(world, instance);
        if (!depends_on_ready(world, instance)) return false;
      }
      const Desired status = evaluate_desired(world, index);
      if (status == Desired::wait) return false;
      InstanceNode& evaluated = world.instances[index];
      if (status == Desired::failed) return fail_instance(world, evaluated);
      if (evaluated.address.data) {
        evaluated.phase = Phase::settle;
        return run_data(world, index);
      }
      if (destroy) return run_for_destroy(world, evaluated);
      if (!register_identity(world, index)) return fail_instance(world, evaluated);
      evaluated.phase = Phase::await_live;
      world.work.allow_hints(evaluated.node);
    }
  }
  if (world.instances[index].phase == Phase::await_live) {
    if (!containers_ready(world, world.instances[index])) return false;
    if (!live_ready(world, index)) return false;
    read_containers(world, world.instances[index]);
    world.instances[index].phase = Phase::settle;
    world.work.allow_hints(world.instances[index].node);
  }
  InstanceNode& instance = world.instances[index];
  if (instance.phase == Phase::settle) {
    if (instance.record == nullptr && !imports_ready(world, instance.node)) return false;
    // A new name may be taken: a rename looks before it leaps.
    if (!new_identity_ready(world, index)) return false;
    settle(world, world.instances[index]);
    world.instances[index].phase = Phase::conditions;
    world.work.allow_hints(world.instances[index].node);
  }
  if (world.instances[index].phase == Phase::conditions && !run_conditions(world, index)) return false;
  return finish(world, world.instances[index]);
}

}  // namespace plumb
