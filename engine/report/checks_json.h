// Checks in JSON reports, as Terraform represents them. Internal to report/.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/plan/plan.h"
#include "state/state.h"

namespace plumb::report {

// One entry for each check as configuration has it, with an instance for each call of its module:
// {address: {kind, module, name, to_display}, instances: [{address, problems, status}], status}.
Value checks_json(const std::vector<CheckResult>& checks);
Value checks_json(const std::map<std::string, CheckRecord>& checks);
// `passed`, `failed`, `unknown`.
std::string_view word(CheckResult::Status status) noexcept;

}  // namespace plumb::report
