#include "engine/apply/runner.h"

#include <algorithm>
#include <thread>

#include "engine/base/random.h"
#include "engine/base/redact.h"
#include "engine/provider_api/contract.h"

namespace plumb {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr auto kBeat = std::chrono::seconds(5);
constexpr milliseconds kFirstWait{500};
constexpr milliseconds kLongestWait{30'000};
constexpr int kTriesAtOnce = 5;

}  // namespace

Runner::Runner(const Plan& plan, Session& session, StateSession& store, State& state, Redactor& redactor,
               const EventSink& sink, const ApplyOptions& options)
    : plan_(plan),
      session_(session),
      store_(store),
      state_(state),
      redactor_(redactor),
      sink_(sink),
      options_(options) {
  const std::size_t steps = plan.graph.steps.size();
  vertices_.resize(steps + plan.graph.joins.size());
  for (StepId id = 0; id < vertices_.size(); ++id) {
    const auto& after = is_step(id) ? step(id).after : plan.graph.joins[id - steps];
    vertices_[id].open = static_cast<std::uint32_t>(after.size());
    for (const StepId before : after) vertices_[before].next.push_back(id);
  }
  for (const Step& s : plan.graph.steps) ++left_[s.provider];
  for (const auto& [id, intent] : state.pending) pending_by_address_.emplace(intent.address, id);
}

void Runner::record(JournalEvent event) {
  fold(state_, event);
  unwritten_.push_back(std::move(event));
}

bool Runner::flush(bool durable) {
  if (unwritten_.empty()) return outcome.errors.empty();
  const Result<void> written = store_.append(state_, unwritten_, durable);
  if (written.has_value()) {
    unwritten_.clear();
    return outcome.errors.empty();
  }
  // What could not be written is tried again with the next flush: outcomes of running calls must not be lost to a disk
  // that was full for a moment. Folding an event twice changes nothing.
  if (outcome.errors.empty() || outcome.errors.back().message != redacted(written.error()).message)
    outcome.errors.push_back(redacted(written.error()));
  stopping_ = true;
  return false;
}

Error Runner::redacted(Error error) const {
  error.message = redactor_.redact(error.message);
  error.next_step = redactor_.redact(error.next_step);
  return error;
}

void Runner::make_ready(StepId id) {
  vertices_[id].status = Status::ready;
  ready_.push_back(id);
}

void Runner::finish(StepId id) {
  std::vector<StepId> open{id};
  while (!open.empty()) {
    const StepId at = open.back();
    open.pop_back();
    vertices_[at].status = Status::done;
    // The last step of a provider instance: what it is connected to may be somebody's to drop.
    if (is_step(at) && --left_[step(at).provider] == 0) session_.release(step(at).provider);
    for (const StepId next : vertices_[at].next) {
      Vertex& vertex = vertices_[next];
      if (--vertex.open > 0 || vertex.status != Status::waiting) continue;
      if (is_step(next)) {
        make_ready(next);
      } else {
        open.push_back(next);
      }
    }
  }
}

void Runner::skip_dependents(StepId id) {
  std::vector<StepId> open{id};
  while (!open.empty()) {
    const StepId at = open.back();
    open.pop_back();
    for (const StepId next : vertices_[at].next) {
      Vertex& vertex = vertices_[next];
      if (vertex.status != Status::waiting) continue;
      vertex.status = Status::skipped;
      vertex.cause = id;
      if (is_step(next) && step(next).kind != StepKind::record) {
        ++outcome.skipped;
        sink_(StepSkipped{step(next).address, step(next).kind, step(id).address, false});
      }
      open.push_back(next);
    }
  }
}

void Runner::fail_step(StepId id, Error error, bool partial) {
  vertices_[id].status = Status::failed;
  ++outcome.failed;
  sink_(StepFailed{step(id).address, step(id).kind, redacted(std::move(error)), partial});
  skip_dependents(id);
}

void Runner::run() {
  for (StepId id = 0; id < vertices_.size(); ++id) {
    if (vertices_[id].open > 0 || vertices_[id].status != Status::waiting) continue;
    if (is_step(id)) {
      make_ready(id);
    } else {
      finish(id);
    }
  }
  std::optional<steady_clock::time_point> give_up;
  for (;;) {
    if (stop_level() > 0 && !stopping_) {
      stopping_ = true;
      outcome.interrupted = true;
    }
    if (stopping_) interrupt();
    wake_delayed();
    start_ready();
    if (running_.empty() && delayed_.empty() && ready_.empty()) break;
    if (stop_level() > 1) {
      if (!give_up) give_up = steady_clock::now() + std::chrono::seconds(5);
      if (steady_clock::now() >= *give_up) {
        outcome.abandoned = true;
        break;
      }
    }
    flush(/*durable=*/false);
    // Signals and retries are looked at in between; with nothing running there is only the clock to wait for.
    if (session_.pool().pending() > 0) {
      session_.pool().wait(milliseconds(delayed_.empty() ? 200 : 20));
    } else if (!delayed_.empty()) {
      std::this_thread::sleep_for(milliseconds(20));
    }
    beat();
  }
  flush(/*durable=*/true);
}

void Runner::beat() {
  const auto now = steady_clock::now();
  if (now - last_beat_ < kBeat) return;
  last_beat_ = now;
  if (const auto alive = store_.heartbeat(); !alive.has_value() && !stopping_) {
    outcome.errors.push_back(redacted(alive.error()));
    stopping_ = true;
  }
}

// Nothing new starts: what is ready or waiting for a retry is left for the next run.
void Runner::interrupt() {
  std::vector<StepId> left(ready_.begin(), ready_.end());
  ready_.clear();
  for (auto& [provider, steps] : put_aside_) left.insert(left.end(), steps.begin(), steps.end());
  put_aside_.clear();
  for (auto& [key, steps] : serial_aside_) left.insert(left.end(), steps.begin(), steps.end());
  serial_aside_.clear();
  for (const Delayed& delayed : delayed_) {
    left.push_back(delayed.step);
    record(OutcomeFailed{running_.at(delayed.step).intent});  // a retry is due only when nothing had happened
    release(delayed.step);
  }
  delayed_.clear();
  for (const StepId id : left) {
    if (vertices_[id].status == Status::skipped) continue;
    vertices_[id].status = Status::skipped;
    if (step(id).kind == StepKind::record) continue;
    ++outcome.skipped;
    sink_(StepSkipped{step(id).address, step(id).kind, {}, true});
  }
  if (!running_.empty()) return;
  for (StepId id = 0; id < plan_.graph.steps.size(); ++id) {
    if (vertices_[id].status != Status::waiting || step(id).kind == StepKind::record) continue;
    vertices_[id].status = Status::skipped;
    ++outcome.skipped;
    sink_(StepSkipped{step(id).address, step(id).kind, {}, true});
  }
}

void Runner::wake_delayed() {
  const auto now = steady_clock::now();
  const auto due =
      std::stable_partition(delayed_.begin(), delayed_.end(), [&](const Delayed& d) { return d.at > now; });
  std::vector<StepId> steps;
  for (auto it = due; it != delayed_.end(); ++it) steps.push_back(it->step);
  delayed_.erase(due, delayed_.end());
  for (const StepId id : steps) submit(id);
}

// As many of those put aside as there is room for now; so each is looked at a few times at most.
void Runner::refill() {
  for (auto& [provider, steps] : put_aside_) {
    const std::size_t limit = limits_[provider], busy = in_flight_[provider];
    for (std::size_t room = limit > busy ? limit - busy : 0; room > 0 && !steps.empty(); --room) {
      ready_.push_back(steps.front());
      steps.pop_front();
    }
  }
}

// Prepares whatever may run, makes all its intents durable with one sync, and hands it to the workers.
void Runner::start_ready() {
  for (refill(); !ready_.empty() && !stopping_; refill()) {
    std::vector<StepId> starting;
    std::deque<StepId> batch;
    batch.swap(ready_);
    for (const StepId id : batch) {
      if (stopping_) {
        ready_.push_back(id);
        continue;
      }
      if (!prepare(id, starting)) continue;
    }
    if (starting.empty()) continue;
    if (!flush(/*durable=*/true)) {
      for (const StepId id : starting) {
        record(OutcomeFailed{running_.at(id).intent});
        release(id);
        fail_step(id,
                  Error{"its intent could not be stored, so it was not started",
                        "see the error of the journal",
                        {},
                        Fault::environment},
                  false);
      }
      return;
    }
    for (const StepId id : starting) submit(id);
  }
}

bool Runner::prepare(StepId id, std::vector<StepId>& starting) {
  const Step& s = step(id);
  if (s.kind == StepKind::record || s.kind == StepKind::adopt || s.kind == StepKind::forget) {
    run_state_only(id);
    return false;
  }
  if (!s.type->outside_effect) {
    run_inline(id);
    return false;
  }
  const auto limit = limits_.try_emplace(s.provider, 0).first;
  if (limit->second == 0) limit->second = session_.concurrency(s.provider);
  if (in_flight_[s.provider] >= limit->second) {
    put_aside_[s.provider].push_back(id);
    return false;
  }
  auto provider = session_.provider(s);
  if (!provider.has_value()) {
    fail_step(id, provider.error(), false);
    return false;
  }
  limit->second = session_.concurrency(s.provider);  // its configuration may only now be known
  Running running;
  const ReadResult live = session_.live(s);
  auto call = std::make_shared<Call>();
  call->provider = provider.value();
  call->request.type = s.type;
  const InstanceRecord* record = session_.record(s);
  if (s.kind == StepKind::remove) {
    call->request.operation = Operation::remove;
    call->request.prior = live.value;
    call->request.server_id = live.server_id;
    call->identity = record != nullptr ? record->identity : identity_of(*s.type, live.value);
  } else {
    auto desired = session_.desired(s);
    if (!desired.has_value()) {
      fail_step(id, desired.error(), false);
      return false;
    }
    running.desired = provider.value()->complete(*s.type, std::move(desired).value());
    call->request.operation = s.kind == StepKind::create ? Operation::create : Operation::update;
    call->request.desired = running.desired;
    if (s.kind == StepKind::update) {
      call->request.prior = live.value;
      call->request.server_id = live.server_id;
      for (const PlannedPath& path : plan_.changes[*s.change].paths) call->request.changed.push_back(path.path);
    }
    call->identity = identity_of(*s.type, running.desired);
    call->expected = expected_of(s, running.desired);
    call->read_first = s.kind == StepKind::create && s.change && plan_.changes[*s.change].unverified;
  }
  running.serial_key = session_.kind(s).serial_key(*s.type, s.kind == StepKind::remove ? live.value : running.desired);
  if (!running.serial_key.empty() && serial_.contains({s.provider, running.serial_key})) {
    serial_aside_[{s.provider, running.serial_key}].push_back(id);
    return false;
  }
  running.uid = record != nullptr ? record->uid : random_id();
  running.intent = random_id();
  call->request.intent_id = running.intent;
  running.provider = s.provider;
  running.started = steady_clock::now();
  running.call = call;
  Intent intent;
  intent.id = running.intent;
  intent.action = s.kind == StepKind::create   ? IntentAction::create
                  : s.kind == StepKind::update ? IntentAction::update
                                               : IntentAction::remove;
  intent.uid = running.uid;
  intent.address = s.address;
  intent.provider = s.provider;
  intent.identity = call->identity;
  intent.server_id = call->request.server_id;
  intent.started = rfc3339(system_clock().now());
  this->record(std::move(intent));
  ++in_flight_[s.provider];
  if (!running.serial_key.empty()) serial_.insert({s.provider, running.serial_key});
  vertices_[id].status = Status::running;
  sink_(StepStarted{s.address, s.kind});
  running_.emplace(id, std::move(running));
  starting.push_back(id);
  return true;
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

void Runner::submit(StepId id) {
  vertices_[id].status = Status::running;
  session_.pool().submit([this, id, call = running_.at(id).call]() -> WorkerPool::Completion {
    auto result = std::make_shared<ApplyResult>(execute(*call));
    return [this, id, result] { completed(id, std::move(*result)); };
  });
}

void Runner::completed(StepId id, ApplyResult result) {
  if (result.error && !result.value && retry(id, *result.error)) return;
  settle_result(id, std::move(result));
}

// By class: at once, after a wait with full jitter, or not at all. The total is capped.
bool Runner::retry(StepId id, const Error& error) {
  if (stopping_ || stop_level() > 0) return false;
  Running& running = running_.at(id);
  milliseconds wait{0};
  if (error.retry == Retry::at_once) {
    if (running.attempts >= kTriesAtOnce) return false;
  } else if (error.retry == Retry::later) {
    const milliseconds most = std::min(kLongestWait, kFirstWait * (1 << std::min(running.attempts, 6)));
    wait = options_.jitter ? milliseconds(random_below(static_cast<std::uint64_t>(most.count()) + 1)) : most;
    wait = std::max(wait, error.retry_after);
    if (running.waited + wait > options_.retry_cap) return false;
  } else {
    return false;
  }
  ++running.attempts;
  running.waited += wait;
  vertices_[id].status = Status::delayed;
  sink_(StepRetrying{step(id).address, step(id).kind, redacted(error), wait});
  delayed_.push_back({steady_clock::now() + wait, id});
  return true;
}

void Runner::release(StepId id) {
  const auto it = running_.find(id);
  if (it == running_.end()) return;
  --in_flight_[it->second.provider];
  if (!it->second.serial_key.empty()) {
    const std::pair<std::string, std::string> key{it->second.provider, it->second.serial_key};
    serial_.erase(key);
    if (const auto aside = serial_aside_.find(key); aside != serial_aside_.end()) {
      ready_.push_back(aside->second.front());
      aside->second.pop_front();
      if (aside->second.empty()) serial_aside_.erase(aside);
    }
  }
  running_.erase(it);
}

}  // namespace plumb
