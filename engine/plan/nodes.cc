// What running a node means, by kind, and what happens when nothing can run.
#include <algorithm>

#include "engine/plan/host.h"

namespace plumb {

namespace {

bool run_local(World& world, std::uint32_t index) {
  const LocalBlock& block = *world.locals[index].block;
  const NodeId node = world.locals[index].node;
  const std::vector<Hint> hints = hints_of(world, block.value);
  if (!world.applying && !hints_ready(world, node, hints)) return false;
  EvalScope scope{node, nullptr, {}, false};
  Value value;
  const Evaluated status = evaluate_typed(world, scope, block.value, *any_type(), "local " + quoted(block.name), value);
  if (status == Evaluated::wait) return false;
  if (status == Evaluated::failed || !store_reads(world, scope, hints, block.pos)) world.info[node].failed = true;
  world.tell_redactor(value);
  world.locals[index].value = std::move(value);
  return true;
}

bool run_whole(World& world, std::uint32_t index) {
  const NodeId node = world.resources[index].whole;
  if (!world.work.need(world.resources[index].node, false)) return false;
  const ResourceNode& resource = world.resources[index];
  bool ready = true;
  std::vector<NodeId> reads{resource.node};
  reads.reserve(resource.instances.size() + 1);
  bool failed = world.info[resource.node].failed;
  for (const std::uint32_t i : resource.instances) {
    const NodeId on = world.instances[i].node;
    if (!world.work.need(on, false)) ready = false;
    failed = failed || world.info[on].failed;
    reads.push_back(on);
  }
  if (!ready) return false;
  std::sort(reads.begin(), reads.end());
  world.info[node].reads = std::move(reads);
  world.info[node].failed = failed;
  return true;
}

// Containers are found by identity, so all instances of their type come first; softly, for that is a hint.
bool run_gate(World& world, std::uint32_t index) {
  const GateNode& gate = world.gates[index];
  bool ready = true;
  for (const std::uint32_t r : gate.resources) {
    if (!world.work.need(world.resources[r].whole, true)) ready = false;
  }
  return ready || world.work.hints_off(gate.node);
}

bool run_output(World& world, std::uint32_t index) {
  const OutputBlock& block = *world.outputs[index].block;
  const NodeId node = world.outputs[index].node;
  const std::vector<Hint> hints = hints_of(world, block.value);
  if (!world.applying && !hints_ready(world, node, hints)) return false;
  EvalScope scope{node, nullptr, {}, false};
  Value value;
  const Evaluated status =
      evaluate_typed(world, scope, block.value, *any_type(), "output " + quoted(block.name), value);
  if (status == Evaluated::wait) return false;
  if (status == Evaluated::failed || !store_reads(world, scope, hints, block.pos)) {
    world.info[node].failed = true;
    return true;
  }
  // A secret whose key is missing is always marked, also behind nonsensitive(): it says nothing about the output.
  if (value.any_sensitive() && !value.any_unavailable() && !block.sensitive) {
    world.diagnostics->error("output " + quoted(block.name) + " holds a secret",
                             "mark it `sensitive: true`, or take what is not secret", block.pos);
    world.info[node].failed = true;
  }
  if (block.sensitive) value = value.with_sensitive();
  world.tell_redactor(value);
  world.outputs[index].value = std::move(value);
  return true;
}

bool run_validation(World& world, std::uint32_t index) {
  const ValidationNode& check = world.validations[index];
  EvalScope scope{check.node, nullptr, {}, false};
  const std::string what = "validation of variable " + quoted(check.variable->name);
  Value condition, message;
  const Evaluated status = evaluate_typed(world, scope, check.validation->condition, *bool_type(), what, condition);
  if (status == Evaluated::wait) return false;
  if (status == Evaluated::failed || !condition.fully_known()) return true;
  if (condition.is_bool() && condition.as_bool()) return true;
  const Evaluated said = evaluate_typed(world, scope, check.validation->message, *string_type(), what, message);
  if (said == Evaluated::wait) return false;
  const bool sayable = said == Evaluated::done && message.is_string() && !message.any_sensitive();
  world.diagnostics->error("variable " + quoted(check.variable->name) + ": " +
                               (sayable ? message.as_string() : std::string("its value is not valid")),
                           "give it another value with --var, --var-file or PLUMB_VAR_" + check.variable->name,
                           check.variable->pos);
  return true;
}

std::string name_of(const World& world, NodeId node) {
  const NodeInfo& info = world.info[node];
  switch (info.kind) {
    case NodeKind::local:
      return "locals." + world.locals[info.index].block->name;
    case NodeKind::provider:
      return "provider " + world.providers[info.index].name;
    case NodeKind::resource:
    case NodeKind::whole:
      return world.resources[info.index].block->address.str();
    case NodeKind::instance:
      return world.instances[info.index].address.str();
    case NodeKind::group:
      return "refresh of " + world.groups[info.index].type->name;
    case NodeKind::gate:
      return world.gates[info.index].type->name;
    case NodeKind::output:
      return "output " + world.outputs[info.index].block->name;
    case NodeKind::validation:
      return "variable " + world.validations[info.index].variable->name;
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
    case NodeKind::group:
    case NodeKind::gate:
      return {};
  }
  return {};
}

}  // namespace

bool run_node(World& world, NodeId node) {
  const std::uint32_t index = world.info[node].index;
  switch (world.info[node].kind) {
    case NodeKind::local:
      return run_local(world, index);
    case NodeKind::provider:
      return run_provider(world, index);
    case NodeKind::resource:
      return run_resource(world, world.resources[index]);
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
  }
  return true;
}

bool targeted(const World& world, const Address& instance) {
  const auto& targets = world.in.options.targets;
  return targets.empty() || std::any_of(targets.begin(), targets.end(), [&](const Address& target) {
           return target == instance || (!target.key && instance.is_instance_of(target));
         });
}

bool idle(World& world) {
  // In apply the pool's completions belong to the coordinator; nothing here waits for outside.
  if (world.applying) return false;
  if (flush_pending(world)) return true;
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
