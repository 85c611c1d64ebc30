// A plan for people: what changed outside, then destroys, then the rest, then counts.
#pragma once

#include <string>

#include "engine/plan/plan.h"
#include "engine/report/style.h"

namespace plumb {

// The same plan gives the same text. Ends with a newline. Plan::warnings are not in it: they are diagnostics.
std::string plan_text(const Plan& plan, const TextOptions& options);
// `3 differences ignored by ...` as a line; empty when there are none.
std::string ignored_text(const Plan& plan);
// The line that counts, alone: `Plan: 2 to create, 1 to update, 0 to replace, 1 to delete.` or `No changes. ...`.
std::string plan_summary(const Plan& plan);

}  // namespace plumb
