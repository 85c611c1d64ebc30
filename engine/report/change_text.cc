#include "engine/report/change_text.h"

#include <algorithm>

#include "engine/base/text.h"
#include "engine/model/identity.h"
#include "engine/report/diagnostics.h"
#include "engine/report/value_text.h"

namespace plumb::report {

namespace {

constexpr std::size_t kIndent = 6;

std::string comment(const std::string& text, const TextOptions& options) {
  return text.empty() ? "" : toned("  # " + printable(text), Tone::dim, options);
}

// ` (app)`: what the object is called, unless that cannot be told yet.
std::string identity_note(const PlannedChange& change) {
  if (change.type == nullptr || !change.identity.is_map() || change.identity.any_unknown()) return {};
  if (change.identity.any_sensitive()) return {};
  const std::string text = identity_text(*change.type, change.identity);
  return text.empty() ? "" : " (" + printable(text) + ")";
}

// What is written down for a create or a read: not null, not what the schema says anyway, not what only the server can
// know.
bool worth_showing(const Attribute* attribute, const Value& value) {
  if (value.is_null()) return false;
  if (attribute == nullptr) return true;
  if (value.is_unknown() && !attribute->required && !attribute->optional) return false;
  return !attribute->default_value || !(value == *attribute->default_value) || value.sensitive();
}

// A part of the identity that was filled in, and with nothing: the root namespace.
bool filled_with_nothing(const TypeSchema* type, const std::string& name, const Value& value) {
  if (type == nullptr || !value.is_string() || !value.as_string().empty()) return false;
  return std::any_of(type->identity.begin(), type->identity.end(),
                     [&](const IdentityPart& part) { return part.defaulted && part.attribute == name; });
}

std::string created_text(const PlannedChange& change, const TextOptions& options) {
  const Value after = marked_by_schema(change.after, change.type);
  if (after.sensitive() || !after.is_map()) return {};
  std::string out;
  for (const auto& [name, value] : after.as_map()) {
    if (!worth_showing(change.type == nullptr ? nullptr : change.type->find(name), value)) continue;
    if (filled_with_nothing(change.type, name, value)) continue;
    for (const std::string& line : value_lines(name, value, kIndent)) {
      out += (options.width > 0 ? cut_to(line, static_cast<std::size_t>(options.width)) : line) + "\n";
    }
  }
  return out;
}

// Why this path changes, where the heading has not said it.
std::string mark_of(const PlannedChange& change, const PlannedPath& path) {
  std::vector<std::string> marks;
  switch (path.why) {
    case Why::configuration:
      if (path.pos.known() && change.reason.find(path.pos.line_str()) == std::string::npos) {
        marks.push_back(path.pos.line_str());
      }
      break;
    case Why::drift:
      marks.emplace_back("changed outside");
      break;
    case Why::unset:
      marks.emplace_back("not set any more");
      break;
    case Why::released:
      marks.emplace_back("released: it stays as it is");
      break;
    case Why::upstream:
      if (path.upstream) marks.push_back("from " + path.upstream->str());
      break;
    case Why::elapsed:
      marks.emplace_back("its time is over");
      break;
    case Why::outside:
      break;
  }
  if (path.forces_replacement) marks.emplace_back("forces replacement");
  if (std::find(change.not_verified.begin(), change.not_verified.end(), path.path) != change.not_verified.end()) {
    marks.emplace_back("not verified");
  }
  return join(marks, ", ");
}

std::string paths_text(const PlannedChange& change, const TextOptions& options) {
  std::string out;
  for (const PlannedPath& path : change.paths) {
    const PathChange values{path.path, path.before, path.after};
    out +=
        path_change_text(values, sensitive_by_schema(path.path, change.type), mark_of(change, path), kIndent, options);
  }
  return out;
}

std::string obstacle_text(const PlannedChange& change, const TextOptions& options) {
  if (!change.blocked) return {};
  const std::string blanks(kIndent, ' ');
  std::string out = blanks + printable(change.blocked->str()) + "\n";
  if (!change.blocked->next_step.empty()) {
    out += blanks + toned("next step: ", Tone::strong, options) + printable(change.blocked->next_step) + "\n";
  }
  return out;
}

// ` (deposed x7)`: which of the objects behind one address.
std::string deposed_note(const PlannedChange& change) {
  return change.deposed.empty() ? "" : " (deposed " + printable(change.deposed) + ")";
}

std::string heading_note(const PlannedChange& change) {
  std::string out = change.reason;
  const auto add = [&out](const std::string& text) { out += (out.empty() ? "" : ", ") + text; };
  if (change.unverified) add("unverified: its server cannot be asked before apply");
  const bool waits = change.action == Action::blocked || change.action == Action::deferred;
  // What nobody has allowed yet is not announced as if it would happen.
  if (waits && change.intended == Action::adopt) {
    add("could be adopted");
  } else if (waits && change.intended != Action::no_op) {
    add("would " + std::string(word(change.intended)));
  }
  return out;
}

Action shown_action(const PlannedChange& change) {
  return change.adopt && change.action == Action::update ? Action::adopt : change.action;
}

}  // namespace

std::string path_change_text(const PathChange& change, bool secret, const std::string& mark, std::size_t indent,
                             const TextOptions& options) {
  const Value before = secret && !change.before.is_null() ? change.before.with_sensitive() : change.before;
  const Value after = secret && !change.after.is_null() ? change.after.with_sensitive() : change.after;
  const std::string blanks(indent, ' ');
  const Action action = before.is_null() ? Action::create : after.is_null() ? Action::remove : Action::update;
  const std::string name = toned(symbol(action), tone_of(action), options) + " " + printable(change.path.str()) + ":";
  const auto several_lines = [](const Value& value) {
    return value.is_string() && !value.sensitive() && value.as_string().find('\n') != std::string::npos;
  };
  if (several_lines(before) && several_lines(after)) {
    std::string out = blanks + name + comment(mark, options) + "\n";
    for (const std::string& line : text_diff(before.as_string(), after.as_string()))
      out += blanks + "    " + line + "\n";
    return out;
  }
  const std::string old_text = before.is_null() ? "" : value_text(before);
  const std::string new_text = after.is_null() ? "" : value_text(after);
  std::string text = " " + old_text;
  if (action == Action::create) text = " " + new_text;
  if (action == Action::update) text = " " + old_text + " -> " + new_text;
  const std::size_t width = options.width > 0 ? static_cast<std::size_t>(options.width) : 0;
  const bool too_long = width > 0 && indent + change.path.str().size() + 3 + text.size() > width;
  if (too_long && action == Action::update) {
    return blanks + name + comment(mark, options) + "\n" + blanks + "    " + old_text + "\n" + blanks + " -> " +
           new_text + "\n";
  }
  return blanks + name + text + comment(mark, options) + "\n";
}

std::string change_text(const PlannedChange& change, const TextOptions& options) {
  const Action shown = shown_action(change);
  const std::string_view mark = shown == Action::replace && change.create_first ? "+/-" : symbol(shown);
  std::string out =
      "  " + toned(mark, tone_of(shown), options) + " " + toned(printable(change.address.str()), Tone::strong, options);
  if (shown == Action::read) out += " will be read during apply";
  if (shown != Action::create && shown != Action::read) out += identity_note(change);
  out += deposed_note(change) + comment(heading_note(change), options) + "\n";
  if (shown == Action::create || shown == Action::read) out += created_text(change, options);
  out += obstacle_text(change, options);
  out += paths_text(change, options);
  for (const std::string& warning : change.warnings) {
    out += std::string(kIndent, ' ') + toned("warning:", Tone::warn, options) + " " + printable(warning) + "\n";
  }
  return out;
}

}  // namespace plumb::report
