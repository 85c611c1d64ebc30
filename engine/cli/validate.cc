#include "engine/base/text.h"
#include "engine/cli/stack_run.h"
#include "engine/report/diagnostics.h"

namespace plumb::cli {

namespace {

// The values of variables; those that nobody gave are unknown, which is no error here. Each of them gets a null default
// at a place that no file has, so that whatever is said of that default can be told from what is said of given values.
std::map<std::string, Value> variables_or_unknown(const Context& context, const StackConfig& stack,
                                                  Diagnostics& diagnostics) {
  const SourcePos nowhere{FileName("(not given)"), 0, 0};
  StackConfig tolerant;
  tolerant.variables = stack.variables;
  for (VariableBlock& block : tolerant.variables) {
    if (block.default_value) continue;
    Tree null;
    null.pos = nowhere;
    block.default_value = std::move(null);
  }
  Diagnostics found;
  std::map<std::string, Value> values = resolve_variables(tolerant, variable_inputs(context), real_file_system(),
                                                          context.options.allow_literal_secrets, found);
  for (Diagnostic& diagnostic : found.sorted()) {
    if (!(diagnostic.pos == nowhere)) diagnostics.add(std::move(diagnostic));
  }
  for (const VariableBlock& block : stack.variables) {
    if (block.default_value) continue;
    const auto given = values.find(block.name);
    if (given != values.end() && !given->second.is_null()) continue;
    values.insert_or_assign(block.name, Value::unknown().with_sensitive(block.sensitive || block.type->sensitive));
  }
  return values;
}

// `3 resources`, with what else there is.
std::string contents(const StackConfig& stack) {
  std::vector<std::string> parts{counted(stack.resources.size(), "resource")};
  if (!stack.data.empty()) parts.push_back(counted(stack.data.size(), "data source"));
  if (!stack.modules.empty()) parts.push_back(counted(stack.modules.size(), "module"));
  if (!stack.checks.empty()) parts.push_back(counted(stack.checks.size(), "check"));
  const std::string last = parts.back();
  parts.pop_back();
  return parts.empty() ? last : join(parts, ", ") + " and " + last;
}

void check(Context& context, StackRun& run, Diagnostics& diagnostics) {
  run.stack = load_stack(context.options.directory, real_file_system(), diagnostics);
  if (diagnostics.has_errors()) return;
  run.variables = variables_or_unknown(context, run.stack, diagnostics);
  if (diagnostics.has_errors() || !run.start(PlanMode::validate)) return;
  Diagnostics found;
  const std::optional<Plan> plan = run.session->plan(found);
  diagnostics.merge(std::move(found));
  if (!plan) return;
  for (const Diagnostic& warning : plan->warnings) diagnostics.add(warning);
}

}  // namespace

int run_validate(Context& context) {
  StackRun run(context);
  Diagnostics diagnostics;
  check(context, run, diagnostics);
  if (context.options.json) {
    context.print_json(validation_json(diagnostics));
  } else {
    context.say(diagnostics);
    if (!diagnostics.has_errors()) {
      context.print("Valid: " + contents(run.stack) + " in " + counted(run.stack.files.size(), "file") + ".\n");
    }
  }
  return diagnostics.has_errors() ? 1 : 0;
}

}  // namespace plumb::cli
