// Saved plans: what `plan --out` writes, and what must still be so when `apply FILE` reads it.
#pragma once

#include <optional>
#include <string>

#include "engine/cli/stack_run.h"
#include "engine/plan/plan_file.h"
#include "engine/report/plan_json.h"

namespace plumb::cli {

// Writes the plan that `run` made (with PlanOptions::expect = envelope.id) to --out. Mode 0600; a file that is there
// and no plan is not overwritten.
Result<void> save_plan(const Context& context, const StackRun& run, const Plan& plan, const PlanEnvelope& envelope);

Result<PlanFile> open_plan(const Context& context, const std::string& path);

// The version of plumb and of its types, and every file that the plan was made of; all that is not as it was.
void check_tree(const Context& context, const PlanFile& file, Diagnostics& diagnostics);
// Files that configuration is read from now, and was not then.
void check_new_files(const StackConfig& stack, const PlanFile& file, Diagnostics& diagnostics);

// The variables of the plan: those that are in the file, and sensitive ones, which have to be given again.
std::map<std::string, Value> saved_variables(const StackConfig& stack, const PlanFile& file,
                                             const VariableInputs& inputs, Diagnostics& diagnostics);
// The sensitive ones are what they were. `digest_key` may be missing: then nobody can tell.
void check_secrets(const PlanFile& file, const std::map<std::string, Value>& variables,
                   const std::optional<std::string>& digest_key, Diagnostics& diagnostics);
// The state is the one that was planned against, and this plan was not applied to it.
void check_state(const PlanFile& file, const State& state, Diagnostics& diagnostics);

// `plumb apply FILE`, and `plumb show FILE`.
int apply_saved(Context& context);
int show_saved(Context& context);

}  // namespace plumb::cli
