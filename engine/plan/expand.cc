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
  instance.address = resource.block->address;
  instance.address.key = std::move(key);
  instance.each_value = std::move(each_value);
  instance.provider = resource.provider;
  instance.type = resource.type;
  instance.node = world.add_node(NodeKind::instance, index);
  instance.record = world.record_of(instance.address);
  if (instance.record != nullptr) {
    instance.recovered = !world.in.state->instances.contains(instance.address);
    world.records_seen.emplace(instance.record, index);
  }
  world.instances.push_back(std::move(instance));
  return index;
}

// The keys and values of `for_each`; false after an error.
bool read_keys(World& world, const ResourceNode& resource, const Value& value,
               std::vector<std::pair<std::string, Value>>& out) {
  const Tree& tree = *resource.block->for_each;
  const std::string what = resource.block->address.str() + ": for_each";
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

// 1 yes, 0 no, -1 unknown, -2 wait, -3 failed
int evaluate_when(World& world, EvalScope& scope, const ResourceBlock& block) {
  if (!block.when) return 1;
  Value value;
  const Evaluated status =
      evaluate_typed(world, scope, *block.when, *bool_type(), block.address.str() + ": when", value);
  if (status == Evaluated::wait) return -2;
  if (status == Evaluated::failed) return -3;
  if (value.any_sensitive()) {
    world.diagnostics->error(block.address.str() + ": `when` is a secret, and its outcome would be shown",
                             "decide by something that is not secret", block.when->pos);
    return -3;
  }
  if (!value.fully_known()) return -1;
  return value.is_bool() && value.as_bool() ? 1 : 0;
}

}  // namespace

bool run_resource(World& world, ResourceNode& resource_in) {
  const auto index = static_cast<std::uint32_t>(&resource_in - world.resources.data());
  const ResourceBlock& block = *resource_in.block;
  if (!hints_ready(world, resource_in.node, resource_in.meta_hints)) return false;
  EvalScope scope{resource_in.node, nullptr, {}, false};
  const int when = evaluate_when(world, scope, block);
  if (when == -2) return false;
  Value each;
  std::vector<std::pair<std::string, Value>> keys;
  bool failed = when == -3;
  bool deferred = when == -1;
  if (when == 1 && block.for_each) {
    const Evaluated status =
        evaluate_typed(world, scope, *block.for_each, *any_type(), block.address.str() + ": for_each", each);
    if (status == Evaluated::wait) return false;
    failed = status == Evaluated::failed;
    deferred = !failed && (each.is_unknown() || each.is_unavailable());
    if (!failed && !deferred) failed = !read_keys(world, resource_in, each, keys);
  }
  if (!store_reads(world, scope, resource_in.meta_hints, block.pos)) failed = true;

  std::vector<std::uint32_t> instances;
  if (!failed && !deferred && when == 1) {
    if (block.for_each) {
      for (auto& [key, value] : keys) instances.push_back(add_instance(world, index, key, std::move(value)));
    } else {
      instances.push_back(add_instance(world, index, std::nullopt, Value()));
    }
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
  resource.absent = when == 0;
  resource.deferred = deferred;
  resource.expanded = true;
  world.info[resource.node].failed = failed;
  return true;
}

}  // namespace plumb
