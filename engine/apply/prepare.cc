// Before a step's call: what is asked of the provider, what must come out, and the intent.
#include "engine/apply/runner.h"
#include "engine/base/clock.h"
#include "engine/base/random.h"

namespace plumb {

namespace {

IntentAction action_of(StepKind kind) {
  if (kind == StepKind::create) return IntentAction::create;
  return kind == StepKind::update ? IntentAction::update : IntentAction::remove;
}

std::chrono::milliseconds timeout_of(const PlannedChange* change, StepKind kind) {
  if (change == nullptr) return {};
  switch (kind) {
    case StepKind::create:
      return change->timeouts.create;
    case StepKind::update:
      return change->timeouts.update;
    case StepKind::remove:
      return change->timeouts.remove;
    case StepKind::read:
      return change->timeouts.read;
    case StepKind::adopt:
    case StepKind::forget:
    case StepKind::record:
      break;
  }
  return {};
}

}  // namespace

const InstanceRecord* Runner::known(const Address& address) const {
  const auto it = state_.instances.find(address);
  return it == state_.instances.end() ? nullptr : &it->second;
}

const PlannedChange* Runner::change_of(const Step& s) const { return s.change ? &plan_.changes[*s.change] : nullptr; }

bool Runner::create_first(const Step& s) const {
  const PlannedChange* change = change_of(s);
  return change != nullptr && change->action == Action::replace && change->create_first;
}

std::string Runner::deposed_of(const Step& s) const {
  if (!s.deposed.empty() || !create_first(s)) return s.deposed;
  const auto made_way = made_way_.find(s.address);
  return made_way != made_way_.end() ? made_way->second : std::string();
}

bool Runner::own_create_pending(const Address& address, const Value& identity) const {
  const auto [first, last] = pending_by_address_.equal_range(address);
  for (auto it = first; it != last; ++it) {
    const auto intent = state_.pending.find(it->second);
    if (intent == state_.pending.end() || intent->second.action != IntentAction::create) continue;
    if (intent->second.identity == identity) return true;
  }
  return false;
}

bool Runner::prepare(StepId id) {
  const Step& s = step(id);
  Running running;
  running.call = std::make_shared<Call>();
  running.call->request.type = s.type;
  running.call->request.timeout = timeout_of(change_of(s), s.kind);
  if (!describe(id, running)) {
    lanes_.end(id);
    return false;
  }
  const ChangeRequest& request = running.call->request;
  if (s.kind != StepKind::read) {
    running.serial_key =
        session_.kind(s).serial_key(*s.type, s.kind == StepKind::remove ? request.prior : running.desired);
  }
  if (!running.serial_key.empty() && !serial_.insert({s.provider, running.serial_key}).second) {
    serial_aside_[{s.provider, running.serial_key}].push_back(id);
    lanes_.end(id);
    return false;
  }
  const InstanceRecord* record = session_.record(s);
  running.uid = record != nullptr ? record->uid : random_id();
  if (s.kind != StepKind::read) {
    running.intent = random_id();
    running.call->request.intent_id = running.intent;
    record_intent(id, running);
  }
  vertices_[id].status = Status::prepared;
  running_.emplace(id, std::move(running));
  return true;
}

// False: the step has failed, or there is nothing to do.
bool Runner::describe(StepId id, Running& running) {
  auto provider = session_.provider(step(id));
  if (!provider.has_value()) {
    fail_step(id, provider.error(), false);
    return false;
  }
  running.call->provider = provider.value();
  return step(id).kind == StepKind::remove ? describe_removal(id, running)
                                           : describe_desired(id, running, *provider.value());
}

bool Runner::describe_removal(StepId id, Running& running) {
  const Step& s = step(id);
  Call& call = *running.call;
  call.request.operation = Operation::remove;
  const ReadResult live = session_.live(s);
  const std::string deposed = deposed_of(s);
  if (deposed.empty() && !create_first(s)) {
    const InstanceRecord* record = session_.record(s);
    call.request.prior = live.value;
    call.request.server_id = live.server_id;
    call.identity = record != nullptr ? record->identity : identity_of(*s.type, live.value);
    if (const InstanceRecord* held = known(s.address)) call.known = held->attributes;
    return true;
  }
  const InstanceRecord* record = known(s.address);
  if (record != nullptr) {
    for (const Deposed& one : record->deposed) {
      if (one.id != deposed) continue;
      call.identity = one.identity;
      call.known = one.attributes;
      call.request.server_id = one.server_id;
      // The plan read it a moment ago, if it is the one that was replaced.
      const bool same = live.status == ReadResult::Status::present && live.server_id == one.server_id &&
                        identity_of(*s.type, live.value) == one.identity;
      call.request.prior = same ? live.value : one.attributes;
      return true;
    }
  }
  finished(id, {}, {});  // nothing was left behind
  return false;
}

bool Runner::describe_desired(StepId id, Running& running, Provider& provider) {
  const Step& s = step(id);
  Call& call = *running.call;
  auto desired = session_.desired(s);
  if (!desired.has_value()) {
    fail_step(id, desired.error(), false);
    return false;
  }
  if (s.kind == StepKind::read) {
    call.data = true;
    running.desired = call.request.desired = std::move(desired).value();
    return true;
  }
  running.desired = call.request.desired = provider.complete(*s.type, std::move(desired).value());
  call.identity = identity_of(*s.type, running.desired);
  call.expected = expected_of(s, running.desired);
  const PlannedChange* change = change_of(s);
  if (s.kind == StepKind::create) {
    call.request.operation = Operation::create;
    call.own = own_create_pending(s.address, call.identity);
    call.read_first = call.own || (change != nullptr && change->unverified);
    return true;
  }
  const ReadResult live = session_.live(s);
  if (const InstanceRecord* record = known(s.address)) call.known = record->attributes;
  call.request.operation = Operation::update;
  call.request.prior = live.value;
  call.request.server_id = live.server_id;
  for (const PlannedPath& path : plan_.changes[*s.change].paths) call.request.changed.push_back(path.path);
  return true;
}

void Runner::record_intent(StepId id, const Running& running) {
  const Step& s = step(id);
  Intent intent;
  intent.id = running.intent;
  intent.action = action_of(s.kind);
  intent.uid = running.uid;
  intent.address = s.address;
  intent.provider = s.provider;
  intent.identity = running.call->identity;
  intent.server_id = running.call->request.server_id;
  if (s.kind == StepKind::remove) intent.deposed = deposed_of(s);
  intent.started = rfc3339(system_clock().now());
  record(std::move(intent));
}

// What must come out: what plan knew, what configuration says now, and nothing about what the server decides.
Value Runner::expected_of(const Step& s, const Value& desired) const {
  ValueMap expected;
  for (const auto& [name, planned] : session_.planned(s).as_map()) {
    const Value value = desired.get(name);
    expected.set(name, !planned.fully_known() && value.is_null() ? Value::unknown() : value);
  }
  return Value(std::move(expected));
}

}  // namespace plumb
