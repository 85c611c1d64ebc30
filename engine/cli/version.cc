#include "engine/cli/context.h"
#include "state/state.h"

namespace plumb::cli {

std::string_view engine_version() noexcept { return PLUMB_VERSION; }

int run_version(Context& context) {
  if (context.options.json) {
    context.print_json(
        ValueMap{{"format_version", "1.0"}, {"state_format", kStateFormat}, {"version", engine_version()}});
  } else {
    context.print("plumb " + std::string(engine_version()) + "\n");
  }
  return 0;
}

}  // namespace plumb::cli
