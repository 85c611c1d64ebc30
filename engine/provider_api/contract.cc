#include "engine/provider_api/contract.h"

#include <algorithm>

#include "engine/base/text.h"
#include "engine/model/address.h"
#include "engine/model/diff.h"

namespace plumb {

namespace {

// Checks one object that a provider told of, and puts its value into canonical form.
class ObjectCheck {
 public:
  ObjectCheck(const TypeSchema& type, const Value& identity) : type_(type), identity_(identity) {}

  // The canonical value; what breaks the rules is left out of it.
  Value canonicalise(const Value& raw) {
    if (!raw.is_map()) {
      say("its value is a " + std::string(raw.kind_name()) + ", not a map of attributes");
      return Value::map();
    }
    std::vector<ValueMap::Entry> entries;
    entries.reserve(raw.as_map().size());
    for (const auto& [name, value] : raw.as_map()) {
      const Attribute* attribute = type_.find(name);
      if (attribute == nullptr) {
        say("it has an attribute " + quoted(name) + ", which is not in the schema");
        continue;
      }
      if (auto settled = canonicalise(*attribute, value)) entries.emplace_back(name, std::move(*settled));
    }
    return Value(ValueMap::from(std::move(entries)));
  }

  void check_identity(const Value& value) {
    for (const IdentityPart& part : type_.identity) {
      const Attribute* attribute = type_.find(part.attribute);
      const Value* held = value.find(part.attribute);
      if (held != nullptr && !held->is_null()) continue;
      // A part that is merely optional may be unset: a grant on a database names no schema.
      if (attribute != nullptr && (attribute->required || part.defaulted)) {
        say("its identity lacks " + quoted(part.attribute));
      }
    }
  }

  void check_server_id(const Value& value, const std::string& server_id) {
    if (type_.server_id.empty()) return;
    if (server_id.empty()) {
      say("it has no server id (" + quoted(type_.server_id) + ")");
      return;
    }
    const Value* held = value.find(type_.server_id);
    if (held == nullptr || held->is_null()) return;
    if (scalar_text(*held) != server_id)
      say("its server id is not what its attribute " + quoted(type_.server_id) + " says");
  }

  void check_paths(std::span<const Path> unread, const Evidence& evidence) {
    for (const Path& path : unread) check_path(path);
    for (const auto& [path, verifier] : evidence) check_path(path);
  }

  // What has not moved is as state knows it, and takes its value from there. What is given counts all the same.
  void settle_unmoved(const Value& known, ReadResult& result) {
    std::erase_if(result.unmoved, [&](const Path& path) {
      const Value* given = result.value.find(path.root());
      return given != nullptr && !given->is_null();
    });
    if (result.unmoved.empty()) return;
    std::vector<ValueMap::Entry> entries(result.value.as_map().begin(), result.value.as_map().end());
    for (const Path& path : result.unmoved) {
      check_path(path);
      if (path.steps().size() != 1) say(quoted(path.str()) + " is called unmoved, and is not a whole attribute");
      if (!known.is_map()) say(quoted(path.str()) + " is called unmoved, and nothing was known of it");
      const Value* kept = known.find(path.root());
      if (kept != nullptr) entries.emplace_back(std::string(path.root()), *kept);
    }
    result.value = Value(ValueMap::from(std::move(entries)));
  }

  // The server alone has them, so that who reads them has nothing else.
  void check_kept_by_server(const Value& value, std::span<const Path> unread) {
    for (const Attribute& attribute : type_.attributes) {
      if (!attribute.kept_by_server || std::find(unread.begin(), unread.end(), Path(attribute.name)) != unread.end())
        continue;
      const Value* held = value.find(attribute.name);
      if (held == nullptr || held->is_null()) say(quoted(attribute.name) + " is kept by the server, and was not given");
    }
  }

  void say(const std::string& text) {
    const std::string_view provider = std::string_view(type_.name).substr(0, type_.name.find('.'));
    const std::string name = identity_.is_map() ? identity_text(type_, identity_) : std::string();
    errors_.push_back({"the " + std::string(provider) + " provider broke its contract: " + type_.name +
                           (name.empty() ? "" : " " + quoted(name)) + ": " + text,
                       "Plan again; if it stays, report it to the provider's author",
                       {},
                       Fault::provider});
  }

  std::vector<Error> errors() && { return std::move(errors_); }
  [[nodiscard]] const std::vector<Error>& errors() const& { return errors_; }

 private:
  std::optional<Value> canonicalise(const Attribute& attribute, const Value& raw) {
    if (raw.is_null()) return Value();
    if (!raw.fully_known()) {
      say(quoted(attribute.name) + " is not known");
      return std::nullopt;
    }
    // Marked before it is looked at: no message may quote it.
    const Value marked = attribute.sensitive ? raw.with_sensitive() : raw;
    Converted converted = convert(marked, *attribute.type);
    for (const TypeError& error : converted.errors) {
      Path path(attribute.name);
      std::vector<PathStep> steps = path.steps();
      steps.insert(steps.end(), error.path.steps().begin(), error.path.steps().end());
      say(quoted(Path(std::move(steps)).str()) + " " + error.message);
    }
    if (!converted.errors.empty()) return std::nullopt;
    auto canon = canonical(converted.value, attribute);
    if (!canon) {
      say(quoted(attribute.name) + ": " + canon.error().message);
      return std::nullopt;
    }
    return attribute.sensitive && !canon->is_null() ? canon->with_sensitive() : *canon;
  }

  void check_path(const Path& path) {
    if (type_.find(path.root()) == nullptr) say("it speaks of " + quoted(path.str()) + ", which is not in the schema");
  }

  const TypeSchema& type_;
  Value identity_;  // by value: callers hand in what they just made
  std::vector<Error> errors_;
};

// The object found by this key must be the one asked for: by identity, or by server id (then it was renamed).
bool answers(const TypeSchema& type, const ReadKey& key, const ReadResult& result) {
  if (!key.server_id.empty() && key.server_id == result.server_id) return true;
  if (!key.identity.is_map()) return key.server_id.empty() || type.server_id.empty();
  return std::all_of(type.identity.begin(), type.identity.end(), [&](const IdentityPart& part) {
    const Value* asked = key.identity.find(part.attribute);
    const Attribute* attribute = type.find(part.attribute);
    if (asked == nullptr || asked->is_null() || attribute == nullptr) return true;
    return equivalent(*asked, result.value.get(part.attribute), *attribute);
  });
}

void check_one(const TypeSchema& type, const ReadKey& key, ReadResult& result) {
  if (result.status == ReadResult::Status::absent) {
    result = ReadResult::absent();
    return;
  }
  ObjectCheck check(type, key.identity);
  if (result.status == ReadResult::Status::unreadable) {
    if (result.error.message.empty()) {
      check.say("it is unreadable, for no reason given");
      result = ReadResult::unreadable(check.errors().front());
    }
    return;
  }
  result.value = check.canonicalise(result.value);
  check.settle_unmoved(key.known, result);
  check.check_identity(result.value);
  check.check_server_id(result.value, result.server_id);
  check.check_paths(result.unread, result.evidence);
  check.check_kept_by_server(result.value, result.unread);
  if (check.errors().empty() && !answers(type, key, result))
    check.say("asked for it, the provider told of another one");
  if (!check.errors().empty()) result = ReadResult::unreadable(check.errors().front());
}

// For messages: one line, masked, cut.
std::string shown(const Value& value, const Attribute& attribute) {
  constexpr std::size_t longest = 80;
  if (value.is_null()) return "unset";
  std::string text = (attribute.sensitive ? value.with_sensitive() : value).debug();
  if (text.size() > longest) text = text.substr(0, longest) + "...";
  return printable(text);
}

// What was promised of this attribute is there. Leaves that were unknown promised nothing; a server may add keys to a
// computed map.
bool came_out(const Value& planned, const Value& actual, const Attribute& attribute) {
  if (planned.fully_known() && equivalent(planned, actual, attribute)) return true;
  if (planned.is_unknown() || planned.is_unavailable()) return true;
  const std::vector<PathChange> changes = diff_attribute(actual, planned, attribute);
  return std::all_of(changes.begin(), changes.end(), [&](const PathChange& change) {
    const bool added_by_server = attribute.computed && change.path.steps().size() > 1 && change.after.is_null();
    return added_by_server || !change.after.fully_known();
  });
}

void check_promises(ObjectCheck& check, const TypeSchema& type, const Value& planned, const Value& value) {
  for (const Attribute& attribute : type.attributes) {
    const Value* wanted = planned.find(attribute.name);
    if (wanted == nullptr || attribute.write_only) continue;
    // What the plan left to the server.
    if (wanted->is_null() && attribute.computed && !attribute.unsettable) continue;
    const Value* actual = value.find(attribute.name);
    if (actual == nullptr && attribute.sensitive) continue;  // unread: the server does not give it back
    const Value held = actual != nullptr ? *actual : Value();
    if (came_out(*wanted, held, attribute)) continue;
    check.say(quoted(attribute.name) + " was planned as " + shown(*wanted, attribute) + ", but came out as " +
              shown(held, attribute));
  }
}

// A server knows nothing of attributes that only Plumb keeps; a provider need not repeat them.
Value with_kept(const TypeSchema& type, const Value& planned, const Value& value) {
  std::vector<ValueMap::Entry> entries(value.as_map().begin(), value.as_map().end());
  for (const Attribute& attribute : type.attributes) {
    if (!attribute.local && !attribute.create_only) continue;
    const Value* kept = planned.find(attribute.name);
    if (kept != nullptr && kept->fully_known() && value.find(attribute.name) == nullptr) {
      entries.emplace_back(attribute.name, *kept);
    }
  }
  return Value(ValueMap::from(std::move(entries)));
}

}  // namespace

void check_read(const TypeSchema& type, std::span<const ReadKey> keys, std::vector<ReadResult>& results) {
  if (results.size() != keys.size()) {
    ObjectCheck check(type, Value());
    check.say("asked for " + counted(keys.size(), "object") + ", it gave " + counted(results.size(), "answer"));
    results.assign(keys.size(), ReadResult::unreadable(check.errors().front()));
    return;
  }
  for (std::size_t i = 0; i < keys.size(); ++i) check_one(type, keys[i], results[i]);
}

std::vector<Error> check_apply(const TypeSchema& type, const Value& planned, ApplyResult& result) {
  const bool removal = planned.is_null();
  const Value identity = planned.is_map() ? identity_of(type, planned) : Value();
  ObjectCheck check(type, identity);
  if (!result.value) {
    if (!removal && !result.error) check.say("it told neither what is there now nor what went wrong");
    return std::move(check).errors();
  }
  result.value = check.canonicalise(*result.value);
  if (removal) {
    if (!result.error) check.say("it was removed, and yet is said to be there");
    return std::move(check).errors();
  }
  result.value = with_kept(type, planned, *result.value);
  check.check_identity(*result.value);
  check.check_server_id(*result.value, result.server_id);
  check.check_paths({}, result.evidence);
  // Half-way is not what was promised, and says so itself.
  if (!result.error) {
    check_promises(check, type, planned, *result.value);
    check.check_kept_by_server(*result.value, {});
  }
  return std::move(check).errors();
}

void check_data(const TypeSchema& type, std::size_t questions, std::vector<ReadResult>& results) {
  if (results.size() != questions) {
    ObjectCheck check(type, Value());
    check.say("it gave " + std::to_string(results.size()) + " answers to " + std::to_string(questions) + " questions");
    results.assign(questions, ReadResult::unreadable(check.errors().front()));
    return;
  }
  for (ReadResult& result : results) {
    if (result.status != ReadResult::Status::present) continue;
    ObjectCheck check(type, Value());
    Value value = check.canonicalise(result.value);
    if (check.errors().empty()) {
      result.value = std::move(value);
    } else {
      result = ReadResult::unreadable(check.errors().front());
    }
  }
}

}  // namespace plumb
