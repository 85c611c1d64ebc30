#include "engine/report/plan_text.h"

#include <algorithm>
#include <array>
#include <set>

#include "engine/base/text.h"
#include "engine/report/change_text.h"
#include "engine/report/drift_text.h"
#include "engine/report/value_text.h"

namespace plumb {

namespace {

// Destroys first: they are what must not be overlooked.
constexpr std::array kOrder{Action::remove, Action::replace, Action::create,   Action::update, Action::adopt,
                            Action::forget, Action::read,    Action::deferred, Action::blocked};

// A change that adopts and updates is listed with the adopted.
Action group_of(const PlannedChange& change) {
  return change.adopt && change.action == Action::update ? Action::adopt : change.action;
}

// An adopt that changes nothing says why it is there; every other heading stands for itself.
std::string changes_text(const Plan& plan, const TextOptions& options) {
  std::string out;
  for (const Action action : kOrder) {
    std::string group;
    for (const PlannedChange& change : plan.changes) {
      if (group_of(change) == action) group += report::change_text(change, options);
    }
    if (!group.empty()) out += group + "\n";
  }
  return out;
}

std::string output_text(const OutputChange& output, const TextOptions& options) {
  const PathChange change{Path(output.name), output.before.value_or(Value()), output.after.value_or(Value())};
  return report::path_change_text(change, false, {}, 2, options);
}

std::string records_text(const Plan& plan) {
  std::string out;
  std::set<std::pair<Address, std::string>> said;  // a move has a record too
  for (const auto& [from, to] : plan.moves) {
    said.emplace(to, "was " + from.str() + " (moved)");
    out += "  " + printable(from.str()) + " has moved to " + printable(to.str()) + "\n";
  }
  std::size_t counted_only = 0;
  for (const RecordChange& record : plan.records) {
    if (said.contains({record.address, record.what})) continue;
    if (!record.needs_approval) {
      ++counted_only;
      continue;
    }
    out += "  " + printable(record.address.str()) + ": " + printable(record.what) + "\n";
  }
  if (!out.empty()) out = "In state only:\n\n" + out + "\n";
  if (counted_only > 0 && !plan.empty()) {
    out += counted(counted_only, "record") + " in state will be brought up to date.\n\n";
  }
  return out;
}

}  // namespace

std::string plan_summary(const Plan& plan) {
  if (plan.empty()) {
    return plan.destroy ? "No changes. There is nothing to destroy."
                        : "No changes. What exists is what plumb.yaml says.";
  }
  const PlanCounts& n = plan.counts;
  std::string out = "Plan: " + std::to_string(n.create) + " to create, " + std::to_string(n.update) + " to update, " +
                    std::to_string(n.replace) + " to replace, " + std::to_string(n.remove) + " to delete";
  const auto add = [&out](std::size_t count, const std::string& words) {
    if (count > 0) out += ", " + std::to_string(count) + " " + words;
  };
  add(n.adopt, "to adopt");
  add(n.forget, "to forget");
  add(n.read, "to read");
  add(plan.moves.size(), "moved");
  add(n.deferred, "deferred");
  add(n.blocked, "blocked");
  add(plan.outputs.size(), plan.outputs.size() == 1 ? "output" : "outputs");
  return out + ".";
}

std::string ignored_text(const Plan& plan) {
  if (plan.ignored == 0) return {};
  return counted(plan.ignored, "difference") + " ignored by `ignore` rules.\n";
}

std::string plan_text(const Plan& plan, const TextOptions& options) {
  std::string out;
  if (!plan.drift.empty()) {
    out += "Changed outside Plumb since the last apply:\n\n" + drift_entries_text(plan, options) + "\n";
  }
  const std::string changes = changes_text(plan, options);
  if (!changes.empty()) {
    out += plan.destroy ? "Plumb will destroy:\n\n" : "Plumb will make these changes:\n\n";
    out += changes;
  }
  if (!plan.outputs.empty()) {
    out += "Outputs:\n\n";
    for (const OutputChange& output : plan.outputs) out += output_text(output, options);
    out += "\n";
  }
  out += records_text(plan);
  if (!plan.nonsensitive.empty()) {
    out += "Shown although it comes from a secret (`nonsensitive`):\n\n";
    for (const std::string& place : plan.nonsensitive) out += "  " + printable(place) + "\n";
    out += "\n";
  }
  return out + toned(plan_summary(plan), Tone::strong, options) + "\n" + ignored_text(plan);
}

}  // namespace plumb
