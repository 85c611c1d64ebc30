#include "engine/plan/session_impl.h"

#include <algorithm>

namespace plumb {

namespace {

constexpr std::size_t kDefaultThreads = 16;

std::vector<std::string> scope_names(const Registry& registry) {
  std::vector<std::string> names{"var", "locals", "each", "data", "module", "stacks", "stack", "self"};
  for (std::string& provider : registry.names()) names.push_back(std::move(provider));
  return names;
}

}  // namespace

tl::unexpected<Error> first_error(const Diagnostics& diagnostics, const std::string& fallback) {
  for (const Diagnostic& diagnostic : diagnostics.sorted()) {
    if (diagnostic.severity != Severity::error) continue;
    return fail(Error{diagnostic.message, diagnostic.next_step, diagnostic.pos, diagnostic.fault});
  }
  return fail(fallback, "report this: it is a bug of Plumb", {}, Fault::internal);
}

Session::Impl::Impl(SessionInputs inputs) {
  world.in = std::move(inputs);
  if (world.in.state == nullptr) world.in.state = &no_state;  // validate
  world.scope = scope_names(*world.in.registry);
  world.interpreter = std::make_unique<Interpreter>(world.scope);
  world.pool = std::make_unique<WorkerPool>(
      world.in.options.parallelism > 0 ? std::max<std::size_t>(world.in.options.parallelism, 1) : kDefaultThreads);
  for (const auto& [name, value] : world.in.variables) world.tell_redactor(value);
  if (world.in.options.mode != PlanMode::validate) {
    world.sets = world.in.state->sets;
    for (const auto& [address, record] : world.in.state->instances) world.tell_redactor(record.attributes);
  }
}

InstanceNode* Session::Impl::find(const Address& address) {
  if (const auto index = world.find_resource(address)) {
    const ResourceNode& resource = world.resources[*index];
    if (!address.key && !resource.keyed() && !resource.instances.empty()) {
      return &world.instances[resource.instances.front()];
    }
    if (address.key) {
      const auto keyed = resource.by_key.find(*address.key);
      if (keyed != resource.by_key.end()) return &world.instances[keyed->second];
    }
  }
  const auto seen = world.records_seen.find(world.record_of(address));
  return seen == world.records_seen.end() ? nullptr : &world.instances[seen->second];
}

void Session::Impl::timed(const std::string& phase, const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  timings.push_back({phase, std::chrono::steady_clock::now() - start});
}

void Session::Impl::start_applying() {
  if (world.applying) return;
  world.applying = true;
  for (const LocalNode& local : world.locals) {
    if (local.value.any_unknown()) world.work.reset(local.node);
  }
  for (const OutputNode& output : world.outputs) {
    if (output.value.any_unknown()) world.work.reset(output.node);
  }
  for (const InputNode& input : world.inputs) {
    if (input.value.any_unknown()) world.work.reset(input.node);
  }
}

Result<std::optional<std::uint32_t>> Session::Impl::reach(const Address& address) {
  std::uint32_t scope = 0;
  for (const ModuleStep& step : address.modules) {
    const auto found = world.scopes[scope].calls.find(step.name);
    if (found == world.scopes[scope].calls.end()) return std::optional<std::uint32_t>();
    const std::uint32_t call = found->second;
    world.work.request(world.calls[call].node);
    drain(world);
    if (world.calls[call].deferred) {
      return fail(world.calls[call].address.str() + " is known only after apply", "apply first",
                  world.calls[call].block->pos);
    }
    const auto inside = std::find_if(world.calls[call].scopes.begin(), world.calls[call].scopes.end(),
                                     [&](std::uint32_t s) { return world.scopes[s].path.back().key == step.key; });
    if (inside == world.calls[call].scopes.end()) return std::optional<std::uint32_t>();
    scope = *inside;
    world.work.request(world.scopes[scope].node);
    drain(world);
  }
  return world.find_resource(address);
}

Result<void> Session::Impl::run(NodeId node, const std::string& what) {
  Diagnostics diagnostics;
  Diagnostics* before = std::exchange(world.diagnostics, &diagnostics);
  world.work.reset(node);
  world.work.request(node);
  drain(world);
  world.diagnostics = before;
  if (diagnostics.has_errors() || !world.work.done(node))
    return first_error(diagnostics, what + " cannot be evaluated");
  return {};
}

Result<void> Session::Impl::check(NodeId node, Checking what) {
  const std::uint32_t index = world.info[node].index;
  world.instances[index].checking = what;
  Result<void> result = run(node, world.instances[index].address.str());
  world.instances[index].checking = Checking::none;
  return result;
}

}  // namespace plumb
