#include "engine/apply/stages.h"

#include <optional>
#include <string>

namespace plumb {

namespace {

const char* const kAskAgain = "run `plumb apply` again and approve it";

// A link is the same when it is made again, so taking it over needs nobody's word.
bool takes_over(const PlannedChange& change) {
  if (change.type != nullptr && change.type->link) return false;
  return change.action == Action::adopt || change.adopt;
}

std::string named(const PlannedChange& change) {
  const std::string address = change.address.str();
  return change.deposed.empty() ? address : "the object that replacing " + address + " left behind";
}

std::optional<std::string> too_much(const Budget& budget, const PlannedChange& change) {
  const std::string would = "the next stage would " + std::string(word(change.action)) + " " + named(change);
  switch (change.action) {
    case Action::no_op:
    case Action::read:
    case Action::record:
    case Action::deferred:
    case Action::blocked:
      return std::nullopt;
    case Action::remove:
    case Action::replace:
    case Action::forget:
      return would + ", and was approved for creates and in-place updates only";
    case Action::create:
    case Action::update:
    case Action::adopt:
      break;
  }
  if (!budget.covers(change.address)) return would + ", which was not deferred";
  if (takes_over(change)) {
    return "the next stage would take over " + named(change) +
           ", and was approved for creates and in-place updates only";
  }
  return std::nullopt;
}

}  // namespace

bool Budget::covers(const Address& address) const {
  if (addresses_.contains(address) || addresses_.contains(address.resource())) return true;
  Address module;
  for (const ModuleStep& step : address.modules) {
    module.modules.push_back({step.name, std::nullopt});
    if (addresses_.contains(module)) return true;
    module.modules.back() = step;
    if (addresses_.contains(module)) return true;
  }
  return false;
}

Budget budget_of(const Plan& approved) {
  Budget budget;
  for (const PlannedChange& change : approved.changes) {
    if (change.action == Action::deferred) budget.add(change.address);
  }
  return budget;
}

std::vector<Error> beyond(const Budget& budget, const Plan& next) {
  std::vector<Error> out;
  for (const PlannedChange& change : next.changes) {
    if (auto why = too_much(budget, change)) out.push_back({std::move(*why), kAskAgain, change.pos});
  }
  for (const RecordChange& record : next.records) {
    if (!record.needs_approval) continue;
    out.push_back({"the next stage would change what state says of " + record.address.str() + " (" + record.what +
                       "), which needs approval",
                   kAskAgain,
                   {}});
  }
  for (const auto& [from, to] : next.moves) {
    if (budget.covers(to)) continue;
    out.push_back(
        {"the next stage would move " + from.str() + " to " + to.str() + ", which was not deferred", kAskAgain, {}});
  }
  return out;
}

}  // namespace plumb
