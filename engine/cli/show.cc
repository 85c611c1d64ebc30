#include "engine/cli/saved_plan.h"
#include "engine/report/state_text.h"

namespace plumb::cli {

int run_show(Context& context) {
  if (!context.options.arguments.empty()) return show_saved(context);
  StackRun run(context);
  if (!run.load_leniently() || !run.read_state()) return 1;
  if (context.options.json) {
    context.print_json(state_json(run.state));
  } else {
    context.print(state_text(run.state, context.terminal.out));
  }
  return 0;
}

}  // namespace plumb::cli
