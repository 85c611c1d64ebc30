// Expansion: `for_each` and `when` make instances of a resource.
#include <algorithm>

#include "engine/plan/world.h"

namespace plumb {

namespace {

std::uint32_t add_instance(World& world, std::uint32_t resource_index, std::optional<std::string> key,
                           Value each_value) {
  const auto index = static_cast<std::uint32_t>(world.instances.size());
  const ResourceNode& resource = world.resources[resource_index];
  InstanceNode instance;
  instance.resource = resource_index;
  instance.address = resource.address;
  instance.address.key = std::move(key);
  instance.each_value = std::move(each_value);
  instance.provider = resource.provider;
  instance.type = resource.type;
  instance.node = world.add_node(NodeKind::instance, index);
  if (resource.check == nullptr) instance.record = world.record_of(instance.address);
  if (instance.record != nullptr) {
    instance.recovered = !world.in.state->instances.contains(instance.address);
    world.records_seen.emplace(instance.record, index);
  }
  world.instances.push_back(std::move(instance));
  return index;
}

// The keys and values of `for_each`; false after an error.
bool read_keys(World& world, const Tree& tree, const std::string& of, const Value& value,
               std::vector<std::pair<std::string, Value>>& out) {
  const std::string what = of + ": for_each";
  if (value.sensitive()) {
    world.diagnostics->error(what + " is a secret, and its keys would be shown", "take keys that are not secret",
                             tree.pos);
    return false;
  }
  if (value.is_map()) {
    for (const auto& [key, item] : value.as_map()) out.emplace_back(key, item);
    return true;
  }
  if (!value.is_list()) {
    world.diagnostics->error(
        what + " must be a map, a set or a list of unique strings, got " + std::string(value.kind_name()),
        "write a map, or a list such as [a, b]", tree.pos);
    return false;
  }
  std::unordered_map<std::string, std::size_t> seen;
  for (std::size_t i = 0; i < value.as_list().size(); ++i) {
    const Value& item = value.as_list()[i];
    const SourcePos pos = position_at(tree, Path() / static_cast<std::int64_t>(i));
    if (!item.is_string() || item.sensitive()) {
      world.diagnostics->error(
          what + ": element " + std::to_string(i + 1) + " is " +
              (item.sensitive() ? std::string("a secret") : "of kind " + std::string(item.kind_name())),
          "keys are strings; use a map for anything else", pos);
      return false;
    }
    const auto [it, added] = seen.emplace(item.as_string(), i);
    if (!added) {
      world.diagnostics->error(what + " has " + quoted(item.as_string()) + " twice (elements " +
                                   std::to_string(it->second + 1) + " and " + std::to_string(i + 1) + ")",
                               "remove one; `unique(list)` does it", pos);
      return false;
    }
    out.emplace_back(item.as_string(), item);
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return true;
}

// A list with an unknown element has unknown keys; a map's values may be unknown.
bool keys_unknown(const Value& value) {
  if (value.is_unknown() || value.is_unavailable()) return true;
  return value.is_list() && std::any_of(value.as_list().begin(), value.as_list().end(),
                                        [](const Value& item) { return item.is_unknown() || item.is_unavailable(); });
}

using Status = Expansion::Status;

// single: yes.
Status evaluate_when(World& world, EvalScope& scope, const std::optional<Tree>& when, const std::string& what) {
  if (!when) return Status::single;
  Value value;
  const Evaluated status = evaluate_typed(world, scope, *when, *bool_type(), what + ": when", value);
  if (status == Evaluated::wait) return Status::wait;
  if (status == Evaluated::failed) return Status::failed;
  if (value.any_sensitive()) {
    world.diagnostics->error(what + ": `when` is a secret, and its outcome would be shown",
                             "decide by something that is not secret", when->pos);
    return Status::failed;
  }
  if (!value.fully_known()) return Status::deferred;
  return value.is_bool() && value.as_bool() ? Status::single : Status::absent;
}

}  // namespace

Expansion expand_block(World& world, EvalScope& scope, const std::optional<Tree>& for_each,
                       const std::optional<Tree>& when, const std::string& what) {
  Expansion out;
  out.status = evaluate_when(world, scope, when, what);
  if (out.status != Status::single || !for_each) return out;
  Value each;
  const Evaluated status = evaluate_typed(world, scope, *for_each, *any_type(), what + ": for_each", each);
  if (status == Evaluated::wait) {
    out.status = Status::wait;
  } else if (status == Evaluated::failed) {
    out.status = Status::failed;
  } else if (keys_unknown(each)) {
    out.status = Status::deferred;
  } else {
    out.status = read_keys(world, *for_each, what, each, out.keys) ? Status::keyed : Status::failed;
    if (out.status == Status::failed) out.keys.clear();
  }
  return out;
}

bool run_resource(World& world, std::uint32_t index) {
  const ResourceBlock& block = *world.resources[index].block;
  const NodeId node = world.resources[index].node;
  const std::uint32_t scope_index = world.resources[index].scope;
  if (!hints_ready(world, node, world.resources[index].meta_hints)) return false;
  EvalScope scope{node, scope_index, {}, {}, false};
  Expansion expansion = expand_block(world, scope, block.for_each, block.when, world.resources[index].address.str());
  if (expansion.status == Status::wait) return false;
  if (scope_index != 0) scope.reads.push_back(world.scopes[scope_index].node);
  bool failed = expansion.status == Status::failed;
  if (!store_reads(world, scope, world.resources[index].meta_hints, block.pos)) failed = true;

  std::vector<std::uint32_t> instances;
  if (!failed && expansion.status == Status::single) {
    instances.push_back(add_instance(world, index, std::nullopt, Value()));
  }
  if (!failed) {
    for (auto& [key, value] : expansion.keys) instances.push_back(add_instance(world, index, key, std::move(value)));
  }
  ResourceNode& resource = world.resources[index];
  for (const std::uint32_t i : instances) {
    if (world.instances[i].address.key) resource.by_key.emplace(*world.instances[i].address.key, i);
  }
  if (world.in.options.mode != PlanMode::destroy) {
    for (const std::uint32_t i : instances) {
      if (targeted(world, world.instances[i].address)) world.work.request(world.instances[i].node);
    }
  }
  resource.instances = std::move(instances);
  resource.absent = expansion.status == Status::absent;
  resource.deferred = expansion.status == Status::deferred;
  resource.expanded = true;
  world.info[resource.node].failed = failed;
  return true;
}

}  // namespace plumb
