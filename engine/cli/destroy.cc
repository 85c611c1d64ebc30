#include "engine/cli/apply_run.h"

namespace plumb::cli {

int run_destroy(Context& context) { return run_changes(context, PlanMode::destroy); }

}  // namespace plumb::cli
