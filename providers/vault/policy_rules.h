// A policy as data: rules, checked and written out as HCL.
#pragma once

#include <string>
#include <vector>

#include "engine/model/type.h"

namespace plumb::vault {

// `list(object({ path: string, capabilities: set(string), ... }))`.
std::shared_ptr<const plumb::Type> policy_rules_type();
// One sentence and an example, for whoever has an attribute of that type.
std::string policy_rules_example();

// What no server would take, or what would not mean what it says. Paths begin at `root`; unknown leaves pass.
std::vector<TypeError> check_policy_rules(const Value& rules, const Path& root);
// The rules in HCL, in their order; unknown when a leaf is, and sensitive when one is.
Value policy_text(const Value& rules);

}  // namespace plumb::vault
