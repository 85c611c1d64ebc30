#include "tests/support/plan_lines.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <optional>

namespace plumb::test {

namespace {

std::string name_of(const Step& step) { return std::string(word(step.kind)) + " " + step.address.str(); }

std::optional<StepId> find_step(const Plan& plan, const std::string& name) {
  for (StepId id = 0; id < plan.graph.steps.size(); ++id) {
    if (name_of(plan.graph.steps[id]) == name) return id;
  }
  return std::nullopt;
}

const std::vector<StepId>& before(const Plan& plan, StepId id) {
  const std::size_t steps = plan.graph.steps.size();
  return id < steps ? plan.graph.steps[id].after : plan.graph.joins[id - steps];
}

std::string drift_word(DriftEntry::Kind kind) {
  switch (kind) {
    case DriftEntry::Kind::changed:
      return "changed";
    case DriftEntry::Kind::missing:
      return "missing";
    case DriftEntry::Kind::replaced_outside:
      return "replaced outside";
    case DriftEntry::Kind::renamed_outside:
      return "renamed outside";
  }
  return {};
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? ": " : ", ") + part;
  return out;
}

std::string change_line(const PlannedChange& change) {
  std::string out(word(change.action));
  if (change.action == Action::blocked || change.action == Action::deferred) {
    return out + "(" + std::string(word(change.intended)) + ") " + change.address.str() + ": " +
           (change.blocked ? change.blocked->message : std::string("?"));
  }
  if (change.adopt && change.action == Action::update) out += "+adopt";
  std::vector<std::string> paths;
  for (const PlannedPath& path : change.paths) paths.push_back(path.path.str() + (path.forces_replacement ? "!" : ""));
  return out + " " + change.address.str() + joined(paths);
}

std::string drift_line(const DriftEntry& entry) {
  std::vector<std::string> paths;
  for (const PathChange& change : entry.changes) paths.push_back(change.path.str());
  return drift_word(entry.kind) + " " + entry.address.str() + joined(paths);
}

}  // namespace

std::string brief(const Plan& plan) {
  std::string out;
  for (const PlannedChange& change : plan.changes) out += change_line(change) + "\n";
  for (const DriftEntry& entry : plan.drift) out += "drift " + drift_line(entry) + "\n";
  for (const DriftEntry& entry : plan.unreadable) out += "unreadable " + entry.address.str() + "\n";
  for (const OutputChange& output : plan.outputs) out += "output " + output.name + "\n";
  for (const RecordChange& record : plan.records) {
    if (record.needs_approval) out += "record " + record.address.str() + ": " + record.what + "\n";
  }
  return out;
}

std::string whole(const Plan& plan) {
  std::string out = brief(plan);
  for (const PlannedChange& change : plan.changes) {
    out += change.address.str() + " " + change.provider + " " + change.identity.debug() + " " + change.before.debug() +
           " " + change.after.debug() + " " + change.reason + " " + change.pos.str() + "\n";
    for (const PlannedPath& path : change.paths) {
      out += "  " + path.path.str() + " " + path.before.debug() + " " + path.after.debug() + " " +
             std::to_string(static_cast<int>(path.why)) + " " + path.pos.str() + " " +
             (path.upstream ? path.upstream->str() : "") + "\n";
    }
    for (const Path& path : change.not_verified) out += "  not verified " + path.str() + "\n";
    for (const std::string& warning : change.warnings) out += "  warning " + warning + "\n";
    if (change.blocked) out += "  " + change.blocked->message + " " + change.blocked->next_step + "\n";
  }
  for (const RecordChange& record : plan.records) out += "record " + record.address.str() + " " + record.what + "\n";
  for (const Diagnostic& warning : plan.warnings) out += "warning " + warning.message + "\n";
  for (const std::string& place : plan.nonsensitive) out += "nonsensitive " + place + "\n";
  for (const OutputChange& output : plan.outputs) {
    out += "output " + output.name + " " + (output.before ? output.before->debug() : "-") + " " +
           (output.after ? output.after->debug() : "-") + "\n";
  }
  const auto edges = [](const std::vector<StepId>& after) {
    std::string text;
    for (const StepId id : after) text += " " + std::to_string(id);
    return text + "\n";
  };
  for (const Step& step : plan.graph.steps) {
    out += name_of(step) + (step.change ? " " + std::to_string(*step.change) : "") + " after" + edges(step.after);
  }
  for (const auto& join : plan.graph.joins) out += "join after" + edges(join);
  return out;
}

bool follows(const Plan& plan, const std::string& later, const std::string& earlier) {
  const auto from = find_step(plan, later);
  const auto to = find_step(plan, earlier);
  INFO(later << " after " << earlier << " in:\n" << steps(plan));
  REQUIRE(from.has_value());
  REQUIRE(to.has_value());
  std::vector<bool> seen(plan.graph.steps.size() + plan.graph.joins.size(), false);
  std::vector<StepId> open{*from};
  while (!open.empty()) {
    const StepId at = open.back();
    open.pop_back();
    for (const StepId id : before(plan, at)) {
      if (id == *to) return true;
      if (seen[id]) continue;
      seen[id] = true;
      open.push_back(id);
    }
  }
  return false;
}

std::string steps(const Plan& plan) {
  std::string out;
  for (const Step& step : plan.graph.steps) out += name_of(step) + "\n";
  return out;
}

}  // namespace plumb::test
