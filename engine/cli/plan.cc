#include "engine/base/clock.h"
#include "engine/base/random.h"
#include "engine/cli/stack_run.h"
#include "engine/report/plan_json.h"
#include "engine/report/plan_text.h"

namespace plumb::cli {

int run_plan(Context& context) {
  StackRun run(context);
  if (!run.load() || !run.read_state() || !run.start(PlanMode::normal)) return 1;
  const std::optional<Plan> plan = run.plan();
  if (!plan) return 1;
  if (context.options.json) {
    const PlanEnvelope envelope{random_id(), rfc3339(system_clock().now()), random_id()};
    context.print_json(plan_json(*plan, {&run.stack, run.variables, std::string(engine_version()), envelope}));
  } else {
    context.print(plan_text(*plan, context.terminal.out));
  }
  return plan->exit_code();
}

}  // namespace plumb::cli
