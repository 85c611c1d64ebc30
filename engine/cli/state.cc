#include "engine/base/suggest.h"
#include "engine/cli/stack_run.h"
#include "engine/report/state_text.h"

namespace plumb::cli {

int run_state_list(Context& context) {
  StackRun run(context);
  if (!run.load_leniently() || !run.read_state()) return 1;
  if (context.options.json) {
    context.print_json(state_list_json(run.state));
  } else {
    context.print(state_list_text(run.state));
  }
  return 0;
}

int run_state_show(Context& context) {
  const auto addresses = addresses_of(context.options.arguments, "");
  if (!addresses.has_value()) return context.failed(addresses.error());
  StackRun run(context);
  if (!run.load_leniently() || !run.read_state()) return 1;
  const Address& address = addresses->front();
  const auto found = run.state.instances.find(address);
  if (found == run.state.instances.end()) {
    std::vector<std::string> names;
    for (const auto& [other, record] : run.state.instances) names.push_back(other.str());
    return context.failed(Error{address.str() + " is not in state" + did_you_mean(address.str(), names),
                                "see `plumb state list` for what is"});
  }
  if (context.options.json) {
    context.print_json(instance_json(run.state, found->second));
  } else {
    context.print(instance_text(run.state, found->second, context.terminal.out));
  }
  return 0;
}

}  // namespace plumb::cli
