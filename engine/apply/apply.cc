#include "engine/apply/apply.h"

#include "engine/apply/runner.h"
#include "engine/base/redact.h"
#include "engine/base/text.h"

namespace plumb {

namespace {

// Intents of earlier runs that say no more than the record does: of an update or a removal whose object is still in
// state. A create's intent stays until its step has run: it may be all that is known of the object.
void clear_settled(const Plan& plan, Runner& runner, const State& state, const std::set<std::string>& old_intents) {
  std::set<Address> open;
  for (const PlannedChange& change : plan.changes) {
    if (change.action == Action::blocked || change.action == Action::deferred) open.insert(change.address);
  }
  for (const DriftEntry& entry : plan.unreadable) open.insert(entry.address);
  std::vector<std::string> settled;
  for (const auto& [id, intent] : state.pending) {
    if (!old_intents.contains(id) || open.contains(intent.address)) continue;
    if (intent.action != IntentAction::create && state.instances.contains(intent.address)) settled.push_back(id);
  }
  for (const std::string& id : settled) runner.record(OutcomeFailed{id});
}

void record_outputs(Session& session, Runner& runner, const State& state, Redactor& redactor, const EventSink& sink) {
  auto outputs = session.outputs();
  if (!outputs.has_value()) {
    sink(ApplyNote{"outputs were left as they are: " + redactor.redact(outputs.error().str())});
    return;
  }
  OutputsSet set;
  for (auto& [name, output] : outputs.value()) {
    if (output.value.any_unknown()) {  // what it reads was not applied
      const auto before = state.outputs.find(name);
      if (before != state.outputs.end()) set.outputs.emplace(name, before->second);
    } else {
      set.outputs.emplace(name, std::move(output));
    }
  }
  const auto same = [](const auto& a, const auto& b) {
    return a.first == b.first && a.second.sensitive == b.second.sensitive && a.second.value == b.second.value &&
           a.second.reference == b.second.reference;
  };
  if (std::equal(set.outputs.begin(), set.outputs.end(), state.outputs.begin(), state.outputs.end(), same)) return;
  runner.record(std::move(set));
}

std::string_view status_name(CheckResult::Status status) {
  switch (status) {
    case CheckResult::Status::passed:
      return "passed";
    case CheckResult::Status::failed:
      return "failed";
    case CheckResult::Status::unknown:
      return "unknown";
  }
  return {};
}

// What the checks say now is kept; those that fail are said, and fail nothing.
void record_checks(Session& session, Runner& runner, const State& state, Redactor& redactor, const EventSink& sink) {
  ChecksSet set;
  for (const CheckResult& check : session.checks()) {
    CheckRecord record{std::string(status_name(check.status)), {}};
    for (const std::string& message : check.messages) record.messages.push_back(redactor.redact(message));
    if (check.status == CheckResult::Status::failed) {
      const std::string place = check.pos.known() ? check.pos.str() + ": " : std::string();
      sink(ApplyNote{place + "check " + check.name + " failed" +
                     (record.messages.empty() ? "" : ": " + join(record.messages, "; "))});
    }
    set.checks.insert_or_assign(check.name, std::move(record));
  }
  if (set.checks != state.checks) runner.record(std::move(set));
}

void record_servers(const Session& session, Runner& runner, const State& state) {
  for (const auto& [provider, identity] : session.servers()) {
    const auto known = state.servers.find(provider);
    if (!identity.empty() && (known == state.servers.end() || known->second != identity))
      runner.record(ServerSeen{provider, identity});
  }
}

}  // namespace

int ApplyOutcome::exit_code(const Plan& plan) const noexcept {
  if (failed > 0 || skipped > 0 || interrupted || !errors.empty()) return 1;
  return plan.counts.blocked > 0 || plan.counts.deferred > 0 ? 2 : 0;
}

ApplyOutcome apply_plan(const Plan& plan, Session& session, StateSession& store_session, State& state,
                        Redactor& redactor, const EventSink& sink, const ApplyOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  // The session reads the state that was planned against; what happens is folded into a copy.
  State working = state;
  std::set<std::string> old_intents;
  for (const auto& [id, intent] : working.pending) old_intents.insert(id);

  std::size_t steps = 0;
  for (const Step& step : plan.graph.steps) steps += step.kind == StepKind::record ? 0 : 1;
  sink(ApplyStarted{steps});
  Runner runner(plan, session, store_session, working, redactor, sink, options);
  record_servers(session, runner, working);
  session.release({});  // what plan connected to may be about to be dropped
  if (runner.move(plan.moves)) runner.run();
  if (!runner.outcome.abandoned) {
    record_servers(session, runner, working);
    clear_settled(plan, runner, working, old_intents);
    record_outputs(session, runner, working, redactor, sink);
    record_checks(session, runner, working, redactor, sink);
    const bool did = steps > 0 || !plan.empty() || !plan.moves.empty();
    if (!options.plan_id.empty() && did) runner.record(PlanApplied{options.plan_id});
    runner.flush(/*durable=*/true);
    if (runner.outcome.errors.empty()) {
      if (const auto saved = store_session.commit(working); !saved.has_value())
        runner.outcome.errors.push_back(saved.error());
    }
  }
  ApplyOutcome outcome = std::move(runner.outcome);
  ApplyFinished finished{outcome.done, outcome.failed, outcome.skipped, std::chrono::steady_clock::now() - start,
                         outcome.interrupted};
  sink(finished);
  state = std::move(working);
  return outcome;
}

}  // namespace plumb
