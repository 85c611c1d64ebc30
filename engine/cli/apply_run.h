// What `apply` and `destroy` share.
#pragma once

#include "engine/cli/context.h"
#include "engine/plan/session.h"

namespace plumb::cli {

// Lock, plan, show, ask, carry out; the exit code.
int run_changes(Context& context, PlanMode mode);

}  // namespace plumb::cli
