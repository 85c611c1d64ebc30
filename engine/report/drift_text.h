// What `plumb drift` reports: live against what was last applied or accepted.
#pragma once

#include <string>

#include "engine/plan/plan.h"
#include "engine/report/style.h"

namespace plumb {

// Each instance with its paths, prior -> live; missing and unreadable ones; a last line that counts.
std::string drift_text(const Plan& plan, const TextOptions& options);
// The instances alone, two blanks before each; empty when nothing moved.
std::string drift_entries_text(const Plan& plan, const TextOptions& options);
// {format_version, drift: [{address, kind, changes, ...}], ignored, unreadable: [{address, ...}]}.
Value drift_json(const Plan& plan);
// 0 nothing moved, 2 something did, 1 something could not be read.
int drift_exit_code(const Plan& plan) noexcept;

}  // namespace plumb
