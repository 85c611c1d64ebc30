// Expectations: what the steps of a plan were planned against, so that a saved plan can tell what moved since.
//
// Each is a name and a token. Names:
//   action, approval, identity       the planned change itself; that it lowers protection
//   provider                         the identity of the server
//   planned.PATH                     a value that is sent
//   record, record.uid               what state knows
//   live, live.PATH, server_id       what the server says
//   read NAME, keys NAME             what was read: the value of an instance, local, input or output; a set of keys
//   dependents                       of a delete: what state says depends on the object
// A token is `=` and JSON for what is short and no secret, `#` and a digest for the rest, `*` and a keyed digest for
// what holds a secret, `?` for what is not known before apply. Equal things have equal tokens; a token tells no secret.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/base/source.h"
#include "engine/model/address.h"

namespace plumb {

struct Plan;

using Expected = std::map<std::string, std::string>;

struct Expectations {
  std::vector<Expected> steps;              // as Plan::graph.steps
  std::map<Address, Expected> idle;         // instances named by PlanOptions::only that need no step now
  std::map<std::string, Expected> outputs;  // of Plan::outputs: `before`, `after`
  bool needs_key = false;                   // a secret is among them, and there was no key to digest it with
};

// One thing that is not as the saved plan expects.
struct Mismatch {
  std::string message;  // begins with the address
  std::string next_step;
  SourcePos pos{};  // of the block, where it is known
};

// Everything in which `now` (planned with the saved plan's PlanOptions::only and ::expect) differs from what the saved
// plan expects, in the order of its steps. Empty: its steps may be carried out. What only brings records up to date,
// and needs nobody's approval, expects nothing. Linear but for the logarithm of maps.
std::vector<Mismatch> mismatches(const Plan& saved, const Plan& now);

// `now` with the steps of the saved plan and no others; those left out pass their edges on.
Plan saved_steps_of(Plan now, const Plan& saved);

}  // namespace plumb
