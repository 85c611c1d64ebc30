// Containers: what an instance is inside of, found by identity; and what a container's new name does to it.
#include <algorithm>

#include "engine/plan/settle.h"

namespace plumb {

namespace {

// The container's identity, taken from our attributes; nullopt when one of them is null or not known.
std::optional<Value> container_identity(const Container& container, const Value& attributes) {
  ValueMap identity;
  for (const auto& [theirs, ours] : container.identity) {
    const Value value = attributes.get(ours);
    if (value.is_null() || !value.fully_known()) return std::nullopt;
    identity.set(theirs, value);
  }
  return Value(std::move(identity));
}

const TypeSchema* container_type(const World& world, const InstanceNode& instance, const Container& container) {
  return world.providers[instance.provider].kind->schema().find(container.type);
}

std::optional<std::string> container_key(const World& world, const InstanceNode& instance, const Container& container,
                                         const Value& attributes) {
  const TypeSchema* type = container_type(world, instance, container);
  const auto identity = container_identity(container, attributes);
  if (type == nullptr || !identity) return std::nullopt;
  const auto key = identity_key(*type, identity_of(*type, *identity));
  if (!key) return std::nullopt;
  return world.scoped_identity(instance.provider, *type, *key);
}

// The record that our record is inside of, by identity, and the instance that stands for it in this plan.
struct Holder {
  const InstanceRecord* record;
  std::uint32_t instance;
};

std::optional<Holder> recorded_holder(const World& world, const InstanceNode& instance, const Container& container) {
  const auto key = container_key(world, instance, container, instance.record->attributes);
  if (!key) return std::nullopt;
  const auto record = world.record_by_identity.find(*key);
  if (record == world.record_by_identity.end()) return std::nullopt;
  const auto seen = world.records_seen.find(record->second);
  if (seen == world.records_seen.end()) return std::nullopt;
  return Holder{record->second, seen->second};
}

// Old and new value of each of our attributes that name a renamed container.
struct Rename {
  std::string attribute;
  Value before;
  Value after;
};

std::vector<Rename> renames_of(const World& world, const InstanceNode& instance) {
  std::vector<Rename> out;
  if (instance.record == nullptr) return out;
  for (const Container& container : instance.type->containers) {
    const auto held = recorded_holder(world, instance, container);
    if (!held) continue;
    const InstanceNode& holder = world.instances[held->instance];
    if (!holder.identity_key || holder.action == Action::replace) continue;
    for (const auto& [theirs, ours] : container.identity) {
      const Value before = held->record->identity.get(theirs);
      const Value after = holder.identity.get(theirs);
      if (!(before == after) && after.fully_known()) out.push_back({ours, before, after});
    }
  }
  return out;
}

// Containers that somebody renamed on the server: our attributes, what state has there and what the server has now; and
// the way back to the names that configuration gives them.
struct OutsideRenames {
  std::vector<Rename> there, back;
};

OutsideRenames outside_renames_of(const World& world, const InstanceNode& instance) {
  OutsideRenames out;
  for (const Container& container : instance.type->containers) {
    const auto held = recorded_holder(world, instance, container);
    if (!held) continue;
    const InstanceNode& holder = world.instances[held->instance];
    if (!holder.live_known || holder.live.status != ReadResult::Status::present) continue;
    for (const auto& [theirs, ours] : container.identity) {
      const Value before = held->record->identity.get(theirs);
      const Value now = holder.live.value.get(theirs);
      if (before == now) continue;
      out.there.push_back({ours, before, now});
      out.back.push_back({ours, now, holder.identity.is_map() ? holder.identity.get(theirs) : before});
    }
  }
  return out;
}

Value renamed(Value attributes, const std::vector<Rename>& renames) {
  if (!attributes.is_map()) return attributes;
  ValueMap map = attributes.as_map();
  for (const Rename& rename : renames) {
    const Value* value = map.find(rename.attribute);
    if (value != nullptr && *value == rename.before) map.set(rename.attribute, rename.after);
  }
  return Value(std::move(map));
}

}  // namespace

std::optional<std::uint32_t> container_of(const World& world, const InstanceNode& instance, const Container& container,
                                          const Value& attributes) {
  const auto key = container_key(world, instance, container, attributes);
  if (!key) return std::nullopt;
  const auto it = world.instance_by_identity.find(*key);
  if (it == world.instance_by_identity.end()) return std::nullopt;
  return it->second;
}

std::vector<std::uint32_t> recorded_containers(const World& world, const InstanceNode& instance) {
  std::vector<std::uint32_t> out;
  if (instance.record == nullptr) return out;
  for (const Container& container : instance.type->containers) {
    if (const auto held = recorded_holder(world, instance, container)) out.push_back(held->instance);
  }
  return out;
}

Value identity_after_renames(const World& world, const InstanceNode& instance) {
  return renamed(instance.record->identity, renames_of(world, instance));
}

bool moves_identity(const InstanceNode& instance) {
  if (instance.record == nullptr || instance.type->identity.empty()) return false;
  const auto before = identity_key(*instance.type, instance.record->identity);
  return instance.identity_key && before != instance.identity_key;
}

namespace {

// Not found under its old name, and meant to have another: it may have moved there with something that is not ours to
// follow (a database renamed through another provider instance). The server id tells.
bool moved_ready(World& world, std::uint32_t index) {
  InstanceNode& instance = world.instances[index];
  if (!moves_identity(instance)) return true;
  if (!instance.taken_known) {
    world.pending[{instance.provider, instance.type}].push_back({index, ReadKey{instance.identity, {}}, true});
    world.work.hold();
    return false;
  }
  if (instance.taken.status == ReadResult::Status::absent || left_behind(instance, instance.taken) ||
      interrupted_create(world, instance)) {
    return true;
  }
  const bool ours = instance.taken.status == ReadResult::Status::present && !instance.record->server_id.empty() &&
                    instance.taken.server_id == instance.record->server_id;
  instance.live = std::move(instance.taken);
  instance.taken = {};
  instance.taken_known = false;
  if (!ours) instance.record = nullptr;
  return true;
}

// What is inside of something that was renamed outside is looked up where it is now.
bool followed_ready(World& world, std::uint32_t index, const OutsideRenames& renames) {
  InstanceNode& instance = world.instances[index];
  if (!instance.taken_known) {
    ReadKey key{renamed(instance.record->identity, renames.there), instance.record->server_id,
                known_of(world, *instance.record)};
    world.pending[{instance.provider, instance.type}].push_back({index, std::move(key), true});
    world.work.hold();
    return false;
  }
  if (instance.taken.status == ReadResult::Status::present && instance.taken.server_id == instance.record->server_id) {
    instance.live = std::move(instance.taken);
    instance.live.value = renamed(std::move(instance.live.value), renames.back);
  }
  instance.taken = {};
  instance.taken_known = false;
  return true;
}

}  // namespace

bool new_identity_ready(World& world, std::uint32_t index) {
  InstanceNode& instance = world.instances[index];
  if (!instance.live_known || instance.record == nullptr) return true;
  const std::vector<Rename> renames = renames_of(world, instance);
  if (!renames.empty() && instance.renamed == nullptr) {
    auto record = std::make_shared<InstanceRecord>(*instance.record);
    record->attributes = renamed(std::move(record->attributes), renames);
    record->identity = renamed(std::move(record->identity), renames);
    instance.renamed = std::move(record);
  }
  if (instance.live.status == ReadResult::Status::absent) {
    const OutsideRenames outside = outside_renames_of(world, instance);
    if (!outside.there.empty()) return followed_ready(world, index, outside);
    return renames.empty() ? moved_ready(world, index) : true;
  }
  if (instance.live.status != ReadResult::Status::present) return true;
  if (!renames.empty()) instance.live.value = renamed(std::move(instance.live.value), renames);
  const auto live_key = identity_key(*instance.type, identity_of(*instance.type, instance.live.value));
  if (!instance.identity_key || live_key == instance.identity_key || instance.taken_known) return true;
  // A name inside something that is renamed as well cannot be taken under a name that does not exist yet.
  if (!renames.empty()) return true;
  world.pending[{instance.provider, instance.type}].push_back({index, ReadKey{instance.identity, {}}, true});
  world.work.hold();
  return false;
}

}  // namespace plumb
