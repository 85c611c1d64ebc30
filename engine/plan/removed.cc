// `removed` blocks: what becomes of objects that left configuration.
#include <algorithm>

#include "engine/plan/lifecycle.h"

namespace plumb {

namespace {

// How much of an address is said: an instance says more than a resource, and that more than its module.
std::size_t detail(const Address& address) {
  return 4 * address.modules.size() + (address.is_module() ? 0 : 2) + (address.key ? 1 : 0);
}

}  // namespace

std::vector<Removal> removals_of(const World& world) {
  std::vector<Removal> out;
  for (const ScopeNode& scope : world.scopes) {
    if (scope.document == nullptr) continue;
    for (const RemovedBlock& block : scope.document->removed) {
      Removal removal{&block, block.from};
      removal.from.modules.insert(removal.from.modules.begin(), scope.path.begin(), scope.path.end());
      out.push_back(std::move(removal));
    }
  }
  return out;
}

const Removal* removal_for(const std::vector<Removal>& removals, const Address& address) {
  const Removal* best = nullptr;
  if (address.data) return best;
  for (const Removal& removal : removals) {
    if (!removal.from.covers(address)) continue;
    if (best == nullptr || detail(removal.from) > detail(best->from)) best = &removal;
  }
  return best;
}

void check_removals(World& world, const std::vector<Removal>& removals) {
  for (const Removal& removal : removals) {
    const InstanceNode* there = nullptr;
    for (const InstanceNode& instance : world.instances) {
      if (instance.resource == kNone || instance.address.data || !removal.from.covers(instance.address)) continue;
      if (there == nullptr || instance.address < there->address) there = &instance;
    }
    const ResourceNode* block = there != nullptr ? &world.resources[there->resource] : nullptr;
    for (const ResourceNode& resource : world.resources) {
      if (block == nullptr && !resource.address.data && removal.from.covers(resource.address)) block = &resource;
    }
    if (block == nullptr) continue;
    Diagnostic diagnostic{Severity::error, "removed: " + removal.from.str() + " is still in configuration",
                          "delete its block, or this removal", removal.block->pos};
    diagnostic.related.emplace_back(block->block->pos, "it is here");
    world.diagnostics->add(std::move(diagnostic));
  }
}

}  // namespace plumb
