// SIGINT and SIGTERM as a StopRequest.
#pragma once

#include "engine/apply/apply.h"

namespace plumb::cli {

// Until defer_signals() the first signal ends the process at once with exit 1: nothing was changed, and the system
// frees the lock. SIGPIPE is ignored.
void install_signals();
// From now on the first signal sets the request to 1 and the second to 2.
void defer_signals();
const StopRequest& stop_request();

}  // namespace plumb::cli
