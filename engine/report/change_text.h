// One planned change, in lines. Internal to report/.
#pragma once

#include <string>

#include "engine/model/diff.h"
#include "engine/plan/plan.h"
#include "engine/report/style.h"

namespace plumb::report {

// The heading with the reason, then what is created, changed or in the way; two blanks before each line.
std::string change_text(const PlannedChange& change, const TextOptions& options);
// `~ login: false -> true`, over several lines for long texts; `mark` is put behind it as `  # mark`.
std::string path_change_text(const PathChange& change, bool secret, const std::string& mark, std::size_t indent,
                             const TextOptions& options);

}  // namespace plumb::report
