#include "engine/cli/stack_run.h"

#include <algorithm>

#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "engine/cli/progress.h"
#include "engine/cli/saved_plan.h"

namespace plumb::cli {

namespace {

Refresh refresh_of(RefreshFlag flag) {
  switch (flag) {
    case RefreshFlag::full:
      return Refresh::full;
    case RefreshFlag::changed:
      return Refresh::changed;
    case RefreshFlag::none:
      return Refresh::none;
  }
  return Refresh::full;
}

// The change puts a secret, or the digest of one, into state.
bool stores_secret(const PlannedChange& change) {
  if (change.after.any_sensitive()) return true;
  if (change.type == nullptr) return false;
  return std::any_of(change.type->attributes.begin(), change.type->attributes.end(), [&](const Attribute& attribute) {
    if (!attribute.sensitive && !attribute.write_only) return false;
    const Value* value = change.after.find(attribute.name);
    return value != nullptr && !value->is_null();
  });
}

bool stores_secret(const Plan& plan) {
  return std::any_of(plan.changes.begin(), plan.changes.end(),
                     [](const PlannedChange& change) { return stores_secret(change); }) ||
         std::any_of(plan.outputs.begin(), plan.outputs.end(),
                     [](const OutputChange& output) { return output.after && output.after->any_sensitive(); });
}

}  // namespace

StackRun::~StackRun() {
  // The session looks at state and stack, and the lock goes last.
  session.reset();
  locked.reset();
}

VariableInputs variable_inputs(const Context& context) {
  return {context.options.var_files, context.environment, context.options.variables};
}

bool StackRun::load(const PlanFile* saved) {
  if (!load_again(saved)) return false;
  open_store();
  return true;
}

bool StackRun::load_again(const PlanFile* saved) {
  session.reset();  // it looks at the stack
  Diagnostics diagnostics;
  stack = load_stack(context_.options.directory, real_file_system(), diagnostics);
  if (!diagnostics.has_errors()) {
    const VariableInputs inputs = variable_inputs(context_);
    variables = saved != nullptr ? saved_variables(stack, *saved, inputs, diagnostics)
                                 : resolve_variables(stack, inputs, real_file_system(),
                                                     context_.options.allow_literal_secrets, diagnostics);
  }
  context_.say(diagnostics);
  return !diagnostics.has_errors();
}

bool StackRun::load_leniently() {
  Diagnostics diagnostics;
  stack = load_stack(context_.options.directory, real_file_system(), diagnostics);
  if (stack.files.empty() && diagnostics.has_errors()) {
    context_.say(diagnostics);
    return false;
  }
  open_store();
  return true;
}

void StackRun::open_store() {
  KeySource keys{stack.key_file, stack.key_env, stack.key_passphrase_env, context_.environment};
  if (const auto& transit = stack.key_transit) {
    keys.transit = TransitSource{transit->key,     transit->mount,     transit->address, transit->namespace_name,
                                 transit->ca_cert, transit->token_env, transit->pos};
  }
  store = local_store(stack.directory, std::move(keys));
}

bool StackRun::take(Result<Loaded> loaded) {
  if (!loaded.has_value()) {
    context_.say(loaded.error());
    return false;
  }
  state = std::move(loaded->state);
  state.engine_version = engine_version();
  notes = std::move(loaded->notes);
  for (const std::string& note : notes) context_.note(note);
  return true;
}

bool StackRun::read_state() { return take(store->read()); }

bool StackRun::lock_state(const std::string& operation) {
  auto lock = store->lock({operation, context_.options.lock_timeout});
  if (!lock.has_value()) {
    context_.say(lock.error());
    return false;
  }
  locked = *std::move(lock);
  return take(locked->load());
}

bool StackRun::start(PlanMode mode) {
  options.mode = mode;
  options.refresh = refresh_of(context_.options.refresh);
  options.allow_literal_secrets = context_.options.allow_literal_secrets;
  options.expect = expect;
  auto targets = addresses_of(context_.options.targets, "--target", Modules::allowed);
  auto replace = addresses_of(context_.options.replace, "--replace", Modules::allowed);
  for (const auto* given : {&targets, &replace}) {
    if (given->has_value()) continue;
    context_.say(given->error());
    return false;
  }
  options.targets = *std::move(targets);
  options.replace = *std::move(replace);
  return open_session();
}

bool StackRun::start(const PlanFile& saved) {
  options.mode = saved.mode;
  options.refresh = saved.refresh;
  options.allow_literal_secrets = saved.allow_literal_secrets;
  options.replace = saved.replace;
  options.expect = saved.id;
  options.only = scope_of(saved.plan);
  return open_session();
}

bool StackRun::start_again() {
  session.reset();
  options.replace.clear();
  return open_session();
}

std::optional<SessionInputs> StackRun::session_inputs() {
  options.parallelism = context_.options.parallelism;
  SessionInputs inputs;
  inputs.stack = &stack;
  inputs.variables = variables;
  inputs.state = &state;
  inputs.registry = &context_.registry;
  inputs.redactor = &context_.redactor;
  inputs.key_id = state.key_id;
  inputs.options = options;
  if (store != nullptr && options.mode != PlanMode::validate) {
    auto root = store->key(state);
    if (!root.has_value()) {
      context_.say(root.error());
      return std::nullopt;
    }
    has_key = root->has_value();
    if (has_key) digest_key = plumb::digest_key(**root);
    inputs.digest_key = digest_key;
  }
  return inputs;
}

bool StackRun::open_session() {
  std::optional<SessionInputs> inputs = session_inputs();
  if (!inputs) return false;
  session = std::make_unique<Session>(*std::move(inputs));
  return true;
}

std::optional<Plan> StackRun::plan() {
  Diagnostics diagnostics;
  std::optional<Plan> plan;
  {
    const Progress progress("planning", context_.terminal.live);
    plan = session->plan(diagnostics);
  }
  if (plan) {
    for (const Diagnostic& warning : plan->warnings) diagnostics.add(warning);
    warn_of_checks(plan->checks, diagnostics);
  }
  context_.say(diagnostics);
  if (context_.options.timings) {
    for (const PhaseTiming& timing : session->timings()) {
      std::string phase = timing.phase;
      phase.resize(std::max<std::size_t>(phase.size(), 10), ' ');
      write_err(phase + "  " + duration_text(timing.took) + "\n");
    }
  }
  if (diagnostics.has_errors()) return std::nullopt;
  return plan;
}

bool StackRun::ensure_key(const Plan& plan) { return !stores_secret(plan) || ensure_key(); }

bool StackRun::ensure_key() {
  if (!state.key_id.empty() && has_key) return true;
  std::vector<std::string> told;
  auto root = locked->ensure_key(state, told);
  if (!root.has_value()) {
    context_.say(root.error());
    return false;
  }
  for (const std::string& note : told) context_.note(note);
  session->use_key(plumb::digest_key(*root));
  return true;
}

void warn_of_checks(const std::vector<CheckResult>& checks, Diagnostics& diagnostics) {
  for (const CheckResult& check : checks) {
    if (check.status != CheckResult::Status::failed) continue;
    const std::string next = "a check stands in nobody's way: mend what it is about, or the check";
    if (check.messages.empty()) diagnostics.warning("check " + check.name + " failed", next, check.pos);
    for (const std::string& message : check.messages) {
      diagnostics.warning("check " + check.name + " failed: " + message, next, check.pos);
    }
  }
}

Result<std::vector<Address>> addresses_of(const std::vector<std::string>& texts, const std::string& flag,
                                          Modules modules) {
  std::vector<Address> out;
  for (const std::string& text : texts) {
    auto address = modules == Modules::allowed ? Address::parse_any(text) : Address::parse(text);
    if (!address.has_value()) {
      return fail(std::move(address).error().in((flag.empty() ? "" : flag + " ") + "\"" + printable(text) + "\""));
    }
    out.push_back(*std::move(address));
  }
  return out;
}

}  // namespace plumb::cli
