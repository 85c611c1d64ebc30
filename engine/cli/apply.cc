#include "engine/apply/apply.h"

#include <cstdlib>

#include "engine/base/clock.h"
#include "engine/base/random.h"
#include "engine/cli/apply_run.h"
#include "engine/cli/progress.h"
#include "engine/cli/saved_plan.h"
#include "engine/cli/signals.h"
#include "engine/model/json_text.h"
#include "engine/report/apply_text.h"
#include "engine/report/plan_json.h"
#include "engine/report/plan_text.h"
#include "engine/report/state_text.h"

namespace plumb::cli {

namespace {

enum class Answer { go_on, stop };

// There is something to carry out, and not only things in the way.
bool can_act(const Plan& plan) { return !plan.graph.steps.empty() || !plan.outputs.empty() || !plan.moves.empty(); }

Answer approve(Context& context, bool destroy) {
  if (context.options.auto_approve) return Answer::go_on;
  const std::string command = destroy ? "destroy" : "apply";
  if (!context.terminal.can_answer || context.options.json) {
    context.say(
        Error{"nobody can be asked: this is no terminal" + std::string(context.options.json ? ", or --json" : ""),
              "look at the plan, then run `plumb " + command + " --auto-approve`"});
    return Answer::stop;
  }
  const std::string question = destroy ? "\nDestroy all of this? There is no way back. Only `yes` goes on: "
                                       : "\nMake these changes? Only `yes` goes on: ";
  if (ask_yes(question, stop_request())) return Answer::go_on;
  write_err("Nothing was changed.\n");
  return Answer::stop;
}

ApplyOutcome carry_out(Context& context, StackRun& run, const Plan& plan, const std::string& plan_id,
                       const EventSink& sink) {
  ApplyOptions options;
  options.plan_id = plan_id;
  options.stop = &stop_request();
  return apply_plan(plan, *run.session, *run.locked, run.state, context.redactor, sink, options);
}

void print_outputs(Context& context, const StackRun& run) {
  if (context.options.json) {
    context.print_json(ValueMap{{"outputs", outputs_json(run.state.outputs)}, {"type", "outputs"}});
  } else if (!run.state.outputs.empty()) {
    context.print("\nOutputs:\n\n" + outputs_text(run.state.outputs));
  }
}

// What a check says after apply, where it is not what it said of the plan: that was told with the plan.
void say_checks(Context& context, const StackRun& run, const Plan& plan) {
  if (plan.destroy) return;
  std::vector<CheckResult> now = plan.checks;
  for (CheckResult& check : now) {
    const auto known = run.state.checks.find(check.name);
    if (known == run.state.checks.end() || known->second.status != "failed") {
      check.status = CheckResult::Status::passed;
    } else if (check.status == CheckResult::Status::failed && check.messages == known->second.messages) {
      check.status = CheckResult::Status::passed;  // said before
    } else {
      check.status = CheckResult::Status::failed;
      check.messages = known->second.messages;
    }
  }
  Diagnostics said;
  warn_of_checks(now, said);
  context.say(said);
}

}  // namespace

void show_plan(const Context& context, const StackRun& run, const Plan& plan, std::size_t stage) {
  if (!context.options.json) {
    if (stage > 1) context.print("\nStage " + std::to_string(stage) + ":\n\n");
    context.print(plan_text(plan, context.terminal.out));
    return;
  }
  PlanJsonInputs inputs;
  inputs.stack = &run.stack;
  inputs.variables = run.variables;
  inputs.engine_version = engine_version();
  inputs.envelope = {random_id(), rfc3339(system_clock().now()), random_id()};
  context.print_json(ValueMap{{"format_version", "1.0"},
                              {"plan", plan_json(plan, inputs)},
                              {"stage", static_cast<std::int64_t>(stage)},
                              {"type", "plan"}});
}

ApplyOutcome with_progress(Context& context, StackRun& run, const Plan& plan, const std::string& plan_id) {
  if (context.options.json) return carry_out(context, run, plan, plan_id, ApplyJsonLines(write_out));
  if (!context.terminal.live) {
    return carry_out(context, run, plan, plan_id, ApplyLines(write_err, context.terminal.err));
  }
  ApplyLive live(write_err, context.terminal.err);
  const Ticker ticker([&live] { live.tick(); });
  return carry_out(context, run, plan, plan_id, [&live](const ApplyEvent& event) { live(event); });
}

ApplyOutcome quietly(Context& context, StackRun& run, const Plan& plan) {
  const bool pending = !plan.graph.steps.empty() || !run.state.pending.empty() || !run.notes.empty();
  if (!pending) return {};
  ApplyLines lines(write_err, context.terminal.err);
  return carry_out(context, run, plan, random_id(), [&lines](const ApplyEvent& event) {
    if (std::holds_alternative<StepFailed>(event) || std::holds_alternative<ApplyNote>(event)) lines(event);
  });
}

int conclude(Context& context, const StackRun& run, const Plan& plan, const ApplyOutcome& outcome) {
  for (const Error& error : outcome.errors) context.say(error);
  if (outcome.abandoned) {
    write_err(
        "Calls were still running and were given up. The journal has them: the next run looks what became of them.\n");
    std::_Exit(1);  // the pool would wait for its threads
  }
  say_checks(context, run, plan);
  print_outputs(context, run);
  return outcome.exit_code(plan);
}

int run_changes(Context& context, PlanMode mode) {
  const bool destroy = mode == PlanMode::destroy;
  StackRun run(context);
  // Configuration first: a directory without a stack gets no lock file.
  if (!run.load() || !run.lock_state(destroy ? "destroy" : "apply") || !run.start(mode)) return 1;
  std::optional<Plan> plan = run.plan();
  if (!plan) return 1;
  show_plan(context, run, *plan, 1);
  ApplyOutcome outcome;
  bool good = true;
  // From here on an interrupt at the question is a no, and one during the work lets running steps finish.
  defer_signals();
  if (plan->empty()) {
    outcome = context.options.json ? with_progress(context, run, *plan, random_id()) : quietly(context, run, *plan);
  } else if (can_act(*plan)) {
    if (approve(context, destroy) == Answer::stop) return 1;
    if (!run.ensure_key(*plan)) return 1;
    if (!context.options.json) write_err("\n");
    outcome = with_progress(context, run, *plan, random_id());
    if (!destroy) good = later_stages(context, run, *plan, outcome);
  }
  const int exit = conclude(context, run, *plan, outcome);
  return good ? exit : 1;
}

int run_apply(Context& context) {
  return context.options.arguments.empty() ? run_changes(context, PlanMode::normal) : apply_saved(context);
}

}  // namespace plumb::cli
