#include "engine/plan/plan.h"

#include <algorithm>

namespace plumb {

bool Plan::empty() const noexcept {
  const bool approvals =
      std::any_of(records.begin(), records.end(), [](const RecordChange& record) { return record.needs_approval; });
  const bool acts = std::any_of(changes.begin(), changes.end(), [](const PlannedChange& change) {
    return change.action != Action::no_op && change.action != Action::record;
  });
  return !acts && !approvals && outputs.empty() && moves.empty();
}

int Plan::exit_code() const noexcept { return empty() ? 0 : 2; }

}  // namespace plumb
