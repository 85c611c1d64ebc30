#include "engine/report/plan_json.h"

#include <algorithm>
#include <map>

#include "engine/model/identity.h"
#include "engine/report/checks_json.h"
#include "engine/report/masked_json.h"
#include "engine/report/value_text.h"

namespace plumb {

namespace {

using report::masked;
using report::sensitive_shape;
using report::unknown_shape;

Value::List actions_of(Action action, bool create_first = false) {
  if (action == Action::replace && create_first) return {"create", "delete"};
  switch (action) {
    case Action::create:
      return {"create"};
    case Action::update:
      return {"update"};
    case Action::replace:
      return {"delete", "create"};
    case Action::remove:
      return {"delete"};
    case Action::forget:
      return {"forget"};
    case Action::read:
      return {"read"};
    case Action::no_op:
    case Action::adopt:
    case Action::record:
    case Action::deferred:
    case Action::blocked:
      return {"no-op"};
  }
  return {"no-op"};
}

bool waits(const PlannedChange& change) {
  return change.action == Action::blocked || change.action == Action::deferred;
}

// Blocked and deferred ones keep what would have been done.
Action acting(const PlannedChange& change) { return waits(change) ? change.intended : change.action; }

Value path_json(const Path& path) {
  Value::List steps;
  for (const PathStep& step : path.steps()) {
    if (const auto* key = std::get_if<std::string>(&step)) {
      steps.emplace_back(*key);
    } else {
      steps.emplace_back(std::get<std::int64_t>(step));
    }
  }
  return steps;
}

// `unknown`, `sensitive` shapes of an absent object are false, as Terraform has them.
void set_values(ValueMap& out, const Value& before, const Value& after) {
  out.set("after", masked(after));
  out.set("after_sensitive", sensitive_shape(after));
  out.set("after_unknown", unknown_shape(after));
  out.set("before", masked(before));
  out.set("before_sensitive", sensitive_shape(before));
}

Value importing_json(const PlannedChange& change) {
  if (change.action != Action::adopt && !change.adopt) return {};
  const bool known = change.identity.is_map() && change.identity.fully_known();
  ValueMap out;
  out.set("id", known && change.type != nullptr && !change.identity.any_sensitive()
                    ? Value(identity_text(*change.type, change.identity))
                    : Value());
  out.set("identity", masked(change.identity));
  out.set("unknown", !known);
  return out;
}

Value change_json(const PlannedChange& change) {
  ValueMap out;
  out.set("actions", Value(actions_of(acting(change), change.create_first)));
  set_values(out, marked_by_schema(change.before, change.type), marked_by_schema(change.after, change.type));
  out.set("importing", importing_json(change));
  Value::List replace_paths;
  for (const PlannedPath& path : change.paths) {
    if (path.forces_replacement) replace_paths.push_back(path_json(path.path));
  }
  out.set("replace_paths", Value(std::move(replace_paths)));
  return out;
}

// What is asked of the server is not known yet.
bool unknown_question(const PlannedChange& change) {
  if (change.type == nullptr || !change.after.is_map()) return false;
  return std::any_of(change.type->attributes.begin(), change.type->attributes.end(), [&](const Attribute& attribute) {
    const Value* value = change.after.find(attribute.name);
    return (attribute.required || attribute.optional) && value != nullptr && value->any_unknown();
  });
}

// Terraform's words where they say what happened, null elsewhere; `plumb.reasons` has the sentence. The planner's
// sentence tells apart what the fields of a change do not.
Value action_reason(const PlannedChange& change, bool destroying) {
  const auto says = [&change](std::string_view words) { return change.reason.find(words) != std::string::npos; };
  switch (acting(change)) {
    case Action::replace:
      if (says("--replace")) return "replace_by_request";
      if (says("`replace_when`")) return "replace_by_triggers";
      return "replace_because_cannot_update";
    case Action::remove:
      if (destroying || !change.deposed.empty()) return {};
      if (says("among the keys of `for_each`")) return "delete_because_each_key";
      if (says("`for_each` came or went")) return "delete_because_wrong_repetition";
      if (says("`when` is false")) return "delete_because_count_index";
      return "delete_because_no_resource_config";
    case Action::read:
      return unknown_question(change) ? "read_because_config_unknown" : "read_because_dependency_pending";
    default:
      return {};
  }
}

// What moves in this plan, by where it goes.
std::map<Address, Address> previous_addresses(const Plan& plan) {
  std::map<Address, Address> out;
  for (const auto& [from, to] : plan.moves) out.emplace(to, from);
  return out;
}

Value resource_change_json(const PlannedChange& change, const std::map<Address, Address>& previous, bool destroying) {
  const auto moved = previous.find(change.address);
  ValueMap out;
  report::set_address(out, change.address);
  out.set("action_reason", action_reason(change, destroying));
  out.set("change", change_json(change));
  out.set("deposed", change.deposed.empty() ? Value() : Value(change.deposed));
  out.set("previous_address", moved == previous.end() ? Value() : Value(moved->second.str()));
  return out;
}

// What has moved and changes in nothing else, as Terraform lists it.
Value moved_json(const Address& from, const Address& to) {
  ValueMap values;
  values.set("actions", Value(actions_of(Action::no_op)));
  set_values(values, Value(), Value());
  values.set("importing", Value());
  values.set("replace_paths", Value::list());
  ValueMap out;
  report::set_address(out, to);
  out.set("action_reason", Value());
  out.set("change", Value(std::move(values)));
  out.set("deposed", Value());
  out.set("previous_address", from.str());
  return out;
}

Value drift_change_json(const DriftEntry& entry) {
  Value before = Value::map();
  Value after = Value::map();
  for (const PathChange& change : entry.changes) {
    // An index into a list that is not there cannot be set: such a path stands as its text.
    const auto& steps = change.path.steps();
    const bool indexed =
        std::any_of(steps.begin(), steps.end(), [](const PathStep& step) { return step.index() == 1; });
    const Path path = indexed ? Path(change.path.str()) : change.path;
    before = with_value_at(before, path, change.before);
    after = with_value_at(after, path, change.after);
  }
  const bool missing = entry.kind == DriftEntry::Kind::missing;
  ValueMap values;
  values.set("actions", Value(actions_of(missing ? Action::remove : Action::update)));
  set_values(values, before, missing ? Value() : after);
  values.set("importing", Value());
  values.set("replace_paths", Value::list());
  ValueMap out;
  report::set_address(out, entry.address);
  out.set("action_reason", Value());
  out.set("change", Value(std::move(values)));
  out.set("deposed", Value());
  out.set("previous_address", Value());
  return out;
}

Value deferred_json(const PlannedChange& change, const std::map<Address, Address>& previous, bool destroying) {
  const bool exists = !change.before.is_null();
  ValueMap out;
  out.set("reason", exists ? "provider_config_unknown" : "instance_count_unknown");
  out.set("resource_change", resource_change_json(change, previous, destroying));
  return out;
}

Value outputs_json(const Plan& plan) {
  std::vector<ValueMap::Entry> entries;
  for (const OutputChange& output : plan.outputs) {
    const Action action = !output.before ? Action::create : !output.after ? Action::remove : Action::update;
    ValueMap change;
    change.set("actions", Value(actions_of(action)));
    set_values(change, output.before.value_or(Value()), output.after.value_or(Value()));
    entries.emplace_back(output.name, Value(std::move(change)));
  }
  return ValueMap::from(std::move(entries));
}

Value variables_json(const PlanJsonInputs& inputs) {
  std::vector<ValueMap::Entry> entries;
  for (const auto& [name, value] : inputs.variables) {
    entries.emplace_back(name, ValueMap{{"value", masked(value)}});
  }
  return ValueMap::from(std::move(entries));
}

std::string_view why_word(Why why) noexcept {
  switch (why) {
    case Why::configuration:
      return "configuration";
    case Why::drift:
      return "drift";
    case Why::unset:
      return "unset";
    case Why::released:
      return "released";
    case Why::upstream:
      return "upstream";
    case Why::outside:
      return "outside";
    case Why::elapsed:
      return "elapsed";
  }
  return "outside";
}

Value reason_json(const PlannedChange& change) {
  Value::List paths;
  for (const PlannedPath& path : change.paths) {
    ValueMap out;
    out.set("forces_replacement", path.forces_replacement);
    out.set("path", path.path.str());
    out.set("position", path.pos.known() ? Value(path.pos.str()) : Value());
    out.set("upstream", path.upstream ? Value(path.upstream->str()) : Value());
    out.set("why", why_word(path.why));
    paths.emplace_back(std::move(out));
  }
  ValueMap out;
  out.set("address", change.address.str());
  out.set("paths", Value(std::move(paths)));
  out.set("position", change.pos.known() ? Value(change.pos.str()) : Value());
  out.set("provider", change.provider);
  out.set("reason", change.reason);
  out.set("unverified", change.unverified);
  return out;
}

Value blocked_json(const PlannedChange& change) {
  const Error none;
  const Error& cause = change.blocked ? *change.blocked : none;
  ValueMap out;
  out.set("address", change.address.str());
  out.set("deferred", change.action == Action::deferred);
  out.set("message", cause.message);
  out.set("next_step", cause.next_step);
  out.set("position", cause.pos.known() ? Value(cause.pos.str()) : Value());
  return out;
}

Value check_json(const CheckResult& check) {
  Value::List messages;
  for (const std::string& message : check.messages) messages.emplace_back(message);
  return ValueMap{{"messages", std::move(messages)},
                  {"name", check.name},
                  {"position", check.pos.known() ? Value(check.pos.str()) : Value()},
                  {"status", report::word(check.status)}};
}

Value record_json(const RecordChange& record) {
  return ValueMap{{"address", record.address.str()}, {"needs_approval", record.needs_approval}, {"what", record.what}};
}

Value warning_json(const Value& address, const std::string& message, const std::string& next_step,
                   const SourcePos& pos) {
  ValueMap out;
  out.set("address", address);
  out.set("message", message);
  out.set("next_step", next_step);
  out.set("position", pos.known() ? Value(pos.str()) : Value());
  return out;
}

Value plumb_json(const Plan& plan) {
  Value::List checks, moves, records, blocked, warnings, reasons, nonsensitive;
  for (const CheckResult& check : plan.checks) checks.push_back(check_json(check));
  for (const auto& [from, to] : plan.moves) moves.emplace_back(ValueMap{{"from", from.str()}, {"to", to.str()}});
  for (const RecordChange& record : plan.records) records.push_back(record_json(record));
  for (const Diagnostic& warning : plan.warnings) {
    warnings.push_back(warning_json({}, warning.message, warning.next_step, warning.pos));
  }
  for (const PlannedChange& change : plan.changes) {
    reasons.push_back(reason_json(change));
    if (waits(change)) blocked.push_back(blocked_json(change));
    for (const std::string& warning : change.warnings) {
      warnings.push_back(warning_json(change.address.str(), warning, "", change.pos));
    }
  }
  for (const std::string& place : plan.nonsensitive) nonsensitive.emplace_back(place);
  return ValueMap{{"blocked", std::move(blocked)},
                  {"checks", std::move(checks)},
                  {"ignored", static_cast<std::int64_t>(plan.ignored)},
                  {"moves", std::move(moves)},
                  {"nonsensitive", std::move(nonsensitive)},
                  {"reasons", std::move(reasons)},
                  {"records", std::move(records)},
                  {"warnings", std::move(warnings)}};
}

Value envelope_json(const PlanEnvelope& envelope) {
  return ValueMap{{"id", envelope.id}, {"nonce", envelope.nonce}, {"time", envelope.time}};
}

}  // namespace

Value plan_json(const Plan& plan, const PlanJsonInputs& inputs) {
  Value::List changes, deferred, drift;
  std::map<Address, Address> previous = previous_addresses(plan);
  for (const PlannedChange& change : plan.changes) {
    if (change.action == Action::deferred) {
      deferred.push_back(deferred_json(change, previous, plan.destroy));
    } else if (change.action != Action::record) {
      changes.push_back(resource_change_json(change, previous, plan.destroy));
    }
  }
  for (const PlannedChange& change : plan.changes) {
    if (change.action != Action::record) previous.erase(change.address);
  }
  for (const auto& [to, from] : previous) changes.push_back(moved_json(from, to));
  for (const DriftEntry& entry : plan.drift) drift.push_back(drift_change_json(entry));
  ValueMap out;
  out.set("applyable", !plan.empty());
  out.set("checks", report::checks_json(plan.checks));
  out.set("complete", deferred.empty() && plan.counts.blocked == 0);
  out.set("configuration", inputs.stack == nullptr ? inputs.configuration : configuration_json(*inputs.stack));
  out.set("deferred_changes", Value(std::move(deferred)));
  out.set("envelope", envelope_json(inputs.envelope));
  out.set("errored", false);
  out.set("format_version", "1.2");
  out.set("output_changes", outputs_json(plan));
  out.set("planned_values", Value());
  out.set("plumb", plumb_json(plan));
  out.set("plumb_format", 1);
  out.set("plumb_version", inputs.engine_version);
  out.set("prior_state", Value());
  out.set("relevant_attributes", Value::list());
  out.set("resource_changes", Value(std::move(changes)));
  out.set("resource_drift", Value(std::move(drift)));
  out.set("variables", variables_json(inputs));
  return out;
}

}  // namespace plumb
