// What running a node means, by kind, and what happens when nothing can run.
#include <algorithm>

#include "engine/plan/host.h"

namespace plumb {

namespace {

bool run_local(World& world, std::uint32_t index) {
  const LocalBlock& block = *world.locals[index].block;
  const NodeId node = world.locals[index].node;
  const std::uint32_t scope_index = world.locals[index].scope;
  const std::vector<Hint> hints = hints_of(world, scope_index, block.value);
  if (!world.applying && !hints_ready(world, node, hints)) return false;
  EvalScope scope{node, scope_index, {}, {}, false};
  Value value;
  const Evaluated status = evaluate_typed(world, scope, block.value, *any_type(),
                                          scope_prefix(world, scope_index) + "local " + quoted(block.name), value);
  if (status == Evaluated::wait) return false;
  if (status == Evaluated::failed || !store_reads(world, scope, hints, block.pos)) world.info[node].failed = true;
  world.tell_redactor(value);
  world.locals[index].value = std::move(value);
  return true;
}

bool run_whole(World& world, std::uint32_t index) {
  const ResourceNode& resource = world.resources[index];
  Gather all(world);
  if (all.need(resource.node)) {
    for (const std::uint32_t i : resource.instances) all.need(world.instances[i].node);
  }
  return all.finish(resource.whole);
}

// Containers are found by identity, so all instances of their type come first; softly, for that is a hint.
bool run_gate(World& world, std::uint32_t index) {
  const GateNode& gate = world.gates[index];
  bool ready = true;
  for (const CallNode& call : world.calls) {
    if (!world.work.need(call.node, true)) ready = false;
  }
  for (std::size_t s = 1; s < world.scopes.size(); ++s) {
    if (!world.work.need(world.scopes[s].node, true)) ready = false;
  }
  for (const std::uint32_t r : gate.resources) {
    if (!world.work.need(world.resources[r].whole, true)) ready = false;
  }
  return ready || world.work.hints_off(gate.node);
}

bool run_output(World& world, std::uint32_t index) {
  const OutputBlock& block = *world.outputs[index].block;
  const NodeId node = world.outputs[index].node;
  const std::uint32_t scope_index = world.outputs[index].scope;
  const std::string what = scope_prefix(world, scope_index) + "output " + quoted(block.name);
  const std::vector<Hint> hints = hints_of(world, scope_index, block.value);
  if (!world.applying && !hints_ready(world, node, hints)) return false;
  EvalScope scope{node, scope_index, {}, {}, false};
  if (scope_index != 0) scope.reads.push_back(world.scopes[scope_index].node);
  Value value;
  const Evaluated status = evaluate_typed(world, scope, block.value, *any_type(), what, value);
  if (status == Evaluated::wait) return false;
  if (status == Evaluated::failed || !store_reads(world, scope, hints, block.pos)) {
    world.info[node].failed = true;
    return true;
  }
  // A secret whose key is missing is always marked, also behind nonsensitive(): it says nothing about the output.
  // Out of a module it travels with its mark.
  if (scope_index == 0 && value.any_sensitive() && !value.any_unavailable() && !block.sensitive) {
    world.diagnostics->error(what + " holds a secret", "mark it `sensitive: true`, or take what is not secret",
                             block.pos);
    world.info[node].failed = true;
  }
  if (block.sensitive) value = value.with_sensitive();
  world.tell_redactor(value);
  world.outputs[index].value = std::move(value);
  return true;
}

bool run_validation(World& world, std::uint32_t index) {
  const ValidationNode& check = world.validations[index];
  EvalScope scope{check.node, check.scope, {}, {}, false};
  const std::string called = check.scope == 0
                                 ? "variable " + quoted(check.variable->name)
                                 : scope_prefix(world, check.scope) + "input " + quoted(check.variable->name);
  const std::string what = "validation of " + called;
  Value condition, message;
  const Evaluated status = evaluate_typed(world, scope, check.validation->condition, *bool_type(), what, condition);
  if (status == Evaluated::wait) return false;
  if (status == Evaluated::failed || !condition.fully_known()) return true;
  if (condition.is_bool() && condition.as_bool()) return true;
  const Evaluated said = evaluate_typed(world, scope, check.validation->message, *string_type(), what, message);
  if (said == Evaluated::wait) return false;
  const bool sayable = said == Evaluated::done && message.is_string() && !message.any_sensitive();
  const std::string said_text = sayable ? message.as_string() : std::string("its value is not valid");
  if (check.scope == 0) {
    world.diagnostics->error(called + ": " + said_text,
                             "give it another value with --var, --var-file or PLUMB_VAR_" + check.variable->name,
                             check.variable->pos);
  } else {
    const InputNode& input = world.inputs[world.scopes[check.scope].inputs.at(check.variable->name)];
    world.diagnostics->error(
        called + ": " + said_text, "give it another value where the module is called",
        input.given != nullptr ? input.given->pos : world.calls[world.scopes[check.scope].call].block->pos);
  }
  return true;
}

std::string name_of(const World& world, NodeId node) {
  const NodeInfo& info = world.info[node];
  switch (info.kind) {
    case NodeKind::local:
      return scope_prefix(world, world.locals[info.index].scope) + "locals." + world.locals[info.index].block->name;
    case NodeKind::provider:
      return "provider " + world.providers[info.index].name;
    case NodeKind::resource:
    case NodeKind::whole:
      return world.resources[info.index].address.str();
    case NodeKind::instance:
      return world.instances[info.index].address.str();
    case NodeKind::group:
      return "refresh of " + world.groups[info.index].type->name;
    case NodeKind::gate:
      return world.gates[info.index].type->name;
    case NodeKind::output:
      return scope_prefix(world, world.outputs[info.index].scope) + "output " + world.outputs[info.index].block->name;
    case NodeKind::validation:
      return "variable " + world.validations[info.index].variable->name;
    case NodeKind::call:
    case NodeKind::call_outputs:
    case NodeKind::call_content:
      return world.calls[info.index].address.str();
    case NodeKind::scope: {
      Address address;
      address.modules = world.scopes[info.index].path;
      return address.str();
    }
    case NodeKind::check:
      return "check " + world.checks[info.index].result.name;
    case NodeKind::input:
      return scope_prefix(world, world.inputs[info.index].scope) + "var." + world.inputs[info.index].variable->name;
  }
  return {};
}

SourcePos pos_of(const World& world, NodeId node) {
  const NodeInfo& info = world.info[node];
  switch (info.kind) {
    case NodeKind::local:
      return world.locals[info.index].block->pos;
    case NodeKind::provider:
      return world.providers[info.index].pos;
    case NodeKind::resource:
    case NodeKind::whole:
      return world.resources[info.index].block->pos;
    case NodeKind::instance: {
      const std::uint32_t resource = world.instances[info.index].resource;
      return resource == kNone ? SourcePos{} : world.resources[resource].block->pos;
    }
    case NodeKind::output:
      return world.outputs[info.index].block->pos;
    case NodeKind::validation:
      return world.validations[info.index].variable->pos;
    case NodeKind::call:
    case NodeKind::call_outputs:
    case NodeKind::call_content:
      return world.calls[info.index].block->pos;
    case NodeKind::scope:
      return world.calls[world.scopes[info.index].call].block->pos;
    case NodeKind::input: {
      const InputNode& input = world.inputs[info.index];
      return input.given != nullptr ? input.given->pos : input.variable->pos;
    }
    case NodeKind::check:
      return world.checks[info.index].block->pos;
    case NodeKind::group:
    case NodeKind::gate:
      return {};
  }
  return {};
}

}  // namespace

bool Gather::need(NodeId on) {
  reads_.push_back(on);
  if (!world_.work.need(on, /*soft=*/false)) {
    ready_ = false;
    return false;
  }
  failed_ = failed_ || world_.info[on].failed;
  return true;
}

bool Gather::finish(NodeId node) {
  if (!ready_) return false;
  std::sort(reads_.begin(), reads_.end());
  world_.info[node].reads = std::move(reads_);
  world_.info[node].failed = failed_;
  return true;
}

bool run_node(World& world, NodeId node) {
  const std::uint32_t index = world.info[node].index;
  switch (world.info[node].kind) {
    case NodeKind::local:
      return run_local(world, index);
    case NodeKind::provider:
      return run_provider(world, index);
    case NodeKind::resource:
      return run_resource(world, index);
    case NodeKind::instance:
      return run_instance(world, index);
    case NodeKind::whole:
      return run_whole(world, index);
    case NodeKind::group:
      return run_group(world, index);
    case NodeKind::gate:
      return run_gate(world, index);
    case NodeKind::output:
      return run_output(world, index);
    case NodeKind::validation:
      return run_validation(world, index);
    case NodeKind::call:
      return run_call(world, index);
    case NodeKind::call_outputs:
      return run_call_outputs(world, index);
    case NodeKind::call_content:
      return run_call_content(world, index);
    case NodeKind::scope:
      return run_scope(world, index);
    case NodeKind::input:
      return run_input(world, index);
    case NodeKind::check:
      return run_check(world, index);
  }
  return true;
}

bool selects_all(const World& world) { return world.in.options.targets.empty() && !world.in.options.only; }

bool targeted(const World& world, const Address& instance) {
  if (world.in.options.only) return world.in.options.only->instances.contains(instance);
  const auto& targets = world.in.options.targets;
  return targets.empty() ||
         std::any_of(targets.begin(), targets.end(), [&](const Address& target) { return target.covers(instance); });
}

bool idle(World& world) {
  // In apply the pool's completions belong to the coordinator; nothing here waits for outside.
  if (world.applying) return false;
  if (flush_pending(world)) return true;
  if (flush_pending_data(world)) return true;
  if (world.pool->pending() == 0) return false;
  world.pool->wait();
  return true;
}

void report_cycle(World& world, const std::vector<NodeId>& cycle) {
  // Joins and groups stand between the things a user wrote; the smallest position starts, so that the text is always
  // the same.
  std::vector<std::pair<SourcePos, std::string>> hops;
  for (const NodeId node : cycle) {
    world.info[node].failed = true;
    std::string name = name_of(world, node);
    if (!hops.empty() && hops.back().second == name) continue;
    hops.emplace_back(pos_of(world, node), std::move(name));
  }
  if (hops.size() > 1 && hops.front().second == hops.back().second) hops.pop_back();
  const auto first = std::min_element(hops.begin(), hops.end(), [](const auto& a, const auto& b) {
    return std::make_pair(a.first.line, a.second) < std::make_pair(b.first.line, b.second);
  });
  std::rotate(hops.begin(), first, hops.end());
  std::string text = hops.front().second;
  constexpr std::size_t kShown = 12;
  for (std::size_t i = 1; i < hops.size() && i < kShown; ++i) text += " -> " + hops[i].second;
  if (hops.size() > kShown) text += " -> ... (" + std::to_string(hops.size() - kShown) + " more)";
  text += " -> " + hops.front().second;
  Diagnostic diagnostic{Severity::error, "these need each other: " + text,
                        "break the circle at one of the places named", hops.front().first};
  for (std::size_t i = 1; i < hops.size() && i < kShown; ++i) {
    diagnostic.related.emplace_back(hops[i].first, hops[i].second);
  }
  world.diagnostics->add(std::move(diagnostic));
}

void drain(World& world) {
  world.work.drain({[&](NodeId node) { return run_node(world, node); }, [&] { return idle(world); },
                    [&](const std::vector<NodeId>& cycle) { report_cycle(world, cycle); }});
}

}  // namespace plumb
