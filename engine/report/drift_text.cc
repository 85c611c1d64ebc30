#include "engine/report/drift_text.h"

#include <algorithm>
#include <map>

#include "engine/base/text.h"
#include "engine/report/change_text.h"
#include "engine/report/masked_json.h"
#include "engine/report/plan_text.h"

namespace plumb {

namespace {

std::string_view kind_word(DriftEntry::Kind kind) noexcept {
  switch (kind) {
    case DriftEntry::Kind::changed:
      return "changed";
    case DriftEntry::Kind::missing:
      return "missing";
    case DriftEntry::Kind::replaced_outside:
      return "replaced_outside";
    case DriftEntry::Kind::renamed_outside:
      return "renamed_outside";
  }
  return "changed";
}

std::string kind_note(const DriftEntry& entry) {
  switch (entry.kind) {
    case DriftEntry::Kind::changed:
      return {};
    case DriftEntry::Kind::missing:
      return "is gone";
    case DriftEntry::Kind::replaced_outside:
      return "is another object of the same name now" +
             (entry.server_id.empty() ? std::string() : " (" + entry.server_id + ")");
    case DriftEntry::Kind::renamed_outside:
      return "was renamed";
  }
  return {};
}

std::string entry_text(const DriftEntry& entry, const TextOptions& options) {
  const bool missing = entry.kind == DriftEntry::Kind::missing;
  const Action shown = missing ? Action::remove : Action::update;
  std::string out = "  " + toned(symbol(shown), tone_of(shown), options) + " " +
                    toned(printable(entry.address.str()), Tone::strong, options);
  const std::string note = kind_note(entry);
  if (!note.empty()) out += " " + printable(note);
  out += "\n";
  if (missing) return out;
  for (const PathChange& change : entry.changes) out += report::path_change_text(change, false, {}, 6, options);
  return out;
}

// Why an instance could not be read is told by its blocked change.
const Error* cause_of(const std::map<Address, const Error*>& causes, const Address& address) {
  const auto found = causes.find(address);
  return found == causes.end() ? nullptr : found->second;
}

std::map<Address, const Error*> causes_of(const Plan& plan) {
  std::map<Address, const Error*> out;
  if (plan.unreadable.empty()) return out;
  for (const PlannedChange& change : plan.changes) {
    if (change.blocked) out.emplace(change.address, &*change.blocked);
  }
  return out;
}

Value entry_json(const DriftEntry& entry) {
  Value::List changes;
  for (const PathChange& change : entry.changes) {
    ValueMap out;
    out.set("after", report::masked(change.after));
    out.set("after_sensitive", change.after.any_sensitive());
    out.set("before", report::masked(change.before));
    out.set("before_sensitive", change.before.any_sensitive());
    out.set("path", change.path.str());
    changes.emplace_back(std::move(out));
  }
  ValueMap out;
  out.set("address", entry.address.str());
  out.set("changes", Value(std::move(changes)));
  out.set("kind", kind_word(entry.kind));
  out.set("server_id", entry.server_id.empty() ? Value() : Value(entry.server_id));
  return out;
}

}  // namespace

std::string drift_entries_text(const Plan& plan, const TextOptions& options) {
  std::string out;
  for (const DriftEntry& entry : plan.drift) out += entry_text(entry, options);
  return out;
}

std::string drift_text(const Plan& plan, const TextOptions& options) {
  std::string out;
  if (!plan.drift.empty()) {
    out += "Changed outside Plumb since the last apply:\n\n" + drift_entries_text(plan, options) + "\n";
  }
  if (!plan.unreadable.empty()) {
    const std::map<Address, const Error*> causes = causes_of(plan);
    out += "Could not be read:\n\n";
    for (const DriftEntry& entry : plan.unreadable) {
      out += "  " + toned(symbol(Action::blocked), Tone::bad, options) + " " + printable(entry.address.str()) + "\n";
      if (const Error* cause = cause_of(causes, entry.address)) {
        out += "      " + printable(cause->str()) + "\n";
        if (!cause->next_step.empty()) out += "      next step: " + printable(cause->next_step) + "\n";
      }
    }
    out += "\n";
  }
  const auto missing = static_cast<std::size_t>(std::count_if(
      plan.drift.begin(), plan.drift.end(), [](const DriftEntry& e) { return e.kind == DriftEntry::Kind::missing; }));
  if (plan.drift.empty() && plan.unreadable.empty()) {
    return "No drift. What exists is what was last applied.\n" + ignored_text(plan);
  }
  out += "Drift: " + std::to_string(plan.drift.size() - missing) + " changed, " + std::to_string(missing) + " missing";
  if (!plan.unreadable.empty()) out += ", " + std::to_string(plan.unreadable.size()) + " unreadable";
  out += ".\n";
  if (!plan.drift.empty()) {
    const bool acceptable = missing < plan.drift.size();
    out += "`plumb apply` puts it back";
    out += acceptable ? "; `plumb accept ADDRESS` takes it as it is.\n" : ".\n";
  }
  return out + ignored_text(plan);
}

Value drift_json(const Plan& plan) {
  const std::map<Address, const Error*> causes = causes_of(plan);
  Value::List drift;
  for (const DriftEntry& entry : plan.drift) drift.push_back(entry_json(entry));
  Value::List unreadable;
  for (const DriftEntry& entry : plan.unreadable) {
    const Error* cause = cause_of(causes, entry.address);
    ValueMap out;
    out.set("address", entry.address.str());
    out.set("message", cause == nullptr ? Value() : Value(cause->message));
    out.set("next_step", cause == nullptr ? Value() : Value(cause->next_step));
    unreadable.emplace_back(std::move(out));
  }
  ValueMap out;
  out.set("drift", Value(std::move(drift)));
  out.set("format_version", "1.0");
  out.set("ignored", static_cast<std::int64_t>(plan.ignored));
  out.set("unreadable", Value(std::move(unreadable)));
  return out;
}

int drift_exit_code(const Plan& plan) noexcept {
  if (!plan.unreadable.empty()) return 1;
  return plan.drift.empty() ? 0 : 2;
}

}  // namespace plumb
