#include "engine/cli/stack_run.h"
#include "engine/report/state_text.h"

namespace plumb::cli {

int run_show(Context& context) {
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
