// The edges between steps: rules (a) to (f) of engine/DESIGN.md, "Order".
#include <algorithm>

#include "engine/plan/ordering.h"
#include "engine/plan/settle.h"

namespace plumb {

void Ordering::index_records() {
  for (const auto& [record, instance] : world_.records_seen) by_uid_.emplace(record->uid, instance);
  deposed_from_ = forwards_ + static_cast<Vertex>(delete_steps_.size());
  sets_from_ = deposed_from_ + static_cast<Vertex>(world_.deposed.size());
  const auto& sets = world_.in.state->sets;
  const bool any = !delete_steps_.empty() || !world_.deposed.empty();
  vertex_count_ = sets_from_ + (any ? 3 * static_cast<Vertex>(sets.size()) : 0);
  gathers_ = !world_.deposed.empty() || std::any_of(delete_steps_.begin(), delete_steps_.end(),
                                                    [&](std::uint32_t i) { return world_.instances[i].create_first; });
}

void Ordering::add_edges() {
  // (a) and (c): a node follows what it reads; nodes without a step pass edges through.
  for (NodeId node = 0; node < world_.info.size(); ++node) {
    for (const NodeId read : world_.info[node].reads) {
      if (read != node) edge(read, node);
    }
  }
  for (const InstanceNode& instance : world_.instances) {
    for (const NodeId read : instance.condition_reads) edge(read, instance.node);
  }
  for (const std::uint32_t i : delete_steps_) {
    const InstanceNode& instance = world_.instances[i];
    if (instance.create_first) {
      edge(instance.node, delete_of_.at(i));  // (d)
    } else if (instance.action == Action::replace) {
      edge(delete_of_.at(i), instance.node);
    }
    // (f): a delete follows the updates of what its provider instance's configuration reads.
    edge(world_.providers[instance.provider].node, delete_of_.at(i), kSoft);
  }
  for (const InstanceNode& instance : world_.instances) {
    if (instance.waits_for == nullptr) continue;
    const auto holder = by_uid_.find(instance.waits_for->uid);
    if (holder == by_uid_.end() || !delete_of_.contains(holder->second)) continue;
    edge(delete_of_.at(holder->second), instance.node);
  }
  if (!delete_steps_.empty() || !world_.deposed.empty()) add_delete_edges();
  if (gathers_) add_reader_edges();
  add_deposed_edges();
}

// What state knows of an instance, told once: in a destroy the desired instance and the record's share it.
const InstanceRecord* Ordering::record_at(std::uint32_t i) const {
  const InstanceRecord* record = world_.instances[i].record;
  if (record == nullptr) return nullptr;
  const auto seen = world_.records_seen.find(record);
  return seen != world_.records_seen.end() && seen->second == i ? record : nullptr;
}

// (b): X's delete follows the delete half of every instance whose recorded dependencies hold X, and the update of
// those that no longer read it. What is replaced may still be read; what is deleted cannot be.
void Ordering::add_delete_edges() {
  // Also what was imported, and has no recorded dependencies yet: a container goes after what is inside.
  for (const std::uint32_t i : delete_steps_) {
    for (const std::uint32_t container : recorded_containers(world_, world_.instances[i])) {
      const auto gone = delete_of_.find(container);
      if (gone != delete_of_.end() && container != i) edge(delete_of_.at(i), gone->second);
    }
  }
  const auto& sets = world_.in.state->sets;
  for (const std::uint32_t i : by_address_) add_instance_set_edges(i);
  for (SetId set = 0; set < sets.size(); ++set) {
    for (const SetId include : sets.includes(set)) {
      edge(set_delete(set), set_delete(include));
      edge(set_all(set), set_all(include));
      if (gathers_) edge(set_forward(set), set_forward(include));
    }
    for (const std::uint32_t member : sets.members(set)) add_member_edges(set, member);
  }
  add_movers();
}

void Ordering::add_instance_set_edges(std::uint32_t i) {
  const InstanceNode& instance = world_.instances[i];
  const InstanceRecord* record = record_at(i);
  if (record == nullptr) return;
  const SetId set = record->dependencies;
  if (set == 0 || set >= world_.in.state->sets.size()) return;
  if (const auto it = delete_of_.find(i); it != delete_of_.end()) {
    edge(it->second, set_delete(set));
    edge(it->second, set_all(set));
  }
  if (const auto it = deposed_of_.find(i); it != deposed_of_.end()) {
    for (const std::uint32_t d : it->second) edge(deposed_from_ + d, set_delete(set), kFirstToGo);
  }
  if (instance.resource == kNone) return;
  edge(instance.node, set_all(set), kFirstToGo);
  if (gathers_) edge(instance.node, set_forward(set));
}

void Ordering::add_member_edges(SetId set, std::uint32_t member) {
  const auto it = by_uid_.find(world_.in.state->uids.uid(member));
  if (it == by_uid_.end()) return;
  if (const auto left = deposed_of_.find(it->second); left != deposed_of_.end()) {
    // Whoever may still use what was left behind steps first.
    for (const std::uint32_t d : left->second) {
      edge(set_delete(set), deposed_from_ + d, kFirstToGo);
      edge(set_forward(set), deposed_from_ + d, kFirstToGo);
    }
  }
  const auto gone = delete_of_.find(it->second);
  if (gone == delete_of_.end()) return;
  const InstanceNode& instance = world_.instances[it->second];
  if (instance.create_first) {
    // (d): its readers move to the new object before the old one goes.
    edge(set_delete(set), gone->second);
    edge(set_forward(set), gone->second);
    return;
  }
  // Who still reads a replaced one follows its create: then the edge into set_all is given up.
  edge(set_all(set), gone->second);
  if (instance.resource != kNone) note_movers(set, it->second);
}

// Instances that read a replaced X before, and do not any more, step before X's delete.
void Ordering::note_movers(SetId set, std::uint32_t replaced) { replaced_in_[set].push_back(replaced); }

void Ordering::add_movers() {
  if (replaced_in_.empty()) return;
  for (const std::uint32_t i : by_address_) {
    const InstanceNode& instance = world_.instances[i];
    const InstanceRecord* record = record_at(i);
    if (record == nullptr) continue;
    if (instance.action != Action::update) continue;
    const auto it = replaced_in_.find(record->dependencies);
    if (it == replaced_in_.end()) continue;
    const auto& reads = world_.info[instance.node].reads;
    for (const std::uint32_t gone : it->second) {
      const bool still = std::find(reads.begin(), reads.end(), world_.instances[gone].node) != reads.end();
      if (!still) edge(instance.node, delete_of_.at(gone), kSoft);
    }
  }
}

// (d), for readers that state does not know of as such: what is read directly.
void Ordering::add_reader_edges() {
  for (const InstanceNode& instance : world_.instances) {
    for (const NodeId read : world_.info[instance.node].reads) {
      const NodeInfo& info = world_.info[read];
      if (info.kind != NodeKind::instance || read == instance.node || !world_.instances[info.index].create_first)
        continue;
      if (const auto gone = delete_of_.find(info.index); gone != delete_of_.end()) edge(instance.node, gone->second);
    }
  }
}

// What was left behind goes before the record does, and before anything is made in its name.
void Ordering::add_deposed_edges() {
  for (std::uint32_t d = 0; d < world_.deposed.size(); ++d) {
    const DeposedNode& deposed = world_.deposed[d];
    const InstanceNode& instance = world_.instances[deposed.instance];
    const TypeSchema& type = *instance.type;
    if (const auto it = delete_of_.find(deposed.instance); it != delete_of_.end()) edge(deposed_from_ + d, it->second);
    const bool same_name =
        instance.identity_key && identity_key(type, deposed.object->identity) == instance.identity_key;
    if (instance.resource != kNone && (same_name || instance.create_first)) edge(deposed_from_ + d, instance.node);
    edge(world_.providers[instance.provider].node, deposed_from_ + d, kSoft);
  }
}

}  // namespace plumb
