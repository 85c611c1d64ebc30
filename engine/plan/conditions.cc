// Conditions: what must hold before a step and after it; and `hold`, which lets nothing through.
#include <algorithm>

#include "engine/plan/lifecycle.h"
#include "engine/plan/settle.h"

namespace plumb {

namespace {

struct Outcome {
  Evaluated status = Evaluated::done;
  bool open = false;            // something is known only in apply
  std::optional<Error> broken;  // what does not hold: the first place, all messages
};

// The message of a condition that does not hold; one that holds a secret stays untold.
Evaluated message_of(World& world, EvalScope& scope, const Validation& validation, const std::string& what,
                     std::string& out) {
  Value message;
  const Evaluated status = evaluate_typed(world, scope, validation.message, *string_type(), what, message);
  if (status != Evaluated::done) return status;
  out = message.any_sensitive()                        ? "its message is withheld, because it holds a secret"
        : message.is_string() && message.fully_known() ? message.as_string()
                                                       : "a condition does not hold";
  return status;
}

Outcome check_all(World& world, EvalScope& scope, const InstanceNode& instance,
                  const std::vector<Validation>& conditions, const std::string& kind) {
  Outcome out;
  const auto note = [&](Evaluated status) {
    if (out.status != Evaluated::failed && status != Evaluated::done) out.status = status;
    return status == Evaluated::done;
  };
  const std::string what = instance.address.str() + ": " + kind;
  for (const Validation& validation : conditions) {
    Value condition;
    if (!note(evaluate_typed(world, scope, validation.condition, *bool_type(), what, condition))) continue;
    if (!condition.fully_known()) {
      out.open = true;
      continue;
    }
    if (condition.is_bool() && condition.as_bool()) continue;
    std::string message;
    if (!note(message_of(world, scope, validation, what, message))) continue;
    if (out.broken) {
      out.broken->message += "; " + message;
      continue;
    }
    out.broken = Error{std::move(message), "its " + kind + " must hold: mend what it looks at, or the condition",
                       validation.condition.pos};
  }
  return out;
}

std::vector<Hint> condition_hints(World& world, const InstanceNode& instance, const LifecycleBlock& block) {
  std::vector<Hint> out;
  for (const auto* conditions : {&block.precondition, &block.postcondition}) {
    for (const Validation& validation : *conditions) {
      for (const Tree* tree : {&validation.condition, &validation.message}) {
        for (Hint& hint : hints_of(world, world.resources[instance.resource].scope, *tree)) {
          add_hint(out, std::move(hint));
        }
      }
    }
  }
  return out;
}

// What conditions read makes order, but is no dependency: deleting it takes nothing away from the object.
void keep_reads(World& world, InstanceNode& instance, EvalScope& scope, const std::vector<Hint>& hints) {
  if (scope.met_unknown) {
    for (const Hint& hint : hints) {
      const NodeId on = hint_node(world, hint);
      if (world.work.done(on)) scope.reads.push_back(on);
    }
  }
  std::sort(scope.reads.begin(), scope.reads.end());
  scope.reads.erase(std::unique(scope.reads.begin(), scope.reads.end()), scope.reads.end());
  std::erase(scope.reads, instance.node);
  instance.condition_reads = std::move(scope.reads);
}

void stop(World& world, InstanceNode& instance, Error why) {
  if (instance.blocked || instance.action == Action::deferred) return;
  if (instance.action == Action::no_op && !instance.address.data) --world.no_ops;
  // Whoever reads a data source waits for its answer.
  block(world, instance, instance.address.data ? Action::read : instance.action, std::move(why));
}

void hold(World& world, InstanceNode& instance) {
  if (!instance.lifecycle.hold || !(mutates(instance.action) || instance.action == Action::adopt)) return;
  const std::string& why = *instance.lifecycle.hold;
  const ResourceBlock& block = *world.resources[instance.resource].block;
  stop(world, instance,
       Error{why.empty() ? std::string("held") : "held: " + why, "take `hold` away to let it through",
             block.hold ? block.hold->pos : block.pos});
}

}  // namespace

bool run_conditions(World& world, std::uint32_t index) {
  InstanceNode& instance = world.instances[index];
  const LifecycleBlock& block = world.resources[instance.resource].block->lifecycle;
  if (block.precondition.empty() && block.postcondition.empty()) {
    hold(world, instance);
    return true;
  }
  const std::vector<Hint> hints = condition_hints(world, instance, block);
  if (!hints_ready(world, instance.node, hints)) return false;
  EvalScope scope = scope_of(world, instance);
  const Outcome before = check_all(world, scope, instance, block.precondition, "precondition");
  scope.self = &instance.value;
  const Outcome after = check_all(world, scope, instance, block.postcondition, "postcondition");
  for (const Evaluated status : {Evaluated::failed, Evaluated::wait}) {
    if (before.status != status && after.status != status) continue;
    if (status == Evaluated::wait) return false;
    world.info[instance.node].failed = true;
    return true;
  }
  keep_reads(world, instance, scope, hints);
  instance.precondition_open = before.open;
  if (before.broken) {
    stop(world, instance, *before.broken);
  } else if (after.broken) {
    stop(world, instance, *after.broken);
  }
  hold(world, instance);
  return true;
}

bool run_open_conditions(World& world, std::uint32_t index) {
  InstanceNode& instance = world.instances[index];
  const LifecycleBlock& block = world.resources[instance.resource].block->lifecycle;
  const bool after = instance.checking == Checking::after;
  EvalScope scope = scope_of(world, instance);
  if (after) scope.self = &instance.value;
  const Outcome outcome = check_all(world, scope, instance, after ? block.postcondition : block.precondition,
                                    after ? "postcondition" : "precondition");
  if (outcome.status == Evaluated::wait) return false;
  if (outcome.broken) world.diagnostics->add(Error(*outcome.broken).in(instance.address.str()));
  return true;
}

}  // namespace plumb
