// A plan as JSON: Terraform's plan representation, format_version 1.2, and what Plumb has beyond it.
//
// Where Plumb has more to say than Terraform's format: `plumb_format`, `plumb` ({records, blocked, checks, ignored,
// moves, warnings, reasons, nonsensitive}) and `envelope`, the only part that differs between two plans of the same
// inputs. No key is ever missing. `planned_values` and `prior_state` are null: a plan holds what changes, not
// everything there is. Entries of `resource_drift` hold the paths that moved and no others.
#pragma once

#include <map>
#include <string>

#include "engine/config/stack.h"
#include "engine/plan/plan.h"

namespace plumb {

struct PlanEnvelope {
  std::string id;
  std::string time;  // RFC 3339
  std::string nonce;
};

struct PlanJsonInputs {
  const StackConfig* stack = nullptr;  // for `configuration`: addresses and references only; may be null
  std::map<std::string, Value> variables;
  std::string engine_version;
  PlanEnvelope envelope;
  Value configuration{};  // without a stack: the part, as configuration_json() made it then
};

Value plan_json(const Plan& plan, const PlanJsonInputs& inputs);
// The part `configuration`.
Value configuration_json(const StackConfig& stack);

}  // namespace plumb
