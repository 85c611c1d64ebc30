// Provider instances: their configuration is evaluated like anything else, and may read resources.
#include <algorithm>

#include "engine/base/log.h"
#include "engine/plan/world.h"

namespace plumb {

namespace {

Evaluated evaluate_config(World& world, const ProviderNode& provider, EvalScope& scope, Value& out) {
  const ProviderSchema& schema = provider.kind->schema();
  std::vector<ValueMap::Entry> entries;
  Evaluated worst = Evaluated::done;
  if (provider.block != nullptr) {
    for (const AttributeEntry& entry : provider.block->attributes) {
      const auto attribute = std::find_if(schema.config.begin(), schema.config.end(),
                                          [&](const Attribute& a) { return a.name == entry.name; });
      if (attribute == schema.config.end()) return Evaluated::failed;  // reported before
      Value value;
      const Evaluated status = evaluate_typed(world, scope, entry.value, *attribute->type,
                                              "provider " + quoted(provider.name) + ": " + entry.name, value);
      if (status == Evaluated::failed) return status;
      if (status == Evaluated::wait) worst = status;
      if (attribute->sensitive && !value.is_null()) value = value.with_sensitive();
      if (!value.is_null()) entries.emplace_back(entry.name, std::move(value));
    }
  }
  for (const Attribute& attribute : schema.config) {
    const bool set =
        std::any_of(entries.begin(), entries.end(), [&](const auto& e) { return e.first == attribute.name; });
    if (!set && attribute.default_value) entries.emplace_back(attribute.name, *attribute.default_value);
  }
  out = Value(ValueMap::from(std::move(entries)));
  return worst;
}

// In apply the owner waits: the step that needs the provider cannot start without it.
void connect_now(ProviderNode& provider) {
  provider.provider = provider.kind->make();
  auto info = provider.provider->configure(provider.config);
  if (info.has_value()) {
    provider.status = ProviderNode::Status::ready;
    provider.server = std::move(info).value();
  } else {
    provider.status = ProviderNode::Status::failed;
    provider.error = info.error();
    provider.provider.reset();
  }
}

void connect(World& world, std::uint32_t index) {
  ProviderNode& provider = world.providers[index];
  provider.status = ProviderNode::Status::connecting;
  provider.provider = provider.kind->make();
  // The object behind the pointer does not move when `providers` grows.
  world.work.hold();
  world.pool->submit(
      [&world, index, object = provider.provider.get(), config = provider.config]() -> WorkerPool::Completion {
        const auto start = std::chrono::steady_clock::now();
        auto result = std::make_shared<Result<ServerInfo>>(object->configure(config));
        const auto took = std::chrono::steady_clock::now() - start;
        return [&world, index, result, took] {
          ProviderNode& done = world.providers[index];
          world.configure_time += took;
          if (result->has_value()) {
            done.status = ProviderNode::Status::ready;
            done.server = std::move(*result).value();
          } else {
            done.status = ProviderNode::Status::failed;
            done.error = result->error();
          }
          world.work.resume(done.node);
        };
      });
}

// A server that cannot be reached ends the plan; unless this very plan is about to change what its configuration is
// made of.
void settle_failure(World& world, ProviderNode& provider) {
  if (changes_upstream(world, provider.node)) {
    PLUMB_LOG(info, "provider " + provider.name + " cannot be connected yet: what configures it changes in this plan");
    provider.status = ProviderNode::Status::unknown;
    provider.provider.reset();
    return;
  }
  world.info[provider.node].failed = true;
  world.diagnostics->add(Error(*provider.error).in("provider " + quoted(provider.name)).at(provider.pos));
}

void settle_server(World& world, ProviderNode& provider) {
  const auto known = world.in.state->servers.find(provider.name);
  world.servers[provider.name] = provider.server.identity;
  if (world.in.options.mode == PlanMode::validate || known == world.in.state->servers.end() || known->second.empty() ||
      provider.server.identity.empty() || known->second == provider.server.identity) {
    return;
  }
  const bool used = std::any_of(world.in.state->instances.begin(), world.in.state->instances.end(),
                                [&](const auto& entry) { return entry.second.provider == provider.name; });
  if (!used) return;
  world.info[provider.node].failed = true;
  provider.status = ProviderNode::Status::failed;
  world.diagnostics->error(
      "provider " + quoted(provider.name) + " leads to another server than the one in state (" +
          provider.server.identity + ", state was written against " + known->second + ")",
      "check host and port; if the server was rebuilt on purpose, remove its instances from state first", provider.pos);
}

}  // namespace

bool run_provider(World& world, std::uint32_t index) {
  {
    ProviderNode& provider = world.providers[index];
    if (provider.status == ProviderNode::Status::ready) {
      settle_server(world, provider);
      return true;
    }
    if (provider.status == ProviderNode::Status::failed) {
      settle_failure(world, provider);
      return true;
    }
    if (world.in.options.mode == PlanMode::validate && provider.kind->schema().connects) {
      // Checked like any other, but never connected.
      EvalScope scope{provider.node, 0, {}, {}, false};
      Value ignored;
      if (evaluate_config(world, provider, scope, ignored) == Evaluated::wait) return false;
      provider.status = ProviderNode::Status::unknown;
      return true;
    }
  }
  std::vector<Hint> hints;
  if (world.providers[index].block != nullptr) {
    for (const AttributeEntry& entry : world.providers[index].block->attributes) {
      for (Hint& hint : hints_of(world, 0, entry.value)) hints.push_back(std::move(hint));
    }
  }
  ProviderNode& provider = world.providers[index];
  if (!world.applying && !hints_ready(world, provider.node, hints)) return false;
  EvalScope scope{provider.node, 0, {}, {}, false};
  const Evaluated status = evaluate_config(world, provider, scope, provider.config);
  if (status == Evaluated::wait) return false;
  if (status == Evaluated::failed || !store_reads(world, scope, hints, provider.pos)) {
    provider.status = ProviderNode::Status::failed;
    world.info[provider.node].failed = true;
    return true;
  }
  world.tell_redactor(provider.config);
  if (provider.config.any_unavailable()) {
    provider.status = ProviderNode::Status::unavailable;
    return true;
  }
  if (provider.config.any_unknown()) {
    provider.status = ProviderNode::Status::unknown;
    return true;
  }
  if (!provider.kind->schema().connects) {
    provider.provider = provider.kind->make();
    const auto info = provider.provider->configure(provider.config);
    provider.status = info.has_value() ? ProviderNode::Status::ready : ProviderNode::Status::failed;
    return true;
  }
  if (world.applying) {
    connect_now(provider);
    if (provider.status == ProviderNode::Status::ready) world.servers[provider.name] = provider.server.identity;
    return true;
  }
  connect(world, index);
  return false;
}

bool changes_upstream(const World& world, NodeId node) {
  std::vector<NodeId> open{node};
  std::unordered_set<NodeId> seen{node};
  while (!open.empty()) {
    const NodeId at = open.back();
    open.pop_back();
    const NodeInfo& info = world.info[at];
    if (info.kind == NodeKind::instance && mutates(world.instances[info.index].action)) return true;
    for (const NodeId next : info.reads) {
      if (seen.insert(next).second) open.push_back(next);
    }
  }
  return false;
}

}  // namespace plumb
