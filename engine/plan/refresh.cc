// Refresh: one bulk read per provider instance and type for what state knows, and one more per nesting level for what
// is new.
#include "engine/plan/world.h"
#include "engine/provider_api/contract.h"

namespace plumb {

namespace {

using Results = std::shared_ptr<std::vector<ReadResult>>;

// Reads on a worker; `then` runs on the owner's thread.
void read_on_pool(World& world, std::uint32_t provider, const TypeSchema* type, std::vector<ReadKey> keys,
                  std::function<void(Results)> then) {
  Provider* object = world.providers[provider].provider.get();
  world.pool->submit(
      [&world, object, type, keys = std::move(keys), then = std::move(then)]() -> WorkerPool::Completion {
        const auto start = std::chrono::steady_clock::now();
        auto results = std::make_shared<std::vector<ReadResult>>(object->read_many(*type, keys));
        check_read(*type, keys, *results);
        const auto took = std::chrono::steady_clock::now() - start;
        return [&world, results, then, took] {
          world.refresh_time += took;
          then(results);
        };
      });
}

}  // namespace

std::uint32_t group_for(World& world, std::uint32_t provider, const TypeSchema* type) {
  const auto key = std::make_pair(provider, type);
  if (const auto it = world.group_by_key.find(key); it != world.group_by_key.end()) return it->second;
  const auto index = static_cast<std::uint32_t>(world.groups.size());
  GroupNode& group = world.groups.emplace_back();
  group.provider = provider;
  group.type = type;
  group.node = world.add_node(NodeKind::group, index);
  world.group_by_key.emplace(key, index);
  return index;
}

bool run_group(World& world, std::uint32_t index) {
  const std::uint32_t provider_index = world.groups[index].provider;
  if (!world.work.need(world.providers[provider_index].node, false)) return false;
  GroupNode& group = world.groups[index];
  if (group.started) return true;
  group.started = true;
  const ProviderNode& provider = world.providers[provider_index];
  if (provider.status != ProviderNode::Status::ready || group.records.empty()) {
    group.skipped = provider.status != ProviderNode::Status::ready;
    return true;
  }
  std::vector<ReadKey> keys;
  keys.reserve(group.records.size());
  for (const InstanceRecord* record : group.records) keys.push_back({record->identity, record->server_id});
  world.work.hold();
  read_on_pool(world, provider_index, group.type, std::move(keys), [&world, index](const Results& results) {
    GroupNode& done = world.groups[index];
    done.results = std::move(*results);
    done.index.reserve(done.records.size());
    for (std::uint32_t i = 0; i < done.records.size(); ++i) done.index.emplace(done.records[i], i);
    world.work.resume(done.node);
  });
  return false;
}

const ReadResult* group_result(const World& world, const InstanceRecord* record, std::uint32_t provider,
                               const TypeSchema* type) {
  const auto it = world.group_by_key.find({provider, type});
  if (it == world.group_by_key.end()) return nullptr;
  const GroupNode& group = world.groups[it->second];
  const auto at = group.index.find(record);
  return at == group.index.end() ? nullptr : &group.results[at->second];
}

bool flush_pending(World& world) {
  if (world.pending.empty()) return false;
  auto pending = std::move(world.pending);
  world.pending.clear();
  for (auto& [key, reads] : pending) {
    std::vector<ReadKey> keys;
    std::vector<std::pair<std::uint32_t, bool>> instances;
    for (PendingRead& read : reads) {
      keys.push_back(std::move(read.key));
      instances.emplace_back(read.instance, read.new_name);
    }
    read_on_pool(world, key.first, key.second, std::move(keys),
                 [&world, instances = std::move(instances)](const Results& results) {
                   for (std::size_t i = 0; i < instances.size(); ++i) {
                     const auto [index, new_name] = instances[i];
                     InstanceNode& instance = world.instances[index];
                     (new_name ? instance.taken : instance.live) = std::move((*results)[i]);
                     (new_name ? instance.taken_known : instance.live_known) = true;
                     world.work.resume(instance.node);
                   }
                 });
  }
  return true;
}

}  // namespace plumb
