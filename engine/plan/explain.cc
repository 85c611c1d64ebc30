// Why a step exists: the causing path, where configuration says it, and the upstream step behind it.
#include <algorithm>

#include "engine/plan/settle.h"

namespace plumb {

namespace {

const AttributeEntry* entry_of(const ResourceBlock& block, std::string_view name) {
  for (const AttributeEntry& entry : block.attributes) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

// The first instance behind a node that changes in this plan; what an instance reads itself is its own business.
std::optional<Address> changed_behind(const World& world, NodeId start) {
  std::vector<NodeId> open{start};
  std::unordered_set<NodeId> seen{start};
  while (!open.empty()) {
    const NodeId node = open.back();
    open.pop_back();
    const NodeInfo& info = world.info[node];
    if (info.kind == NodeKind::instance) {
      const InstanceNode& instance = world.instances[info.index];
      if (mutates(instance.action)) return instance.address;
      if (!instance.address.data) continue;
    }
    if (info.kind == NodeKind::provider || info.kind == NodeKind::group) continue;
    for (const NodeId next : info.reads) {
      if (seen.insert(next).second) open.push_back(next);
    }
  }
  return std::nullopt;
}

// Ten thousand readers of one local ask the same; what is done answers the same ever after.
std::optional<Address> change_behind(World& world, NodeId node) {
  const auto known = world.changed_behind.find(node);
  if (known != world.changed_behind.end()) return known->second;
  auto address = changed_behind(world, node);
  if (world.work.done(node)) world.changed_behind.emplace(node, address);
  return address;
}

}  // namespace

// What was really read first, then what may be read.
std::optional<Address> upstream_of(World& world, const InstanceNode& reader, const Tree& tree) {
  const std::vector<Hint> hints = hints_of(world, world.resources[reader.resource].scope, tree);
  for (const Hint& hint : hints) {
    if (hint.kind != Hint::Kind::resource) continue;
    for (const NodeId node : world.info[reader.node].reads) {
      const NodeInfo& info = world.info[node];
      if (info.kind != NodeKind::instance || world.instances[info.index].resource != hint.index) continue;
      if (mutates(world.instances[info.index].action)) return world.instances[info.index].address;
    }
  }
  for (const Hint& hint : hints) {
    if (auto address = change_behind(world, hint_node(world, hint))) return address;
  }
  return std::nullopt;
}

std::optional<Address> changed_upstream(World& world, const InstanceNode& instance) {
  for (const NodeId node : world.info[instance.node].reads) {
    if (auto address = change_behind(world, node)) return address;
  }
  return std::nullopt;
}

void explain(World& world, const InstanceNode& instance, std::vector<PlannedPath>& paths) {
  if (instance.resource == kNone) return;
  const ResourceBlock& block = *world.resources[instance.resource].block;
  for (PlannedPath& path : paths) {
    const AttributeEntry* entry = entry_of(block, path.path.root());
    if (entry == nullptr) continue;
    const auto& steps = path.path.steps();
    path.pos = position_at(entry->value, Path(std::vector<PathStep>(steps.begin() + 1, steps.end())));
    if (path.why != Why::configuration || entry->value.constant()) continue;
    path.upstream = upstream_of(world, instance, entry->value);
    if (path.upstream) path.why = Why::upstream;
  }
}

std::string reason_of(const World& world, const InstanceNode& instance, const std::vector<PlannedPath>& paths) {
  if (paths.empty()) return {};
  const auto forcing =
      std::find_if(paths.begin(), paths.end(), [](const PlannedPath& path) { return path.forces_replacement; });
  const PlannedPath& path = forcing != paths.end() ? *forcing : paths.front();
  const std::string name = "`" + path.path.str() + "`";
  switch (path.why) {
    case Why::configuration:
      return "because " + name + " changed" + (path.pos.known() ? " in " + path.pos.line_str() : "");
    case Why::drift:
      return "because " + name + " was changed outside Plumb";
    case Why::unset: {
      const ResourceBlock* block = instance.resource == kNone ? nullptr : world.resources[instance.resource].block;
      return "because " + name + " is not set" + (block != nullptr ? " in " + block->pos.file.str() : "");
    }
    case Why::released:
      return "because " + name + " was released";
    case Why::upstream:
      return "because " + name + " comes from " + (path.upstream ? path.upstream->str() : "another resource");
    case Why::elapsed:
      return "because the time of " + name + " is over";
    case Why::outside:
      return {};
  }
  return {};
}

Error unavailable(const World& world, const std::string& what) {
  if (world.in.digest_key) return Error{what + " a secret that could not be read", "see what blocks it"};
  return Error{what + " a secret that key " + world.in.key_id + " seals, and the key is missing",
               "restore the key from its backup"};
}

}  // namespace plumb
