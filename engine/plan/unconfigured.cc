#include "engine/plan/unconfigured.h"

#include "engine/base/suggest.h"
#include "engine/model/identity.h"
#include "engine/plan/world.h"
#include "engine/provider_api/contract.h"

namespace plumb {

namespace {

// The provider instance of this name; one that nobody configured where its kind needs no configuration.
Result<std::uint32_t> provider_called(World& world, const std::string& name, const ProviderKind& kind) {
  if (const auto it = world.provider_by_name.find(name); it != world.provider_by_name.end()) {
    const ProviderNode& provider = world.providers[it->second];
    if (provider.kind == &kind) return it->second;
    return fail(
        "provider " + quoted(name) + " is of kind " + provider.kind->schema().name + ", not " + kind.schema().name,
        "name a provider of kind " + kind.schema().name + " with --provider");
  }
  if (name != kind.schema().name) {
    std::vector<std::string> names;
    for (const ProviderNode& provider : world.providers) names.push_back(provider.name);
    return fail("there is no provider instance " + quoted(name) + did_you_mean(name, names),
                "add it under `providers:` or name another");
  }
  const auto index = static_cast<std::uint32_t>(world.providers.size());
  ProviderNode& provider = world.providers.emplace_back();
  provider.name = name;
  provider.kind = &kind;
  provider.node = world.add_node(NodeKind::provider, index);
  world.provider_by_name.emplace(name, index);
  return index;
}

// Only the provider is asked for anything, so expressions see just what its configuration reads.
Result<ReadResult> read_in(World& world, const std::string& provider, const TypeSchema& type, const Value& identity) {
  const ProviderKind* kind = world.in.registry->find(std::string_view(type.name).substr(0, type.name.find('.')));
  if (kind == nullptr) return fail("there is no provider of " + type.name, "report this", {}, Fault::internal);
  if (!build_world(world)) return fail("the configuration has errors", "`plumb validate` lists them");
  const std::uint32_t index = PLUMB_TRY(provider_called(world, provider, *kind));
  world.work.request(world.providers[index].node);
  drain(world);
  const ProviderNode& node = world.providers[index];
  if (node.error) return fail(Error(*node.error).in("provider " + quoted(provider)).at(node.pos));
  if (node.status != ProviderNode::Status::ready) {
    return fail("provider " + quoted(provider) + " cannot be connected yet", "apply what configures it first",
                node.pos);
  }
  const std::vector<ReadKey> keys{{identity_of(type, node.provider->complete(type, identity)), {}}};
  std::vector<ReadResult> results = node.provider->read_many(type, keys);
  check_read(type, keys, results);
  world.tell_redactor(results.front().value);
  return std::move(results.front());
}

}  // namespace

Result<ReadResult> read_unconfigured(SessionInputs inputs, const std::string& provider, const TypeSchema& type,
                                     const Value& identity) {
  if (type.identity.empty()) {
    return fail("a " + type.name + " exists only in state: there is nothing to import", "apply makes it");
  }
  World world;
  world.in = std::move(inputs);
  world.scope = {"var", "locals", "each", "data", "module", "stacks", "stack", "self"};
  for (std::string& name : world.in.registry->names()) world.scope.push_back(std::move(name));
  world.interpreter = std::make_unique<Interpreter>(world.scope);
  world.pool = std::make_unique<WorkerPool>(1);
  world.sets = world.in.state->sets;
  for (const auto& [name, value] : world.in.variables) world.tell_redactor(value);
  Diagnostics diagnostics;
  world.diagnostics = &diagnostics;
  auto found = read_in(world, provider, type, identity);
  world.pool.reset();  // tasks that run still use the providers
  for (const Diagnostic& diagnostic : diagnostics.sorted()) {
    if (diagnostic.severity != Severity::error) continue;
    return fail(diagnostic.message, diagnostic.next_step, diagnostic.pos, diagnostic.fault);
  }
  return found;
}

}  // namespace plumb
