#include "engine/base/clock.h"
#include "engine/base/random.h"
#include "engine/cli/saved_plan.h"
#include "engine/report/plan_text.h"

namespace plumb::cli {

int run_plan(Context& context) {
  StackRun run(context);
  const bool save = !context.options.out.empty();
  const PlanEnvelope envelope{random_id(), rfc3339(system_clock().now()), random_id()};
  if (save) run.expect = envelope.id;
  const PlanMode mode = context.options.destroy ? PlanMode::destroy : PlanMode::normal;
  if (!run.load() || !run.read_state() || !run.start(mode)) return 1;
  const std::optional<Plan> plan = run.plan();
  if (!plan) return 1;
  if (context.options.json) {
    PlanJsonInputs inputs;
    inputs.stack = &run.stack;
    inputs.variables = run.variables;
    inputs.engine_version = engine_version();
    inputs.envelope = envelope;
    context.print_json(plan_json(*plan, inputs));
  } else {
    context.print(plan_text(*plan, context.terminal.out));
  }
  if (!save) return plan->exit_code();
  if (const auto saved = save_plan(context, run, *plan, envelope); !saved.has_value())
    return context.failed(saved.error());
  context.note("saved to " + context.options.out + "; to carry out just this, run `plumb apply " + context.options.out +
               "`");
  return plan->exit_code();
}

}  // namespace plumb::cli
