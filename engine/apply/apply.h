// Apply: interprets a plan. One coordinator owns graph and state, workers call providers.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "engine/apply/events.h"
#include "engine/base/clock.h"
#include "engine/plan/session.h"
#include "state/store.h"

namespace plumb {

// Set by a signal handler: 0 go on, 1 start nothing new and finish what runs, 2 give up within five seconds.
using StopRequest = std::atomic<int>;

struct ApplyOptions {
  std::string plan_id;
  const StopRequest* stop = nullptr;                             // may be null
  bool jitter = true;                                            // tests switch it off
  std::chrono::milliseconds retry_cap{std::chrono::minutes(2)};  // total time spent on retries of one step
};

struct ApplyOutcome {
  std::size_t done = 0, failed = 0, skipped = 0;
  bool interrupted = false;
  // Calls were still running when the second signal's time was up: end the process with _exit, the journal tells the
  // rest.
  bool abandoned = false;
  std::vector<Error> errors;  // of the run itself (journal, lock, commit), not of steps
  // 1: a step failed or was skipped, or an error above; else 2 when the plan left something blocked or deferred; else
  // 0.
  [[nodiscard]] int exit_code(const Plan& plan) const noexcept;
};

// Carries out `plan` under the lock that `store_session` holds. `state` is the loaded state, and is kept true
// throughout. Every event goes to `sink`, errors redacted by `redactor`.
ApplyOutcome apply_plan(const Plan& plan, Session& session, StateSession& store_session, State& state,
                        Redactor& redactor, const EventSink& sink, const ApplyOptions& options);

}  // namespace plumb
