// Desired: what configuration says of one instance, typed and canonical, and the identity it gives.
#include <algorithm>

#include "engine/plan/kept.h"
#include "engine/plan/lifecycle.h"
#include "engine/plan/settle.h"

namespace plumb {

namespace {

const AttributeEntry* entry_of(const ResourceBlock& block, std::string_view name) {
  for (const AttributeEntry& entry : block.attributes) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

Evaluated evaluate_attribute(World& world, EvalScope& scope, const InstanceNode& instance, const AttributeEntry& entry,
                             Value& out) {
  const Attribute* attribute = instance.type->find(entry.name);
  if (attribute == nullptr) return Evaluated::failed;  // reported before
  Value value;
  const Evaluated status =
      evaluate_typed(world, scope, entry.value, *attribute->type, instance.address.str() + ": " + entry.name, value);
  if (status != Evaluated::done) return status;
  if (value.fully_known() && !value.is_null()) {
    auto spelled = canonical(value, *attribute);
    if (!spelled.has_value()) {
      world.diagnostics->add(
          std::move(spelled).error().in(instance.address.str() + ": " + entry.name).at(entry.value.pos));
      return Evaluated::failed;
    }
    value = value.any_sensitive() && !spelled->any_sensitive() ? spelled->with_sensitive() : std::move(spelled).value();
  }
  if (attribute->sensitive && !value.is_null()) value = value.with_sensitive();
  if (value.is_null() && attribute->required) {
    world.diagnostics->error(instance.address.str() + " needs `" + entry.name + "`, and it is null", "give it a value",
                             entry.pos);
    return Evaluated::failed;
  }
  out = std::move(value);
  return Evaluated::done;
}

bool run_checks(World& world, const InstanceNode& instance, const ResourceBlock& block, const Value& desired) {
  const auto errors = world.resources[instance.resource].kind->check(*instance.type, desired);
  for (const TypeError& error : errors) {
    const AttributeEntry* entry = entry_of(block, error.path.root());
    SourcePos pos = block.pos;
    if (entry != nullptr)
      pos = position_at(entry->value,
                        Path(std::vector<PathStep>(error.path.steps().begin() + 1, error.path.steps().end())));
    world.diagnostics->error(
        instance.address.str() + ": " + (error.path.empty() ? error.message : error.path.str() + ": " + error.message),
        error.next_step, pos);
  }
  return errors.empty();
}

// Identity parts that nobody wrote have their static default, so that containers find them.
Value with_identity_defaults(const TypeSchema& type, Value desired) {
  ValueMap map = desired.as_map();
  for (const IdentityPart& part : type.identity) {
    const Attribute* attribute = type.find(part.attribute);
    const Value* value = map.find(part.attribute);
    if (attribute == nullptr || !attribute->default_value || (value != nullptr && !value->is_null())) continue;
    map.set(part.attribute, *attribute->default_value);
  }
  return Value(std::move(map));
}

// Else they come from the connection; without one they are unknown.
Value complete(const World& world, const InstanceNode& instance, Value desired) {
  const TypeSchema& type = *instance.type;
  desired = with_identity_defaults(type, std::move(desired));
  const ProviderNode& provider = world.providers[instance.provider];
  const bool ready = provider.status == ProviderNode::Status::ready;
  if (ready) return provider.provider->complete(type, std::move(desired));
  ValueMap map = desired.as_map();
  for (const IdentityPart& part : type.identity) {
    const Value* value = map.find(part.attribute);
    if (part.defaulted && (value == nullptr || value->is_null())) map.set(part.attribute, Value::unknown());
  }
  return Value(std::move(map));
}

// What an instance reads besides its expressions: its keys, its provider's configuration, depends_on.
bool store_reads_of(World& world, const InstanceNode& instance, const ResourceNode& resource, EvalScope& scope) {
  scope.reads.push_back(resource.node);
  scope.reads.push_back(world.providers[instance.provider].node);
  for (const Hint& hint : resource.depends_on) {
    const NodeId on = hint_node(world, hint);
    if (world.work.done(on)) scope.reads.push_back(on);
  }
  return store_reads(world, scope, resource.hints, resource.block->pos);
}

// Reads of secrets that go by their version, less what anything else reads. `reads` are all of them, `versioned` where
// in it each such attribute's begin and end.
struct VersionedSpan {
  const Attribute* attribute = nullptr;
  std::size_t from = 0, to = 0;
};
std::vector<NodeId> only_versioned(const std::vector<NodeId>& reads, const std::vector<VersionedSpan>& spans,
                                   const Value& desired) {
  std::unordered_set<NodeId> found;
  std::vector<bool> versioned(reads.size(), false);
  for (const VersionedSpan& span : spans) {
    if (!goes_by_version(*span.attribute, desired)) continue;
    for (std::size_t i = span.from; i < span.to; ++i) versioned[i] = true;
  }
  for (std::size_t i = 0; i < reads.size(); ++i) {
    if (versioned[i]) found.insert(reads[i]);
  }
  for (std::size_t i = 0; i < reads.size() && !found.empty(); ++i) {
    if (!versioned[i]) found.erase(reads[i]);
  }
  std::vector<NodeId> out(found.begin(), found.end());
  std::sort(out.begin(), out.end());
  return out;
}

void keep_container_reads(const World& world, const InstanceNode& instance, EvalScope& scope) {
  const std::vector<NodeId>& known = world.info[instance.node].reads;
  for (const Container& container : instance.type->containers) {
    const auto index = container_of(world, instance, container, instance.desired);
    if (!index) continue;
    const NodeId node = world.instances[*index].node;
    if (std::find(known.begin(), known.end(), node) != known.end()) scope.reads.push_back(node);
  }
}

}  // namespace

Desired evaluate_desired(World& world, std::uint32_t index) {
  InstanceNode& instance = world.instances[index];
  const ResourceNode& resource = world.resources[instance.resource];
  const ResourceBlock& block = *resource.block;
  if (!world.applying && !hints_ready(world, instance.node, resource.hints)) return Desired::wait;

  EvalScope scope = scope_of(world, instance);
  bool wait = false, failed = false;
  std::vector<ValueMap::Entry> entries;
  entries.reserve(block.attributes.size());
  std::vector<VersionedSpan> spans;
  for (const AttributeEntry& entry : block.attributes) {
    Value value;
    const std::size_t reads = scope.reads.size();
    const Evaluated status = evaluate_attribute(world, scope, instance, entry, value);
    const Attribute* attribute = instance.type->find(entry.name);
    if (attribute != nullptr && !attribute->versioned_by.empty())
      spans.push_back({attribute, reads, scope.reads.size()});
    wait = wait || status == Evaluated::wait;
    failed = failed || status == Evaluated::failed;
    if (status == Evaluated::done && !value.is_null()) entries.emplace_back(entry.name, std::move(value));
  }
  Lifecycle lifecycle;
  const Evaluated status = evaluate_lifecycle(world, scope, instance, block, lifecycle);
  if (failed || status == Evaluated::failed) return Desired::failed;
  if (wait || status == Evaluated::wait) return Desired::wait;

  instance.lifecycle = std::move(lifecycle);
  instance.desired = complete(world, instance, Value(ValueMap::from(std::move(entries))));
  if (!spans.empty()) instance.versioned_reads = only_versioned(scope.reads, spans, instance.desired);
  world.tell_redactor(instance.desired);
  if (world.applying) {
    // Now that everything is known, only what was really read is a dependency; containers stay.
    keep_container_reads(world, instance, scope);
    store_reads_of(world, instance, resource, scope);
    return Desired::done;
  }
  if (!run_checks(world, instance, block, instance.desired)) return Desired::failed;
  if (!store_reads_of(world, instance, resource, scope)) return Desired::failed;
  instance.identity = identity_of(*instance.type, instance.desired);
  instance.identity_key = identity_key(*instance.type, instance.identity);
  return Desired::done;
}

bool register_identity(World& world, std::uint32_t index) {
  const InstanceNode& instance = world.instances[index];
  const TypeSchema& type = *instance.type;
  if (type.identity.empty()) return true;
  const SourcePos pos = world.resources[instance.resource].block->pos;
  if (instance.identity.any_sensitive()) {
    world.diagnostics->error(instance.address.str() + ": its identity is a secret, and would be shown",
                             "name it by something that is not secret", pos);
    return false;
  }
  if (!instance.identity_key) return true;
  const auto refuse = [&](std::uint32_t other_index, const std::string& what, const std::string& next) {
    const InstanceNode& other = world.instances[other_index];
    Diagnostic diagnostic{Severity::error, instance.address.str() + " and " + other.address.str() + " " + what, next,
                          pos};
    diagnostic.related.emplace_back(world.resources[other.resource].block->pos, "the other is here");
    world.diagnostics->add(std::move(diagnostic));
    return false;
  };
  const auto [it, added] =
      world.instance_by_identity.emplace(world.scoped_identity(instance.provider, type, *instance.identity_key), index);
  if (!added && it->second != index) {
    return refuse(it->second, "are the same " + type.name + ": " + identity_text(type, instance.identity),
                  "remove one, or give it another name");
  }
  const ProviderKind& kind = *world.resources[instance.resource].kind;
  for (const std::string& claim : kind.claims(type, instance.desired)) {
    const auto [taken, first] = world.claims.emplace(world.scoped_identity(instance.provider, type, claim), index);
    if (!first && taken->second != index) {
      return refuse(taken->second, "overlap: both say " + claim, "keep it in one of them");
    }
  }
  return true;
}

}  // namespace plumb
