// `checks`: asserts with data sources of their own. They are told as warnings and stand in nobody's way.
#include "engine/plan/world.h"

namespace plumb {

namespace {

// Why a data source of the check could not be read; nullopt when all could.
std::optional<std::string> unread_data(const World& world, const CheckBlock& block, std::uint32_t scope) {
  for (const ResourceBlock& data : block.data) {
    const auto& resources = world.scopes[scope].resources;
    const auto it = resources.find(check_data_name(block, data.address.str()));
    if (it == resources.end()) continue;
    for (const std::uint32_t i : world.resources[it->second].instances) {
      const ReadResult& live = world.instances[i].live;
      if (!live.error.message.empty()) return data.address.str() + " cannot be read: " + live.error.message;
    }
  }
  return std::nullopt;
}

// What an assert says when it does not hold; nullopt when it does. Errors of evaluation count as a failure.
struct Verdict {
  Evaluated status = Evaluated::done;
  bool unknown = false;
  std::optional<std::string> failure;
};

Verdict judge(World& world, EvalScope& scope, const Validation& check, const std::string& what) {
  Verdict out;
  Value condition, message;
  out.status = evaluate_typed(world, scope, check.condition, *bool_type(), what, condition);
  if (out.status != Evaluated::done) return out;
  out.unknown = !condition.fully_known();
  if (out.unknown || (condition.is_bool() && condition.as_bool())) return out;
  out.status = evaluate_typed(world, scope, check.message, *string_type(), what, message);
  const bool sayable = message.is_string() && !message.any_sensitive();
  out.failure = sayable ? message.as_string() : std::string("an assert does not hold");
  return out;
}

}  // namespace

std::string check_data_name(const CheckBlock& check, const std::string& name) {
  return "check." + check.name + "." + name;
}

void add_checks(World& world, std::uint32_t scope, const Document& document) {
  for (const CheckBlock& block : document.checks) {
    add_resources(world, scope, block.data, &block);
    const auto index = static_cast<std::uint32_t>(world.checks.size());
    CheckNode check{&block, scope, world.add_node(NodeKind::check, index), {}};
    if (scope != 0) {
      Address address;
      address.modules = world.scopes[scope].path;
      check.result.name = address.str() + ".";
    }
    check.result.name += block.name;
    check.result.pos = block.pos;
    world.scopes[scope].nodes.push_back(check.node);
    world.checks.push_back(std::move(check));
  }
}

bool run_check(World& world, std::uint32_t index) {
  const CheckBlock& block = *world.checks[index].block;
  EvalScope scope{world.checks[index].node, world.checks[index].scope, {}, {}, false, &block};
  CheckResult result{world.checks[index].result.name, CheckResult::Status::passed, {}, block.pos};
  // What goes wrong in a check is the check's failure, not the plan's.
  Diagnostics own;
  Diagnostics* const before = std::exchange(world.diagnostics, &own);
  bool wait = false, unknown = false;
  for (const Validation& check : block.asserts) {
    Verdict verdict = judge(world, scope, check, "check " + result.name);
    wait = wait || verdict.status == Evaluated::wait;
    // A failure without words of its own was told where it happened.
    unknown = unknown || verdict.unknown || verdict.status == Evaluated::failed;
    if (verdict.failure) result.messages.push_back(std::move(*verdict.failure));
  }
  world.diagnostics = before;
  if (wait) return false;
  for (const Diagnostic& diagnostic : own.sorted()) result.messages.push_back(diagnostic.message);
  if (const auto unread = unread_data(world, block, scope.scope)) result.messages.push_back(*unread);
  if (!result.messages.empty()) {
    result.status = CheckResult::Status::failed;
  } else if (unknown) {
    result.status = CheckResult::Status::unknown;
  }
  world.checks[index].result = std::move(result);
  world.info[world.checks[index].node].reads = std::move(scope.reads);
  return true;
}

}  // namespace plumb
