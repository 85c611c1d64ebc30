// What `lifecycle`, `timeouts`, `hold`, `removed` and `ignore` say of one instance. Internal to plan/.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/plan/world.h"

namespace plumb {

// lifecycle.cc
// Evaluates everything but the conditions; what is read counts as read by the instance.
Evaluated evaluate_lifecycle(World& world, EvalScope& scope, const InstanceNode& instance, const ResourceBlock& block,
                             Lifecycle& out);
// What the record keeps of `replace_when`: empty without one, as it was when it cannot be told (the key is missing).
// nullopt: known only after apply.
std::optional<std::string> trigger_of(const World& world, const InstanceNode& instance);
// Why `replace_when` replaces the object; nullopt: it does not.
std::optional<std::string> triggered(World& world, const InstanceNode& instance);

// conditions.cc
// In plan, after settling: preconditions, postconditions and `hold` may block what was chosen. False while waiting.
bool run_conditions(World& world, std::uint32_t instance);
// In apply, as InstanceNode::checking says; what does not hold is an error. False while waiting.
bool run_open_conditions(World& world, std::uint32_t instance);

// ignore.cc
// `ignore_changes` covers this path.
bool ignores_change(const Lifecycle& lifecycle, const Path& path);
// The paths that `ignore` rules hide of this instance.
std::vector<Path> ignored_paths(const World& world, const Address& instance);
// Rules that matched nothing are told.
void warn_idle_ignores(World& world);

// removed.cc
struct Removal {
  const RemovedBlock* block = nullptr;
  Address from;  // seen from the stack
};
std::vector<Removal> removals_of(const World& world);
// The one that says most about this address; null for none.
const Removal* removal_for(const std::vector<Removal>& removals, const Address& address);
// What is to be removed must have left configuration.
void check_removals(World& world, const std::vector<Removal>& removals);

}  // namespace plumb
