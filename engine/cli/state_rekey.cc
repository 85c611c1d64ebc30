#include "engine/cli/stack_run.h"

namespace plumb::cli {

int run_state_rekey(Context& context) {
  StackRun run(context);
  if (!run.load_leniently() || !run.lock_state("state rekey")) return 1;
  const std::string before = run.state.key_id;
  std::vector<std::string> notes;
  const auto done = run.locked->rekey(run.state, notes);
  for (const std::string& note : notes) context.note(note);
  if (!done.has_value()) return context.failed(done.error());
  if (context.options.json) {
    context.print_json(ValueMap{{"format_version", "1.0"},
                                {"key_id", run.state.key_id},
                                {"previous_key_id", before.empty() ? Value() : Value(before)}});
  } else {
    context.print(before.empty()
                      ? "This state has a root key now (id " + run.state.key_id + ").\n"
                      : "The secrets of this state are sealed under a new root key (id " + run.state.key_id + ").\n");
  }
  return 0;
}

}  // namespace plumb::cli
