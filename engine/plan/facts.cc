// What providers add to a plan, asked in bulk; and which records the next apply has to write again.
#include <algorithm>
#include <chrono>

#include "engine/model/digest.h"
#include "engine/plan/kept.h"
#include "engine/plan/lifecycle.h"
#include "engine/plan/world.h"

namespace plumb {

namespace {

std::optional<Operation> operation_of(Action action) {
  switch (action) {
    case Action::create:
    case Action::replace:
      return Operation::create;
    case Action::update:
      return Operation::update;
    case Action::remove:
      return Operation::remove;
    case Action::no_op:
    case Action::forget:
    case Action::adopt:
    case Action::read:
    case Action::record:
    case Action::deferred:
    case Action::blocked:
      return std::nullopt;
  }
  return std::nullopt;
}

void take_facts(World& world, InstanceNode& instance, PlanFacts facts) {
  PlannedChange& change = world.changes[instance.change];
  for (std::string& warning : facts.warnings) change.warnings.push_back(std::move(warning));
  if (!facts.forces_replacement.empty() && change.action == Action::update) {
    facts.blocked = Error{"the server cannot change `" + facts.forces_replacement.front().str() + "` in place",
                          "replace it with --replace '" + instance.address.str() + "'"};
  }
  if (!facts.blocked) return;
  change.intended = change.action;
  change.action = Action::blocked;
  change.blocked = std::move(*facts.blocked);
  if (!change.blocked->pos.known()) change.blocked->pos = change.pos;
  instance.action = Action::blocked;
  instance.blocked = true;
}

// The record misses a digest, or holds one of something else.
bool digests_stale(const World& world, const InstanceNode& instance) {
  if (!world.in.digest_key) return false;
  const InstanceRecord& record = *instance.record;
  std::size_t leaves = 0;
  for (const auto& [path, leaf] : digested_secrets(*instance.type, instance.desired)) {
    ++leaves;
    if (!leaf.fully_known()) continue;
    const auto it = record.digests.find(path);
    if (it == record.digests.end() || it->second != value_digest(*world.in.digest_key, leaf)) return true;
  }
  if (leaves != record.digests.size()) return true;
  for (const auto& [path, evidence] : instance.live.evidence) {
    if (never_compared(*instance.type, path.root(), instance.desired)) continue;
    if (ignores_change(instance.lifecycle, path)) continue;
    const auto it = record.evidence.find(path);
    if (it == record.evidence.end() || it->second != bytes_digest(*world.in.digest_key, evidence)) return true;
  }
  return false;
}

bool record_stale(World& world, const InstanceNode& instance, std::unordered_map<NodeId, SetId>& memo) {
  const InstanceRecord& record = *instance.record;
  if (record.partial || record.schema_version != instance.type->version) return true;
  if (instance.live_known && !instance.live.server_id.empty() && instance.live.server_id != record.server_id)
    return true;
  if (record.prevent_destroy != instance.lifecycle.prevent_destroy || record.retain != instance.lifecycle.retain)
    return true;
  // Forced on it by a reader, it stays until the record is written for another reason.
  if (instance.lifecycle.create_before_destroy && !record.create_before_destroy) return true;
  if (trigger_of(world, instance) != record.trigger) return true;
  if (!(record.identity == instance.identity)) return true;
  if (record.managed != managed_paths(*instance.type, instance.desired)) return true;
  if (!(kept_attributes(*instance.type, instance.planned, instance.desired) == record.attributes)) return true;
  if (digests_stale(world, instance)) return true;
  const auto set = dependency_set(world, world.sets, world.in.state->uids, instance.node, memo);
  return !set || *set != record.dependencies;
}

}  // namespace

void add_facts(World& world) {
  std::map<std::uint32_t, std::vector<std::uint32_t>> by_provider;
  for (std::uint32_t i = 0; i < world.instances.size(); ++i) {
    const InstanceNode& instance = world.instances[i];
    if (instance.change == kNone || !instance.type->outside_effect || !operation_of(instance.action)) continue;
    if (world.providers[instance.provider].status == ProviderNode::Status::ready)
      by_provider[instance.provider].push_back(i);
  }
  for (const auto& [provider, instances] : by_provider) {
    std::vector<ChangeRequest> requests;
    requests.reserve(instances.size());
    for (const std::uint32_t i : instances) {
      const InstanceNode& instance = world.instances[i];
      const PlannedChange& change = world.changes[instance.change];
      ChangeRequest& request = requests.emplace_back();
      request.operation = *operation_of(instance.action);
      request.type = instance.type;
      request.prior = change.before;
      request.desired = change.after;
      request.server_id = instance.live.server_id;
      for (const PlannedPath& path : change.paths) request.changed.push_back(path.path);
    }
    const auto start = std::chrono::steady_clock::now();
    std::vector<PlanFacts> facts = world.providers[provider].provider->plan_facts(requests);
    world.refresh_time += std::chrono::steady_clock::now() - start;
    for (std::size_t k = 0; k < instances.size() && k < facts.size(); ++k) {
      take_facts(world, world.instances[instances[k]], std::move(facts[k]));
    }
  }
}

void find_stale_records(World& world) {
  if (world.in.options.mode != PlanMode::normal) return;
  std::unordered_map<NodeId, SetId> memo;
  for (InstanceNode& instance : world.instances) {
    if (instance.resource == kNone || instance.phase != Phase::done || world.info[instance.node].failed) continue;
    if (instance.address.data) {
      if (instance.action == Action::no_op && data_record_stale(world, instance)) {
        instance.needs_record = true;
        world.records.push_back({instance.address, "has another answer to record", false});
      }
      continue;
    }
    if (instance.record == nullptr) continue;
    if (instance.record->prevent_destroy && !instance.lifecycle.prevent_destroy && !instance.recovered &&
        !instance.blocked) {
      world.records.push_back({instance.address, "is not protected any more (prevent_destroy: false)", true});
    }
    if (instance.action != Action::no_op || instance.blocked) continue;
    if (!record_stale(world, instance, memo)) continue;
    instance.needs_record = true;
    if (instance.record->prevent_destroy == instance.lifecycle.prevent_destroy || instance.lifecycle.prevent_destroy) {
      world.records.push_back({instance.address, "has computed values, dependencies or digests to record", false});
    }
  }
}

}  // namespace plumb
