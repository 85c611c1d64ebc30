// Deposed objects: what a replacement that was interrupted left behind is read by its server id, and deleted.
#include <algorithm>

#include "engine/plan/settle.h"
#include "engine/provider_api/contract.h"

namespace plumb {

namespace {

using Key = std::pair<std::uint32_t, const TypeSchema*>;

ReadKey key_of(const Deposed& object) {
  // Its name may be another object's by now.
  return object.server_id.empty() ? ReadKey{object.identity, {}, object.attributes}
                                  : ReadKey{Value(), object.server_id, object.attributes};
}

void obstruct(DeposedNode& node, PlannedChange& change, Action action, Error why) {
  change.action = action;
  change.intended = Action::remove;
  change.blocked = std::move(why);
  node.blocked = true;
}

void plan_one(World& world, DeposedNode& node, const ReadResult* live) {
  const InstanceNode& instance = world.instances[node.instance];
  const ProviderNode& provider = world.providers[instance.provider];
  const Deposed& object = *node.object;
  const bool other =
      live != nullptr && !object.server_id.empty() && !live->server_id.empty() && live->server_id != object.server_id;
  if (live != nullptr && (live->status == ReadResult::Status::absent || other)) {
    world.records.push_back(
        {instance.address, "what an earlier replacement left behind is gone from the server", false});
    return;
  }
  node.change = static_cast<std::uint32_t>(world.changes.size());
  PlannedChange& change = world.changes.emplace_back();
  change.address = instance.address;
  change.provider = provider.name;
  change.type = instance.type;
  change.deposed = object.id;
  change.action = Action::remove;
  change.identity = object.identity;
  change.before = live != nullptr && live->status == ReadResult::Status::present ? live->value : object.attributes;
  change.timeouts = instance.lifecycle.timeouts;
  change.reason = "because an earlier replacement left it behind";
  if (instance.resource != kNone) change.pos = world.resources[instance.resource].block->pos;
  if (instance.record->prevent_destroy) {
    change.warnings.emplace_back(
        "it goes although its instance is protected (prevent_destroy): it was already replaced");
  }
  if (provider.status == ProviderNode::Status::unavailable) {
    return obstruct(node, change, Action::blocked, unavailable(world, "its provider is configured by"));
  }
  if (provider.status != ProviderNode::Status::ready && world.in.options.refresh != Refresh::none) {
    return obstruct(node, change, Action::deferred,
                    Error{"its provider is configured by something that this plan changes", "apply, then plan again"});
  }
  if (live != nullptr && live->status == ReadResult::Status::unreadable) {
    obstruct(node, change, Action::blocked, live->error);
  }
}

// One bulk read for each provider instance and type; answers in the order of `nodes`.
std::vector<std::optional<ReadResult>> read_all(World& world, const std::vector<DeposedNode>& nodes) {
  std::vector<std::optional<ReadResult>> out(nodes.size());
  std::map<Key, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const InstanceNode& instance = world.instances[nodes[i].instance];
    if (world.providers[instance.provider].status != ProviderNode::Status::ready) continue;
    groups[{instance.provider, instance.type}].push_back(i);
  }
  for (const auto& [key, members] : groups) {
    Provider* provider = world.providers[key.first].provider.get();
    std::vector<ReadKey> keys;
    for (const std::size_t i : members) keys.push_back(key_of(*nodes[i].object));
    world.pool->submit(
        [&out, provider, type = key.second, keys = std::move(keys), members = members]() -> WorkerPool::Completion {
          auto results = std::make_shared<std::vector<ReadResult>>(provider->read_many(*type, keys));
          check_read(*type, keys, *results);
          return [&out, results, members] {
            for (std::size_t k = 0; k < members.size() && k < results->size(); ++k) {
              out[members[k]] = std::move((*results)[k]);
            }
          };
        });
  }
  while (world.pool->pending() > 0) world.pool->wait();
  return out;
}

// A replacement that was killed while it made the new object, and that nobody wants any more: state names the old
// object, and the new one may be there too. It is said, and never deleted on a guess.
void warn_unfinished(World& world) {
  for (const auto& [id, intent] : world.in.state->pending) {
    if (intent.action != IntentAction::create) continue;
    const auto record = world.in.state->instances.find(intent.address);
    if (record == world.in.state->instances.end() || record->second.identity == intent.identity) continue;
    const auto seen = world.records_seen.find(&record->second);
    if (seen == world.records_seen.end()) continue;
    if (world.instances[seen->second].identity == intent.identity) continue;  // this plan completes it
    world.diagnostics->warning("an interrupted apply may have made another object for " + intent.address.str() + ": " +
                                   identity_text(*world.instances[seen->second].type, intent.identity),
                               "look on the server, and remove it there if nobody wants it", {});
  }
}

}  // namespace

void plan_deposed(World& world) {
  if (world.in.options.mode == PlanMode::validate) return;
  warn_unfinished(world);
  std::vector<DeposedNode> found;
  for (const auto& [address, record] : world.in.state->instances) {
    if (record.deposed.empty()) continue;
    const auto seen = world.records_seen.find(&record);
    if (seen == world.records_seen.end() || !targeted(world, address)) continue;
    const NodeId provider = world.providers[world.instances[seen->second].provider].node;
    if (world.in.options.refresh != Refresh::none) world.work.request(provider);
    for (const Deposed& object : record.deposed) found.push_back({seen->second, &object, kNone, false});
  }
  if (found.empty()) return;
  drain(world);
  std::vector<std::optional<ReadResult>> live(found.size());
  if (world.in.options.refresh != Refresh::none) live = read_all(world, found);
  for (std::size_t i = 0; i < found.size(); ++i) plan_one(world, found[i], live[i] ? &*live[i] : nullptr);
  world.deposed = std::move(found);
}

}  // namespace plumb
