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

std::string_view word(StepKind kind) noexcept {
  switch (kind) {
    case StepKind::create:
      return "create";
    case StepKind::update:
      return "update";
    case StepKind::remove:
      return "delete";
    case StepKind::adopt:
      return "adopt";
    case StepKind::forget:
      return "forget";
    case StepKind::read:
      return "read";
    case StepKind::record:
      return "record";
  }
  return "";
}

}  // namespace plumb
