#include "engine/plan/references.h"

#include "engine/base/text.h"
#include "engine/plan/kept.h"

namespace plumb {

namespace {

// The objects behind a node that have secrets and keep them, through locals, inputs and modules. Sorted.
std::set<std::string> keepers_behind(const World& world, NodeId node) {
  std::set<std::string> out;
  std::vector<NodeId> open{node};
  std::unordered_set<NodeId> seen{node};
  while (!open.empty()) {
    const NodeId at = open.back();
    open.pop_back();
    const NodeInfo& info = world.info[at];
    if (info.kind == NodeKind::provider || info.kind == NodeKind::resource) continue;
    if (info.kind == NodeKind::instance) {
      const InstanceNode& instance = world.instances[info.index];
      const bool keeps = instance.address.data ? answers_secrets(*instance.type) : kept_by_server(*instance.type);
      if (keeps) out.insert(instance.address.str());
      continue;
    }
    for (const NodeId next : info.reads) {
      if (seen.insert(next).second) open.push_back(next);
    }
  }
  return out;
}

}  // namespace

OutputRecord output_record(const World& world, const OutputNode& output) {
  OutputRecord record{output.block->sensitive, output.value, {}};
  // One that is not known yet may become a secret.
  if (!output.value.any_sensitive() && !output.value.any_unknown()) return record;
  const std::set<std::string> keepers = keepers_behind(world, output.node);
  if (keepers.empty()) return record;
  record.reference = join({keepers.begin(), keepers.end()}, ", ");
  record.value = Value().with_sensitive();
  return record;
}

}  // namespace plumb
