#include "engine/cli/stack_run.h"
#include "engine/report/drift_text.h"

namespace plumb::cli {

int run_drift(Context& context) {
  StackRun run(context);
  if (!run.load() || !run.read_state() || !run.start(PlanMode::normal)) return 1;
  const std::optional<Plan> plan = run.plan();
  if (!plan) return 1;
  if (context.options.json) {
    context.print_json(drift_json(*plan));
  } else {
    context.print(drift_text(*plan, context.terminal.out));
  }
  return drift_exit_code(*plan);
}

}  // namespace plumb::cli
