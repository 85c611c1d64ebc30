// Records: what state keeps of an instance after its step.
#include <algorithm>

#include "engine/model/digest.h"
#include "engine/plan/kept.h"
#include "engine/plan/lifecycle.h"
#include "engine/plan/world.h"

namespace plumb {

// A node's set is what it read: instances as members, everything else as included sets. Sets of nodes are made once;
// the walk keeps its own stack, because chains of locals may be long.
std::optional<SetId> dependency_set(World& world, InternedSets& sets, const UidTable& uids, NodeId node,
                                    std::unordered_map<NodeId, SetId>& memo) {
  const auto is_join = [&](NodeId n) {
    const NodeKind kind = world.info[n].kind;
    // Behind a data source stands what it was asked with.
    if (kind == NodeKind::instance) return world.instances[world.info[n].index].address.data;
    return kind != NodeKind::group && kind != NodeKind::gate;
  };
  std::vector<std::pair<NodeId, bool>> open{{node, false}};
  bool complete = true;
  std::unordered_set<NodeId> entered;
  while (!open.empty()) {
    const auto [at, ready] = open.back();
    open.pop_back();
    if (!ready) {
      // Pushed by two readers, it is made by the first that comes up: before both of them.
      if (!entered.insert(at).second) continue;
      open.emplace_back(at, true);
      for (const NodeId next : world.info[at].reads) {
        if (is_join(next) && !memo.contains(next) && !entered.contains(next)) open.emplace_back(next, false);
      }
      continue;
    }
    std::vector<std::uint32_t> members;
    std::vector<SetId> includes;
    for (const NodeId next : world.info[at].reads) {
      if (is_join(next)) {
        if (const auto it = memo.find(next); it != memo.end()) includes.push_back(it->second);
      } else if (world.info[next].kind == NodeKind::instance) {
        const InstanceNode& instance = world.instances[world.info[next].index];
        const std::string& uid = !instance.uid.empty()        ? instance.uid
                                 : instance.record != nullptr ? instance.record->uid
                                                              : instance.uid;
        const auto index = uid.empty() ? std::nullopt : uids.find(uid);
        if (index) {
          members.push_back(*index);
        } else {
          complete = false;
        }
      }
    }
    memo[at] = sets.intern(std::move(members), std::move(includes));
  }
  const SetId result = memo.at(node);
  if (!complete) return std::nullopt;
  return result;
}

namespace {

// What stands on the server may be somebody else's secret: it must not be taken for the one that was sent.
void keep_evidence(const InstanceNode& instance, const Path& path, InstanceRecord& record) {
  if (instance.record == nullptr) return;
  const auto before = instance.record->evidence.find(path);
  if (before != instance.record->evidence.end()) record.evidence.insert(*before);
}

}  // namespace

InstanceRecord make_record(World& world, InstanceNode& instance, State& state, const std::string& uid,
                           const Value& attributes, const std::string& server_id, const Evidence& evidence) {
  InstanceRecord record;
  record.uid = uid;
  record.address = instance.address;
  record.provider = world.providers[instance.provider].name;
  record.server_id = server_id;
  record.identity = identity_of(*instance.type, attributes);
  const bool data = instance.address.data;
  record.attributes = data ? kept_answer(*instance.type, attributes, instance.desired)
                           : kept_attributes(*instance.type, attributes, instance.desired);
  record.managed = managed_paths(*instance.type, instance.desired);
  record.schema_version = instance.type->version;
  record.prevent_destroy = instance.lifecycle.prevent_destroy;
  record.retain = instance.lifecycle.retain;
  record.create_before_destroy = instance.lifecycle.create_before_destroy || instance.create_first;
  record.trigger = trigger_of(world, instance).value_or(instance.record != nullptr ? instance.record->trigger : "");
  if (data) {
    // It is asked again: there is nothing to compare.
  } else if (world.in.digest_key) {
    for (const auto& [path, leaf] : digested_secrets(*instance.type, instance.desired)) {
      // What cannot be computed now (the key of a kept secret is gone) keeps its old digest.
      std::string digest = value_digest(*world.in.digest_key, leaf);
      if (!leaf.fully_known() && instance.record != nullptr) {
        if (const auto it = instance.record->digests.find(path); it != instance.record->digests.end())
          digest = it->second;
      }
      record.digests.emplace(path, std::move(digest));
    }
    for (const auto& [path, bytes] : evidence) {
      if (never_compared(*instance.type, path.root(), instance.desired)) continue;
      if (ignores_change(instance.lifecycle, path)) {
        keep_evidence(instance, path, record);
      } else {
        record.evidence.emplace(path, bytes_digest(*world.in.digest_key, bytes));
      }
    }
  } else if (instance.record != nullptr) {
    record.digests = instance.record->digests;
    record.evidence = instance.record->evidence;
  }
  instance.uid = uid;
  state.uids.index(uid);
  std::unordered_map<NodeId, SetId>& memo = world.set_memo;
  dependency_set(world, state.sets, state.uids, instance.node, memo);
  record.dependencies = memo.at(instance.node);
  return record;
}

}  // namespace plumb
