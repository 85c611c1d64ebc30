#include "engine/cli/stack_run.h"
#include "engine/report/state_text.h"

namespace plumb::cli {

int run_output(Context& context) {
  StackRun run(context);
  if (!run.load_leniently() || !run.read_state()) return 1;
  const std::map<std::string, OutputRecord>& outputs = run.state.outputs;
  if (context.options.arguments.empty()) {
    if (context.options.json) {
      context.print_json(ValueMap{{"format_version", "1.0"}, {"outputs", outputs_json(outputs)}});
    } else {
      context.print(outputs_text(outputs));
    }
    return 0;
  }
  const std::string& name = context.options.arguments.front();
  const auto text = output_raw(outputs, name, context.options.show_sensitive);
  if (!text.has_value()) return context.failed(text.error());
  if (context.options.json) {
    context.print_json(outputs.at(name).value);
  } else {
    context.print(*text + "\n");
  }
  return 0;
}

}  // namespace plumb::cli
