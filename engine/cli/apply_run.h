// What `apply`, with and without a file, and `destroy` share.
#pragma once

#include "engine/apply/apply.h"
#include "engine/cli/stack_run.h"

namespace plumb::cli {

// Lock, plan, show, ask, carry out; the exit code.
int run_changes(Context& context, PlanMode mode);

// Shows the plan of a stage, from 1: as text, or with --json as one line {format_version, plan, stage, type: "plan"}.
void show_plan(const Context& context, const StackRun& run, const Plan& plan, std::size_t stage);
// Carries the plan out, showing it as the terminal allows.
ApplyOutcome with_progress(Context& context, StackRun& run, const Plan& plan, const std::string& plan_id);
// The same for a plan with nothing to approve: what only state has to learn is written without a word, unless it fails.
ApplyOutcome quietly(Context& context, StackRun& run, const Plan& plan);

// The later stages, after `plan` was carried out: while something is deferred and nothing failed, it is planned again
// under the same lock, on what is there now (engine/apply/stages.h). Goes on without asking as long as the next stage
// keeps to the budget of `plan` and gets somewhere; else it says why not, and how to go on. `plan` and `outcome` become
// those of the last stage that was carried out. False when a stage could not be planned: that was told.
bool later_stages(Context& context, StackRun& run, Plan& plan, ApplyOutcome& outcome);

// What is left to say after it all; the exit code.
int conclude(Context& context, const StackRun& run, const Plan& plan, const ApplyOutcome& outcome);

}  // namespace plumb::cli
