#include "engine/plan/session.h"

#include <algorithm>

#include "engine/base/random.h"
#include "engine/model/digest.h"
#include "engine/plan/assemble.h"
#include "engine/plan/expect.h"
#include "engine/plan/lifecycle.h"
#include "engine/plan/three_way.h"
#include "engine/plan/world.h"
#include "engine/provider_api/contract.h"

namespace plumb {

namespace {

constexpr std::size_t kDefaultThreads = 16;

std::vector<std::string> scope_names(const Registry& registry) {
  std::vector<std::string> names{"var", "locals", "each", "data", "module", "stacks", "stack", "self"};
  for (std::string& provider : registry.names()) names.push_back(std::move(provider));
  return names;
}

// What plan knew stands, down to the leaf (a server's own keys in a map, what ignore_changes keeps); what it could not
// know comes from configuration now, and what the server will say stays open.
Value resolved(const Value& planned, const Value& desired) {
  if (planned.fully_known()) return planned;
  if (!planned.is_map() || !desired.is_map()) return desired;
  std::vector<ValueMap::Entry> out;
  for (const auto& [name, value] : planned.as_map()) out.emplace_back(name, resolved(value, desired.get(name)));
  const Value merged(ValueMap::from(std::move(out)));
  return planned.sensitive() || desired.sensitive() ? merged.with_sensitive() : merged;
}

std::vector<CheckResult> recorded_checks(const State& state) {
  std::vector<CheckResult> out;
  for (const auto& [name, record] : state.checks) {
    const auto status = record.status == "passed"   ? CheckResult::Status::passed
                        : record.status == "failed" ? CheckResult::Status::failed
                                                    : CheckResult::Status::unknown;
    out.push_back({name, status, record.messages, {}});
  }
  return out;
}

tl::unexpected<Error> first_error(const Diagnostics& diagnostics, const std::string& fallback) {
  for (const Diagnostic& diagnostic : diagnostics.sorted()) {
    if (diagnostic.severity != Severity::error) continue;
    return fail(Error{diagnostic.message, diagnostic.next_step, diagnostic.pos, diagnostic.fault});
  }
  return fail(fallback, "report this: it is a bug of Plumb", {}, Fault::internal);
}

}  // namespace

class Session::Impl {
 public:
  explicit Impl(SessionInputs inputs) {
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

  InstanceNode& instance(const Step& step) { return world.instances[world.info[step.node].index]; }

  InstanceNode* find(const Address& address) {
    for (InstanceNode& instance : world.instances) {
      if (instance.address == address) return &instance;
    }
    return nullptr;
  }

  void timed(const std::string& phase, const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    timings.push_back({phase, std::chrono::steady_clock::now() - start});
  }

  // What plan could not know becomes askable again.
  void start_applying() {
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

  // The resource of an address, with the modules on the way to it called; nullopt when there is none.
  Result<std::optional<std::uint32_t>> reach(const Address& address) {
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

  // Runs one node to its end, with its own diagnostics.
  Result<void> run(NodeId node, const std::string& what) {
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

  Result<void> check(NodeId node, Checking what) {
    const std::uint32_t index = world.info[node].index;
    world.instances[index].checking = what;
    Result<void> result = run(node, world.instances[index].address.str());
    world.instances[index].checking = Checking::none;
    return result;
  }

  State no_state;
  World world;
  std::vector<PhaseTiming> timings;
};

Session::Session(SessionInputs inputs) : impl_(std::make_unique<Impl>(std::move(inputs))) {}
Session::~Session() {
  // Tasks that run still use the providers.
  impl_->world.pool.reset();
}

std::optional<Plan> Session::plan(Diagnostics& diagnostics) {
  World& world = impl_->world;
  world.diagnostics = &diagnostics;
  bool built = false;
  impl_->timed("load", [&] { built = build_world(world); });
  if (!built) return std::nullopt;
  impl_->timed("evaluate", [&] {
    request_state_groups(world);
    if (world.in.options.mode == PlanMode::destroy) {
      for (const ValidationNode& validation : world.validations) world.work.request(validation.node);
    } else {
      request_scope(world, 0);
      for (const ProviderNode& provider : world.providers) {
        const bool checked = provider.block != nullptr && !provider.kind->schema().connects;
        if (checked && selects_all(world)) world.work.request(provider.node);
      }
    }
    drain(world);
    plan_orphans(world);
    spread_create_first(world);
    plan_deposed(world);
    warn_idle_ignores(world);
  });
  if (diagnostics.has_errors()) return std::nullopt;
  Plan plan;
  impl_->timed("order", [&] {
    if (world.in.options.mode != PlanMode::validate) add_facts(world);
    find_stale_records(world);
    order_steps(world, plan.graph);
    assemble(world, plan);
    plan.checks = checks();
  });
  if (world.in.options.expect && !diagnostics.has_errors())
    impl_->timed("expect", [&] { add_expectations(world, plan); });
  if (diagnostics.has_errors()) return std::nullopt;
  return plan;
}

std::vector<PhaseTiming> Session::timings() const {
  std::vector<PhaseTiming> out = impl_->timings;
  out.push_back({"configure (on workers)", impl_->world.configure_time});
  out.push_back({"refresh (on workers)", impl_->world.refresh_time});
  return out;
}

Result<std::map<std::string, OutputRecord>> Session::outputs() {
  World& world = impl_->world;
  std::map<std::string, OutputRecord> out;
  if (world.in.options.mode == PlanMode::destroy) return out;
  for (std::size_t i = 0; i < world.outputs.size(); ++i) {
    if (world.outputs[i].scope != 0) continue;
    const OutputNode& output = world.outputs[i];
    if (world.applying && output.value.any_unknown()) {
      // One that cannot be told (what it reads failed) does not take the others with it: it stays unknown.
      world.work.reset(output.node);
      (void)impl_->run(output.node, "output " + output.block->name);
    }
    if (!world.work.done(output.node)) {  // left out by --target: as it was
      const auto before = world.in.state->outputs.find(output.block->name);
      if (before != world.in.state->outputs.end()) out.emplace(before->first, before->second);
      continue;
    }
    out.emplace(output.block->name, OutputRecord{output.block->sensitive, output.value});
  }
  return out;
}

std::optional<Value> Session::value_of(const Address& address) const {
  const InstanceNode* instance = impl_->find(address);
  if (instance == nullptr || instance->resource == kNone) return std::nullopt;
  return instance->value;
}

std::optional<ReadResult> Session::live_of(const Address& address) const {
  const InstanceNode* instance = impl_->find(address);
  if (instance == nullptr || !instance->live_known || instance->live.status == ReadResult::Status::absent)
    return std::nullopt;
  return instance->live;
}

Result<Value> Session::desired(const Step& step) {
  impl_->start_applying();
  World& world = impl_->world;
  InstanceNode& instance = impl_->instance(step);
  if (instance.resource == kNone) return instance.planned;
  if (instance.precondition_open) PLUMB_CHECK(impl_->check(instance.node, Checking::before));
  if (impl_->instance(step).planned.fully_known()) return impl_->instance(step).planned;
  PLUMB_CHECK(impl_->run(step.node, step.address.str()));
  InstanceNode& evaluated = impl_->instance(step);
  if (evaluated.evaluate_failed) return fail(evaluated.address.str() + " cannot be evaluated", "see the errors above");
  const Value desired = resolved(evaluated.planned, evaluated.desired);
  if (desired.any_unknown()) {
    return fail(evaluated.address.str() + " still holds something unknown", "report this: it is a bug of Plumb",
                world.resources[evaluated.resource].block->pos, Fault::internal);
  }
  return desired;
}

Result<Provider*> Session::provider(const Step& step) {
  World& world = impl_->world;
  ProviderNode* provider = &world.providers[impl_->instance(step).provider];
  if (provider->status == ProviderNode::Status::ready) return provider->provider.get();
  if (provider->status == ProviderNode::Status::failed && provider->error) {
    return fail(Error(*provider->error).in("provider " + quoted(provider->name)).at(provider->pos));
  }
  impl_->start_applying();
  provider->status = ProviderNode::Status::idle;
  const std::uint32_t index = impl_->instance(step).provider;
  PLUMB_CHECK(impl_->run(provider->node, "provider " + provider->name));
  provider = &world.providers[index];
  if (provider->status == ProviderNode::Status::ready) return provider->provider.get();
  if (provider->error) return fail(Error(*provider->error).in("provider " + quoted(provider->name)).at(provider->pos));
  return fail("provider " + quoted(provider->name) + " cannot be configured yet",
              "what its configuration reads was not applied; see the other errors", provider->pos);
}

void Session::release(const std::string& name) {
  for (ProviderNode& provider : impl_->world.providers) {
    if (!name.empty() && provider.name != name) continue;
    if (provider.status == ProviderNode::Status::ready) provider.provider->release();
  }
}

const ProviderKind& Session::kind(const Step& step) const {
  return *impl_->world.providers[impl_->instance(step).provider].kind;
}

ReadResult Session::live(const Step& step) const {
  const InstanceNode& instance = impl_->instance(step);
  if (instance.live_known && instance.live.status == ReadResult::Status::present) return instance.live;
  if (instance.live_known || instance.record == nullptr) return ReadResult::absent();
  return ReadResult::present(instance.record->attributes, instance.record->server_id);
}

Value Session::planned(const Step& step) const { return impl_->instance(step).planned; }

const InstanceRecord* Session::record(const Step& step) const { return impl_->instance(step).record; }

void Session::publish(const Step& step, Value attributes) {
  InstanceNode& instance = impl_->instance(step);
  impl_->world.tell_redactor(attributes);
  instance.value = std::move(attributes);
  instance.published = true;
}

Result<void> Session::check_after(const Step& step) {
  World& world = impl_->world;
  const InstanceNode& instance = impl_->instance(step);
  if (instance.resource == kNone || !step.deposed.empty()) return {};
  if (world.resources[instance.resource].block->lifecycle.postcondition.empty()) return {};
  impl_->start_applying();
  return impl_->check(step.node, Checking::after);
}

std::vector<CheckResult> Session::checks() {
  World& world = impl_->world;
  // Part of the stack was left out, and a check may read of it: what was found last stands.
  if (world.applying && !selects_all(world)) return recorded_checks(*world.in.state);
  if (world.applying) {
    // What was read before the steps may be otherwise now.
    for (std::uint32_t i = 0; i < world.instances.size(); ++i) {
      const std::uint32_t resource = world.instances[i].resource;
      if (resource == kNone || world.resources[resource].check == nullptr) continue;
      (void)impl_->run(world.instances[i].node, world.instances[i].address.str());
      read_again(world, i);
    }
    for (std::size_t i = 0; i < world.checks.size(); ++i) {
      (void)impl_->run(world.checks[i].node, "check " + world.checks[i].result.name);
    }
  }
  std::vector<CheckResult> out;
  for (const CheckNode& check : world.checks) {
    if (world.work.done(check.node)) out.push_back(check.result);
  }
  std::sort(out.begin(), out.end(), [](const CheckResult& a, const CheckResult& b) { return a.name < b.name; });
  return out;
}

InstanceRecord Session::make_record(const Step& step, State& state, const std::string& uid, const Value& attributes,
                                    const std::string& server_id, const Evidence& evidence) {
  // Written for the first time, what `replace_when` gives may have had to wait until now.
  if (impl_->instance(step).lifecycle.replace_when.any_unknown()) {
    impl_->start_applying();
    (void)impl_->run(step.node, step.address.str());
  }
  return plumb::make_record(impl_->world, impl_->instance(step), state, uid, attributes, server_id, evidence);
}

const std::map<std::string, std::string>& Session::servers() const { return impl_->world.servers; }

WorkerPool& Session::pool() { return *impl_->world.pool; }

std::size_t Session::concurrency(const std::string& name) const {
  const World& world = impl_->world;
  const auto it = world.provider_by_name.find(name);
  if (it == world.provider_by_name.end()) return 1;
  const ProviderNode& provider = world.providers[it->second];
  const ProviderSchema& schema = provider.kind->schema();
  std::size_t limit = schema.concurrency;
  if (!schema.concurrency_attribute.empty() && provider.config.is_map()) {
    const Value set = provider.config.get(schema.concurrency_attribute);
    if (set.is_integer() && set.as_integer() > 0) limit = static_cast<std::size_t>(set.as_integer());
  }
  if (world.in.options.parallelism > 0) limit = std::min(limit, world.in.options.parallelism);
  return std::max<std::size_t>(limit, 1);
}

void Session::use_key(const std::string& digest_key) { impl_->world.in.digest_key = digest_key; }

Result<ReadResult> Session::read_one(const Address& address, const Value& identity) {
  World& world = impl_->world;
  Diagnostics diagnostics;
  world.diagnostics = &diagnostics;
  if (!build_world(world)) return first_error(diagnostics, "the configuration has errors");
  request_state_groups(world);
  const auto resource = impl_->reach(address);
  if (!resource.has_value()) return fail(resource.error());
  if (!*resource) {
    if (diagnostics.has_errors()) return first_error(diagnostics, "the configuration has errors");
    return fail("there is no resource " + address.resource().str() + " in configuration",
                "write its block first; import needs something to compare with");
  }
  const std::uint32_t index = **resource;
  const std::uint32_t provider = world.resources[index].provider;
  const TypeSchema& type = *world.resources[index].type;
  if (type.identity.empty()) {
    return fail("a " + type.name + " exists only in state: there is nothing to import", "apply makes it");
  }
  world.work.request(world.resources[index].node);
  drain(world);
  if (diagnostics.has_errors()) return first_error(diagnostics, "the configuration has errors");
  const InstanceNode* instance = impl_->find(address);
  if (instance == nullptr) {
    return fail(address.str() + " is not an instance of the resource", "its keys come from `for_each`",
                world.resources[index].block->pos);
  }
  if (world.providers[provider].status != ProviderNode::Status::ready) {
    return fail("provider " + quoted(world.providers[provider].name) + " cannot be connected yet",
                "apply what configures it first", world.providers[provider].pos);
  }
  const Value complete = world.providers[provider].provider->complete(type, identity);
  const std::vector<ReadKey> keys{{identity_of(type, complete), {}}};
  std::vector<ReadResult> results = world.providers[provider].provider->read_many(type, keys);
  check_read(type, keys, results);
  return std::move(results.front());
}

Result<InstanceRecord> Session::imported_record(const Address& address, State& state, const ReadResult& found) {
  World& world = impl_->world;
  InstanceNode* instance = impl_->find(address);
  if (instance == nullptr) return fail(address.str() + " was not evaluated", "report this", {}, Fault::internal);
  InstanceRecord record =
      plumb::make_record(world, *instance, state, random_id(), found.value, found.server_id, found.evidence);
  record.digests.clear();  // nothing was sent by us yet
  return record;
}

std::optional<InstanceRecord> Session::accepted_record(const Address& address) const {
  const InstanceNode* instance = impl_->find(address);
  if (instance == nullptr || instance->record == nullptr || !instance->live_known ||
      instance->live.status != ReadResult::Status::present) {
    return std::nullopt;
  }
  InstanceRecord record = *instance->record;
  record.server_id = instance->live.server_id;
  record.identity = identity_of(*instance->type, instance->live.value);
  ValueMap attributes = record.attributes.as_map();
  for (const auto& [name, value] : instance->live.value.as_map()) {
    const Attribute* attribute = instance->type->find(name);
    if (attribute == nullptr || attribute->local || attribute->sensitive || attribute->write_only) continue;
    const bool secret = std::any_of(record.digests.begin(), record.digests.end(),
                                    [&](const auto& digest) { return digest.first.root() == name; });
    if (secret) continue;
    if (value.is_null()) {
      attributes.erase(name);
    } else {
      attributes.set(name, value);
    }
  }
  record.attributes = Value(std::move(attributes));
  // What an `ignore` rule hides is nobody's to accept.
  for (const auto& [of, path] : impl_->world.ignored) {
    if (of != address) continue;
    const auto before = value_at(instance->record->attributes, path);
    record.attributes =
        before ? with_value_at(record.attributes, path, *before) : without_path(record.attributes, path);
  }
  if (impl_->world.in.digest_key) {
    for (const auto& [path, bytes] : instance->live.evidence) {
      record.evidence[path] = bytes_digest(*impl_->world.in.digest_key, bytes);
    }
  }
  return record;
}

}  // namespace plumb
