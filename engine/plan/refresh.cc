// Refresh: one bulk read per provider instance and type for what state knows, and one more per nesting level for what
// is new.
#include <algorithm>

#include "engine/plan/kept.h"
#include "engine/plan/world.h"
#include "engine/provider_api/contract.h"

namespace plumb {

namespace {

using Results = std::shared_ptr<std::vector<ReadResult>>;

// One bulk read; `records` are what state has of the keys, null where it has nothing.
struct BulkRead {
  Provider* provider = nullptr;
  const TypeSchema* type = nullptr;
  std::vector<ReadKey> keys;
  std::vector<const InstanceRecord*> records;
  bool has_key = false;  // digests can be compared
};

// Secrets that have not moved, and that state cannot compare unseen (too short for a digest, or their key is missing),
// are fetched after all.
void read_in_full(const BulkRead& read, std::vector<ReadResult>& results) {
  std::vector<std::size_t> again;
  std::vector<ReadKey> keys;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto& unmoved = results[i].unmoved;
    const bool blind =
        read.records[i] != nullptr && std::any_of(unmoved.begin(), unmoved.end(), [&](const Path& path) {
          const Attribute* attribute = read.type->find(path.root());
          return !attribute->write_only && !comparable_unseen(*read.type, *read.records[i], path, read.has_key);
        });
    if (!blind) continue;
    again.push_back(i);
    keys.push_back(read.keys[i]);
    keys.back().known = Value();
  }
  if (keys.empty()) return;
  std::vector<ReadResult> whole = read.provider->read_many(*read.type, keys);
  check_read(*read.type, keys, whole);
  for (std::size_t k = 0; k < again.size(); ++k) results[again[k]] = std::move(whole[k]);
}

// Reads on a worker; `then` runs on the owner's thread.
void read_on_pool(World& world, BulkRead read, std::function<void(Results)> then) {
  read.has_key = world.in.digest_key.has_value();
  world.pool->submit([&world, read = std::move(read), then = std::move(then)]() -> WorkerPool::Completion {
    const auto start = std::chrono::steady_clock::now();
    auto results = std::make_shared<std::vector<ReadResult>>(read.provider->read_many(*read.type, read.keys));
    check_read(*read.type, read.keys, *results);
    read_in_full(read, *results);
    const auto took = std::chrono::steady_clock::now() - start;
    return [&world, results, then, took] {
      world.refresh_time += took;
      for (const ReadResult& result : *results) world.tell_redactor(result.value);  // what somebody else put there
      then(results);
    };
  });
}

}  // namespace

Value known_of(const World& world, const InstanceRecord& record) {
  const auto it = world.recovered_by_address.find(record.address);
  return it != world.recovered_by_address.end() && it->second == &record ? Value() : record.attributes;
}

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
  BulkRead read{provider.provider.get(), group.type, {}, group.records};
  read.keys.reserve(group.records.size());
  for (const InstanceRecord* record : group.records) {
    read.keys.push_back({record->identity, record->server_id, known_of(world, *record)});
  }
  world.work.hold();
  read_on_pool(world, std::move(read), [&world, index](const Results& results) {
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
    BulkRead read{world.providers[key.first].provider.get(), key.second, {}, {}};
    std::vector<std::pair<std::uint32_t, bool>> instances;
    for (PendingRead& one : reads) {
      read.records.push_back(one.key.known.is_null() ? nullptr : world.instances[one.instance].record);
      read.keys.push_back(std::move(one.key));
      instances.emplace_back(one.instance, one.new_name);
    }
    read_on_pool(world, std::move(read), [&world, instances = std::move(instances)](const Results& results) {
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
