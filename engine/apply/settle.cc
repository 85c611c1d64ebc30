// What becomes of a step: records, events, and whoever waits.
#include "engine/apply/runner.h"
#include "engine/base/random.h"
#include "engine/base/redact.h"
#include "engine/base/text.h"
#include "engine/provider_api/contract.h"

namespace plumb {

namespace {

std::string duration_text(std::chrono::milliseconds time) {
  const auto ms = time.count();
  if (ms % 1000 != 0) return std::to_string(ms) + "ms";
  std::string out;
  if (ms >= 3'600'000) out += std::to_string(ms / 3'600'000) + "h";
  if (ms % 3'600'000 >= 60'000) out += std::to_string(ms % 3'600'000 / 60'000) + "m";
  if (ms % 60'000 != 0) out += std::to_string(ms % 60'000 / 1000) + "s";
  return out;
}

// As `timeouts:` calls it.
std::string timeout_name(StepKind kind) {
  switch (kind) {
    case StepKind::create:
      return "create";
    case StepKind::update:
      return "update";
    case StepKind::read:
      return "read";
    default:
      return "delete";
  }
}

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
  for (const std::string& warning : result.warnings)
    sink_(ApplyNote{s.address.str() + ": the server says: " + redactor_.redact(warning)});
  if (s.kind == StepKind::remove) return settle_removal(id, running, std::move(result));
  std::vector<Error> broken;
  if (s.kind != StepKind::read) broken = check_apply(*s.type, running.call->expected, result);
  if (!result.value) {
    return settle_failure(id, running,
                          result.error ? std::move(*result.error)
                          : !broken.empty()
                              ? broken.front()
                              : Error{"the provider returned nothing", "report this", {}, Fault::provider});
  }
  release(id);
  const Value value = readable(*result.value, running.desired);
  session_.publish(s, value);
  InstanceRecord made = session_.make_record(s, state_, running.uid, value, result.server_id, result.evidence);
  keep_deposed(s, made);
  std::optional<Error> error = std::move(result.error);
  if (!error && !broken.empty()) error = broken.front();
  if (error) made.partial = redacted(*error).message;
  const Value identity = made.identity;
  record(OutcomeDone{running.intent, std::move(made)});
  clear_pending(s.address, running.intent, identity);
  if (error) return fail_step(id, std::move(*error), true);
  succeed(id, result.server_id, running.started);
}

void Runner::settle_removal(StepId id, const Running& running, ApplyResult result) {
  const Step& s = step(id);
  if (result.error) return settle_failure(id, running, std::move(*result.error));
  release(id);
  const std::string deposed = deposed_of(s);
  if (!deposed.empty()) {
    drop_deposed(s, running.intent, deposed);
  } else if (!drop_record(id, running.intent)) {
    return;
  }
  clear_pending(s.address, running.intent, running.call->identity);
  finished(id, running.call->request.server_id, running.started);
}

// Nothing was made or changed; or nobody knows, and then the intent stays open, and the next run reads before anything
// else.
void Runner::settle_failure(StepId id, const Running& running, Error error) {
  const std::chrono::milliseconds timeout = running.call->request.timeout;
  const bool begun = running.started != std::chrono::steady_clock::time_point{};
  if (timeout.count() > 0 &&
      (running.timed_out || (begun && std::chrono::steady_clock::now() - running.started >= timeout))) {
    error.message += "; gave up after " + duration_text(timeout) + " (`timeouts." + timeout_name(step(id).kind) + "`)";
  }
  if (const PlannedChange* change = change_of(step(id)); change != nullptr && step(id).kind == StepKind::read)
    error = std::move(error).at(change->pos);
  if (error.retry != Retry::outcome_unknown && !running.intent.empty()) record(OutcomeFailed{running.intent});
  release(id);
  fail_step(id, std::move(error), false);
}

void Runner::succeed(StepId id, const std::string& server_id, std::chrono::steady_clock::time_point started) {
  const Step& s = step(id);
  if (s.kind != StepKind::record && s.kind != StepKind::forget) {
    if (auto held = session_.check_after(s); !held.has_value()) return fail_step(id, std::move(held).error(), false);
  }
  finished(id, server_id, started);
}

void Runner::finished(StepId id, const std::string& server_id, std::chrono::steady_clock::time_point started) {
  const Step& s = step(id);
  const bool called = started != std::chrono::steady_clock::time_point{};
  const std::chrono::nanoseconds took =
      called ? std::chrono::steady_clock::now() - started : std::chrono::nanoseconds{0};
  if (s.kind != StepKind::record) {
    ++outcome.done;
    sink_(StepFinished{s.address, s.kind, server_id, took});
  }
  finish(id);
}

// What replacements left behind stays known until it is gone; a create that goes first leaves its old object so.
void Runner::keep_deposed(const Step& s, InstanceRecord& made) {
  const InstanceRecord* before = known(s.address);
  made.deposed = before != nullptr ? before->deposed : std::vector<Deposed>();
  if (s.kind != StepKind::create || !create_first(s) || !s.type->outside_effect) return;
  const InstanceRecord* old = before != nullptr ? before : session_.record(s);
  if (old == nullptr) return;
  const std::string id = random_id();
  std::string server_id = old->server_id.empty() ? session_.live(s).server_id : old->server_id;
  made.deposed.push_back({id, old->identity, std::move(server_id), old->attributes});
  made_way_.insert_or_assign(s.address, id);
}

bool Runner::drop_record(StepId id, const std::string& intent) {
  const Step& s = step(id);
  const InstanceRecord* record = known(s.address);
  if (record == nullptr || record->deposed.empty()) {
    this->record(OutcomeGone{intent, s.address});
    return true;
  }
  InstanceRecord left = *record;
  left.partial = "its object is gone, what replacements left behind is not";
  this->record(OutcomeDone{intent, std::move(left)});
  fail_step(id,
            Error{counted(record->deposed.size(), "object") + " that replacements left behind must go first",
                  "plan again: they are deleted before their record goes",
                  {},
                  Fault::internal},
            false);
  return false;
}

void Runner::drop_deposed(const Step& s, const std::string& intent, const std::string& deposed) {
  const InstanceRecord* record = known(s.address);
  if (record == nullptr) return this->record(OutcomeFailed{intent});
  InstanceRecord left = *record;
  std::erase_if(left.deposed, [&](const Deposed& one) { return one.id == deposed; });
  this->record(OutcomeDone{intent, std::move(left)});
}

// Types without outside effect: generators and values. They need no intent and no worker.
void Runner::run_inline(StepId id) {
  const Step& s = step(id);
  if (s.kind == StepKind::remove) {
    if (!s.deposed.empty()) {
      drop_deposed(s, {}, s.deposed);
    } else if (!create_first(s) && !drop_record(id, {})) {  // else the new value stands in its place already
      return;
    }
    return finished(id, {}, {});
  }
  auto provider = session_.provider(s);
  auto desired = session_.desired(s);
  if (!provider.has_value() || !desired.has_value()) {
    return fail_step(id, provider.has_value() ? desired.error() : provider.error(), false);
  }
  ChangeRequest request;
  request.type = s.type;
  request.operation = s.kind == StepKind::create ? Operation::create : Operation::update;
  request.desired = desired.value();
  if (s.kind == StepKind::update) request.prior = session_.live(s).value;
  ApplyResult result = provider.value()->apply(request);
  const std::vector<Error> broken = check_apply(*s.type, expected_of(s, request.desired), result);
  if (result.error || !broken.empty() || !result.value) {
    return fail_step(id,
                     result.error      ? std::move(*result.error)
                     : !broken.empty() ? broken.front()
                                       : Error{"the provider returned nothing", "report this", {}, Fault::provider},
                     false);
  }
  const InstanceRecord* before = session_.record(s);
  const Value value = readable(*result.value, request.desired);
  session_.publish(s, value);
  InstanceRecord made = session_.make_record(s, state_, before != nullptr ? before->uid : random_id(), value, {}, {});
  keep_deposed(s, made);
  record(OutcomeDone{{}, std::move(made)});
  succeed(id, {}, {});
}

void Runner::run_state_only(StepId id) {
  const Step& s = step(id);
  if (!s.deposed.empty()) {  // gone already, and only state has something to drop
    drop_deposed(s, {}, s.deposed);
    return finished(id, {}, {});
  }
  const InstanceRecord* before = session_.record(s);
  const ReadResult live = session_.live(s);
  const Value planned = session_.planned(s);
  Value identity;
  if (s.kind == StepKind::forget || planned.is_null()) {
    if (!drop_record(id, {})) return;
  } else {
    session_.publish(s, planned);
    InstanceRecord made = session_.make_record(s, state_, before != nullptr ? before->uid : random_id(), planned,
                                               live.server_id, live.evidence);
    keep_deposed(s, made);
    identity = made.identity;
    record(OutcomeDone{{}, std::move(made)});
  }
  clear_pending(s.address, {}, identity);
  succeed(id, live.server_id, {});
}

// Intents of earlier runs about this object are answered by what happened now. A create that named the object
// otherwise, beside one that state knows, may have made another: that one is not forgotten.
void Runner::clear_pending(const Address& address, const std::string& except, const Value& identity) {
  const auto [first, last] = pending_by_address_.equal_range(address);
  for (auto it = first; it != last;) {
    const auto intent = state_.pending.find(it->second);
    const bool other = intent != state_.pending.end() && intent->second.action == IntentAction::create &&
                       had_record_.contains(address) && intent->second.identity != identity;
    if (other) {
      ++it;
      continue;
    }
    if (it->second != except) record(OutcomeFailed{it->second});
    it = pending_by_address_.erase(it);
  }
}

}  // namespace plumb
