// What becomes of a step: records, events, and whoever waits.
#include "engine/apply/runner.h"
#include "engine/base/random.h"
#include "engine/provider_api/contract.h"

namespace plumb {

namespace {

// Readers see what the provider returned, and the secrets that were sent and are never returned.
Value readable(const Value& returned, const Value& desired) {
  ValueMap out = returned.as_map();
  if (!desired.is_map()) return Value(std::move(out));
  for (const auto& [name, value] : desired.as_map()) {
    const Value* there = out.find(name);
    if (value.is_null() || !value.any_sensitive()) continue;
    if (there == nullptr || there->is_null() || value.sensitive()) out.set(name, value);
  }
  return Value(std::move(out));
}

}  // namespace

void Runner::settle_result(StepId id, ApplyResult result) {
  const Step& s = step(id);
  const Running running = running_.at(id);
  release(id);
  if (s.kind == StepKind::remove) {
    if (result.error) {
      const bool open = result.error->retry == Retry::outcome_unknown;
      if (!open) record(OutcomeFailed{running.intent});
      return fail_step(id, std::move(*result.error), false);
    }
    record(OutcomeGone{running.intent, s.address});
    clear_pending(s.address, running.intent);
    ++outcome.done;
    sink_(StepFinished{s.address, s.kind, running.call->request.server_id,
                       std::chrono::steady_clock::now() - running.started});
    return finish(id);
  }
  std::vector<Error> broken = check_apply(*s.type, running.call->expected, result);
  if (!result.value) {
    Error error = result.error      ? std::move(*result.error)
                  : !broken.empty() ? broken.front()
                                    : Error{"the provider returned nothing", "report this", {}, Fault::provider};
    // Unknown: the intent stays open, and the next run reads before anything else.
    if (error.retry != Retry::outcome_unknown) record(OutcomeFailed{running.intent});
    return fail_step(id, std::move(error), false);
  }
  const Value value = readable(*result.value, running.desired);
  session_.publish(s, value);
  InstanceRecord made = session_.make_record(s, state_, running.uid, value, result.server_id, result.evidence);
  std::optional<Error> error = std::move(result.error);
  if (!error && !broken.empty()) error = broken.front();
  if (error) made.partial = redacted(*error).message;
  record(OutcomeDone{running.intent, std::move(made)});
  clear_pending(s.address, running.intent);
  if (error) return fail_step(id, std::move(*error), true);
  ++outcome.done;
  sink_(StepFinished{s.address, s.kind, result.server_id, std::chrono::steady_clock::now() - running.started});
  finish(id);
}

// Types without outside effect: generators and values. They need no intent and no worker.
bool Runner::run_inline(StepId id) {
  const Step& s = step(id);
  if (s.kind == StepKind::remove) {
    record(OutcomeGone{{}, s.address});
    ++outcome.done;
    sink_(StepFinished{s.address, s.kind, {}, {}});
    finish(id);
    return true;
  }
  auto provider = session_.provider(s);
  auto desired = session_.desired(s);
  if (!provider.has_value() || !desired.has_value()) {
    fail_step(id, provider.has_value() ? desired.error() : provider.error(), false);
    return false;
  }
  ChangeRequest request;
  request.type = s.type;
  request.operation = s.kind == StepKind::create ? Operation::create : Operation::update;
  request.desired = desired.value();
  if (s.kind == StepKind::update) request.prior = session_.live(s).value;
  ApplyResult result = provider.value()->apply(request);
  const std::vector<Error> broken = check_apply(*s.type, expected_of(s, request.desired), result);
  if (result.error || !broken.empty() || !result.value) {
    fail_step(id,
              result.error      ? std::move(*result.error)
              : !broken.empty() ? broken.front()
                                : Error{"the provider returned nothing", "report this", {}, Fault::provider},
              false);
    return false;
  }
  const InstanceRecord* before = session_.record(s);
  const Value value = readable(*result.value, request.desired);
  session_.publish(s, value);
  record(
      OutcomeDone{{}, session_.make_record(s, state_, before != nullptr ? before->uid : random_id(), value, {}, {})});
  ++outcome.done;
  sink_(StepFinished{s.address, s.kind, {}, {}});
  finish(id);
  return true;
}

void Runner::run_state_only(StepId id) {
  const Step& s = step(id);
  const InstanceRecord* before = session_.record(s);
  const ReadResult live = session_.live(s);
  const bool gone = s.kind == StepKind::forget || session_.planned(s).is_null();
  if (gone) {
    record(OutcomeGone{{}, s.address});
  } else {
    const Value value = session_.planned(s);
    session_.publish(s, value);
    record(OutcomeDone{{},
                       session_.make_record(s, state_, before != nullptr ? before->uid : random_id(), value,
                                            live.server_id, live.evidence)});
  }
  clear_pending(s.address, {});
  if (s.kind != StepKind::record) {
    ++outcome.done;
    sink_(StepFinished{s.address, s.kind, live.server_id, {}});
  }
  finish(id);
}

// Intents of earlier runs about this object are answered by what happened now.
void Runner::clear_pending(const Address& address, const std::string& except) {
  const auto [first, last] = pending_by_address_.equal_range(address);
  for (auto it = first; it != last; ++it) {
    if (it->second != except) record(OutcomeFailed{it->second});
  }
  pending_by_address_.erase(first, last);
}

}  // namespace plumb
