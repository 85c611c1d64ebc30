// `plumb apply FILE`: the plan that was approved, or nothing.
#include "engine/base/text.h"
#include "engine/cli/apply_run.h"
#include "engine/cli/saved_plan.h"
#include "engine/cli/signals.h"
#include "engine/report/plan_text.h"

namespace plumb::cli {

namespace {

// The plan brings its own.
std::optional<Error> options_refused(const Options& options) {
  std::string flag;
  if (!options.targets.empty()) flag = "--target";
  if (!options.replace.empty()) flag = "--replace";
  if (options.refresh != RefreshFlag::full) flag = "--refresh";
  if (flag.empty()) return std::nullopt;
  return Error{flag + " does not go with a plan file", "leave it out: what the plan was made with is in the file"};
}

// Tells what is wrong; true when nothing is.
bool fine(const Context& context, const Diagnostics& diagnostics) {
  if (!diagnostics.has_errors()) return true;
  context.say(diagnostics);
  write_err("Nothing was changed.\n");
  return false;
}

bool nothing_moved(const Context& context, const StackRun& run, const PlanFile& file, const Plan& now) {
  Diagnostics diagnostics;
  check_new_files(run.stack, file, diagnostics);
  for (const Mismatch& mismatch : mismatches(file.plan, now)) {
    diagnostics.error(mismatch.message, mismatch.next_step, mismatch.pos);
  }
  return fine(context, diagnostics);
}

// All that can be told before the servers are asked.
bool prepare(Context& context, StackRun& run, const PlanFile& file) {
  Diagnostics tree;
  check_tree(context, file, tree);
  if (!fine(context, tree) || !run.load(&file)) return false;
  Diagnostics files;
  check_new_files(run.stack, file, files);
  if (run.stack.name != file.stack)
    files.error("the plan is for the stack " + file.stack + ", and this is " + run.stack.name, "go to its directory");
  return fine(context, files);
}

}  // namespace

int apply_saved(Context& context) {
  if (auto refused = options_refused(context.options)) return context.failed(*refused);
  auto file = open_plan(context, context.options.arguments.front());
  if (!file.has_value()) return context.failed(file.error());
  StackRun run(context);
  if (!prepare(context, run, *file)) return 1;
  const Plan& saved = file->plan;
  if (saved.graph.steps.empty() && saved.outputs.empty() && saved.moves.empty()) {
    const bool waits = saved.counts.blocked > 0 || saved.counts.deferred > 0;
    context.print(waits ? "Nothing to do: all that this plan names is blocked or deferred.\n"
                        : "Nothing to do: this plan changes nothing.\n");
    return waits ? 2 : 0;
  }
  if (!run.lock_state(file->mode == PlanMode::destroy ? "destroy" : "apply")) return 1;
  Diagnostics state;
  check_state(*file, run.state, state);
  if (!fine(context, state) || !run.start(*file)) return 1;
  check_secrets(*file, run.variables, run.digest_key, state);
  if (!fine(context, state)) return 1;
  std::optional<Plan> now = run.plan();
  if (!now) {
    write_err("Nothing was changed.\n");
    return 1;
  }
  if (!nothing_moved(context, run, *file, *now)) return 1;
  // Whatever else has to agree (guards, policies) is asked here, before the first mutation.
  Plan plan = saved_steps_of(*std::move(now), saved);
  plan.counts = saved.counts;
  defer_signals();
  if (!run.ensure_key(plan)) return 1;
  ApplyOutcome outcome = with_progress(context, run, plan, file->id);
  // What was deferred goes on within the budget of what was approved, planned like any later stage.
  run.options.only.reset();
  run.options.expect.reset();
  run.options.targets = file->targets;
  Plan last = saved;
  const bool good = file->mode == PlanMode::destroy || later_stages(context, run, last, outcome);
  const int exit = conclude(context, run, last, outcome);
  return good ? exit : 1;
}

int show_saved(Context& context) {
  const auto file = open_plan(context, context.options.arguments.front());
  if (!file.has_value()) return context.failed(file.error());
  if (context.options.json) {
    PlanJsonInputs inputs;
    inputs.configuration = file->configuration;
    inputs.variables = file->variables;
    inputs.engine_version = file->engine;
    inputs.envelope = {file->id, file->time, file->nonce};
    context.print_json(plan_json(file->plan, inputs));
    return 0;
  }
  context.note("a plan for " + file->stack + ", made " + file->time + " by plumb " + file->engine +
               (file->commit.empty() ? std::string() : " from commit " + file->commit.substr(0, 12)));
  Diagnostics warnings;
  for (const Diagnostic& warning : file->plan.warnings) warnings.add(warning);
  if (!warnings.empty()) context.say(warnings);
  context.print(plan_text(file->plan, context.terminal.out));
  return 0;
}

}  // namespace plumb::cli
