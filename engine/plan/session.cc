#include "engine/plan/session.h"

#include <algorithm>

#include "engine/plan/assemble.h"
#include "engine/plan/expect.h"
#include "engine/plan/references.h"
#include "engine/plan/session_impl.h"

namespace plumb {

namespace {

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

}  // namespace

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
    if (output.value.any_unknown()) {
      out.emplace(output.block->name, OutputRecord{output.block->sensitive, output.value, {}});
    } else {
      out.emplace(output.block->name, output_record(world, output));
    }
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

}  // namespace plumb
