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
// Intents that are written before there is a free connection for them.
constexpr std::size_t kAhead = 64;

// The order in which no move meets a record that has yet to move away: the end of each chain first.
std::optional<std::vector<std::size_t>> order_of(std::span<const std::pair<Address, Address>> moves) {
  std::map<Address, std::size_t> by_source;
  for (std::size_t i = 0; i < moves.size(); ++i) by_source.emplace(moves[i].first, i);
  enum class Mark : std::uint8_t { fresh, open, done };
  std::vector<Mark> marks(moves.size(), Mark::fresh);
  std::vector<std::size_t> out, chain;
  for (std::size_t first = 0; first < moves.size(); ++first) {
    for (std::size_t at = first; marks[at] == Mark::fresh;) {
      marks[at] = Mark::open;
      chain.push_back(at);
      const auto next = by_source.find(moves[at].second);
      if (next == by_source.end()) break;
      if (marks[next->second] == Mark::open && next->second != at) return std::nullopt;
      at = next->second;
    }
    for (; !chain.empty(); chain.pop_back()) {
      marks[chain.back()] = Mark::done;
      out.push_back(chain.back());
    }
  }
  return out;
}

}  // namespace

Runner::Runner(const Plan& plan, Session& session, StateSession& store, State& state, Redactor& redactor,
               const EventSink& sink, const ApplyOptions& options)
    : plan_(plan),
      session_(session),
      store_(store),
      state_(state),
      redactor_(redactor),
      sink_(sink),
      options_(options),
      lanes_([&session](const std::string& provider) { return session.concurrency(provider); }, kAhead) {
  const std::size_t steps = plan.graph.steps.size();
  vertices_.resize(steps + plan.graph.joins.size());
  for (StepId id = 0; id < vertices_.size(); ++id) {
    const auto& after = is_step(id) ? step(id).after : plan.graph.joins[id - steps];
    vertices_[id].open = static_cast<std::uint32_t>(after.size());
    for (const StepId before : after) vertices_[before].next.push_back(id);
  }
  for (const Step& s : plan.graph.steps) ++left_[s.provider];
}

bool Runner::move(std::span<const std::pair<Address, Address>> moves) {
  const auto order = order_of(moves);
  if (!order) {
    outcome.errors.push_back(
        {"the moves of this plan form a circle", "report this: it is a bug of Plumb", {}, Fault::internal});
    return false;
  }
  for (const std::size_t i : *order) record(Moved{moves[i].first, moves[i].second});
  return moves.empty() || flush(/*durable=*/true);
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
  for (const auto& [id, intent] : state_.pending) {
    pending_by_address_.emplace(intent.address, id);
    if (state_.instances.contains(intent.address)) had_record_.insert(intent.address);
  }
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
    if (running_.empty() && delayed_.empty() && ready_.empty() && lanes_.idle()) break;
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
  for (const StepId id : lanes_.drop_waiting()) left.push_back(id);
  for (const StepId id : lanes_.drop_queued()) {
    left.push_back(id);
    if (const std::string& intent = running_.at(id).intent; !intent.empty()) record(OutcomeFailed{intent});
    release(id);
  }
  for (const StepId id : lanes_.drop_waiting()) left.push_back(id);  // those that waited for these
  for (auto& [key, steps] : serial_aside_) left.insert(left.end(), steps.begin(), steps.end());
  serial_aside_.clear();
  for (const Delayed& delayed : delayed_) {
    left.push_back(delayed.step);
    // A retry is due only when nothing had happened.
    if (const std::string& intent = running_.at(delayed.step).intent; !intent.empty()) record(OutcomeFailed{intent});
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

// What needs no call ends here; the rest queues for its provider.
void Runner::take_ready() {
  while (!ready_.empty() && !stopping_) {
    const StepId id = ready_.front();
    ready_.pop_front();
    const Step& s = step(id);
    if (s.kind == StepKind::record || s.kind == StepKind::adopt || s.kind == StepKind::forget) {
      run_state_only(id);
    } else if (!s.type->outside_effect) {
      run_inline(id);
    } else {
      lanes_.wait(id, s);
    }
  }
}

// Prepares whatever may run, makes all its intents durable with one sync, and hands what has room to the workers.
void Runner::start_ready() {
  for (;;) {
    take_ready();
    if (stopping_) return;
    const std::vector<StepId> admitted = lanes_.admit();
    std::vector<StepId> prepared;
    bool intents = false;
    for (const StepId id : admitted) {
      if (!prepare(id)) continue;
      prepared.push_back(id);
      intents = intents || !running_.at(id).intent.empty();
    }
    if (intents && !flush(/*durable=*/true)) {
      for (const StepId id : prepared) {
        settle_failure(id, running_.at(id),
                       Error{"its intent could not be stored, so it was not started",
                             "see the error of the journal",
                             {},
                             Fault::environment});
      }
      return;
    }
    for (const StepId id : prepared) lanes_.queue(id);
    for (const StepId id : lanes_.start()) begin(id);
    if (admitted.empty() && ready_.empty()) return;
  }
}

void Runner::begin(StepId id) {
  running_.at(id).started = steady_clock::now();
  sink_(StepStarted{step(id).address, step(id).kind});
  submit(id);
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

// By class: at once, after a wait with full jitter, or not at all. The total is capped: by `timeouts`, which counts the
// calls too, else by the waits alone.
bool Runner::retry(StepId id, const Error& error) {
  if (stopping_ || stop_level() > 0) return false;
  Running& running = running_.at(id);
  milliseconds wait{0};
  const milliseconds timeout = running.call->request.timeout;
  if (error.retry == Retry::at_once) {
    if (running.attempts >= kTriesAtOnce) return false;
  } else if (error.retry == Retry::later) {
    const milliseconds most = std::min(kLongestWait, kFirstWait * (1 << std::min(running.attempts, 6)));
    wait = options_.jitter ? milliseconds(random_below(static_cast<std::uint64_t>(most.count()) + 1)) : most;
    wait = std::max(wait, error.retry_after);
    if (timeout == milliseconds{0} && running.waited + wait > options_.retry_cap) return false;
  } else {
    return false;
  }
  if (timeout > milliseconds{0} && steady_clock::now() + wait - running.started > timeout) {
    running.timed_out = true;
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
  lanes_.end(id);
  const auto it = running_.find(id);
  if (it == running_.end()) return;
  if (!it->second.serial_key.empty()) {
    const std::pair<std::string, std::string> key{step(id).provider, it->second.serial_key};
    serial_.erase(key);
    if (const auto aside = serial_aside_.find(key); aside != serial_aside_.end()) {
      const StepId next = aside->second.front();
      aside->second.pop_front();
      if (aside->second.empty()) serial_aside_.erase(aside);
      lanes_.wait(next, step(next), /*first=*/true);
    }
  }
  running_.erase(it);
}

}  // namespace plumb
