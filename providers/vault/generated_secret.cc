// A secret that is born in the store: fields made once, or given, and kept there. State holds no value of it.
#include <algorithm>
#include <chrono>

#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "engine/model/json_text.h"
#include "engine/provider_api/attributes.h"
#include "engine/provider_api/values.h"
#include "providers/vault/generated_fields.h"
#include "providers/vault/kv.h"
#include "providers/vault/types.h"
#include "providers/vault/wire.h"

namespace plumb::vault {

namespace {

using namespace attributes;

constexpr const char* kRotation = "rotation";
constexpr const char* kRotateWhen = "rotate_when";
constexpr const char* kExpired = "expired_versions";
constexpr const char* kPrevious = "previous_versions";

std::vector<Attribute> rotation_attributes() {
  Attribute expired = with_default(
      optional(attribute(kExpired, list_type(integer_type()),
                         "Versions from before a rotation whose `grace` is over: found by plan, destroyed by apply, "
                         "never set in configuration.",
                         "[3]")),
      Value::list());
  expired.elapses = true;
  Attribute previous =
      computed(attribute(kPrevious, list_type(object_type({{"version", integer_type()}, {"until", string_type()}})),
                         "Versions from before a rotation, and when their `grace` is over.",
                         "[{ version: 3, until: 2026-11-22T12:00:00Z }]"));
  previous.follows = {kRotation, kRotateWhen, "grace", kExpired};
  return {
      local(with_default(optional(attribute(kRotation, integer_type(),
                                            "Another number makes all generated fields anew, in a new version.", "2")),
                         Value(1))),
      local(optional(attribute(kRotateWhen, any_type(),
                               "Any value but a secret; a change makes all generated fields anew. The first one is "
                               "only recorded.",
                               "\"2026-Q4\""))),
      local(compared(optional(text("grace",
                                   "How long the version before a rotation stays readable; the next plan after that "
                                   "destroys it. Unset: as long as the mount keeps versions.",
                                   "24h")),
                     Comparison::duration)),
      std::move(expired), std::move(previous)};
}

TypeSchema generated_secret_schema() {
  const std::vector<std::string> moving = {"fields", kRotation, kRotateWhen};
  std::vector<Attribute> all = kv_place("The key below the mount; it may hold slashes.");
  all.push_back(required(attribute(
      "fields", generated_fields_type(),
      "Its fields: made once by the rule under `generate` (a password of 32 characters, unless it says otherwise), or "
      "given as `value`. A value that breaks its rule is made anew; a field that is not named goes.",
      "{ password: { generate: { length: 24, special: false } }, username: { value: app } }")));
  for (Attribute& one : rotation_attributes()) all.push_back(std::move(one));
  all.push_back(kv_custom_metadata());
  all.push_back(kv_delete_all_versions());
  Attribute data = computed(sensitive(
      attribute("data", map_type(any_type()),
                "All fields, as they stand in the store; what somebody else writes and fits the rules stands.",
                "{ password: (sensitive) }")));
  data.kept_by_server = true;
  data.follows = moving;
  all.push_back(std::move(data));
  for (Attribute& one : kv_version_attributes(moving)) all.push_back(std::move(one));
  TypeSchema out = type_schema("vault.generated_secret",
                               "A secret made once in a key-value store of version 2, which keeps it; state holds its "
                               "version and a digest.",
                               {"mount", "name"}, std::move(all));
  out.containers = {{"vault.mount", {{"namespace", "namespace"}, {"path", "mount"}}}};
  return out;
}

// Fields as the server's data shows them, in the words of configuration. What state knows of a field is repeated while
// the value there is one; a field that nobody knows, or whose value breaks its rule, is there without either.
Value fields_from(const Value& data, const Value& known) {
  std::vector<ValueMap::Entry> out;
  for (const auto& [name, value] : data.as_map()) {
    const Value* field = known.find(name);
    const bool recorded = field != nullptr && (is_generated(*field) || field->find("value") != nullptr);
    if (!recorded) {
      out.emplace_back(name, Value::map());
    } else if (is_generated(*field)) {
      out.emplace_back(name, fits_field(*field, value) ? *field : Value::map());
    } else {
      const Value* given = field->find("value");
      const bool same = given != nullptr && !given->is_null() && *given == value;
      out.emplace_back(name, same ? *field : Value(ValueMap{{"value", value.with_sensitive()}}));
    }
  }
  return Value(ValueMap::from(std::move(out)));
}

// By which somebody else's write is told, though the values are in no state.
Evidence evidence_of(const Value& data) { return {{Path("data"), json_text(data)}}; }

// What becomes of each field.
struct Making {
  ValueMap data;
  std::vector<std::string> anew, kept, dropped;
};

Making make_data(const Value& fields, const Value& there, bool rotate) {
  Making out;
  for (const auto& [name, field] : fields.as_map()) {
    const Value* now = there.find(name);
    if (!is_generated(field)) {
      out.data.set(name, field.get("value"));
    } else if (!rotate && now != nullptr && fits_field(field, *now)) {
      out.data.set(name, *now);
      out.kept.push_back(name);
    } else {
      out.data.set(name, make_field(field));
      out.anew.push_back(name);
    }
  }
  if (!there.is_map()) return out;
  for (const auto& [name, value] : there.as_map()) {
    if (fields.find(name) == nullptr) out.dropped.push_back(name);
  }
  return out;
}

// Something was recorded before, so this is another one.
bool rotates(const ChangeRequest& change) {
  const auto moved = [&](const char* name) {
    const Value* before = change.prior.find(name);
    const Value* wanted = change.desired.find(name);
    const bool both = before != nullptr && !before->is_null() && wanted != nullptr && !wanted->is_null();
    return both && is_changed(change, name);
  };
  return moved(kRotation) || moved(kRotateWhen);
}

Value previous_version(std::int64_t version, std::int64_t grace) {
  const auto until = system_clock().now() + std::chrono::seconds(grace);
  return Value(ValueMap{{"until", rfc3339(until)}, {"version", version}});
}

bool is_over(const Value& previous) { return text_or(previous, "until") <= rfc3339(system_clock().now()); }

Value::List list_of(const Value& attributes, const char* name) {
  const Value* found = attributes.find(name);
  return found != nullptr && found->is_list() ? found->as_list() : Value::List();
}

class GeneratedSecret : public Type {
 public:
  GeneratedSecret() : Type(generated_secret_schema()) {}

  Results read(Client& client, Keys keys) const override {
    std::vector<Call> calls;
    for (const ReadKey& key : keys) calls.push_back(kv_data_call(kv_key(key.identity)));
    const auto answers = client.call_all(calls);
    Results out;
    std::vector<std::size_t> over;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const auto version = kv_version_of(answers[i]);
      if (!version) {
        out.push_back(ReadResult::unreadable(version.error()));
      } else if (!version->there) {
        out.push_back(ReadResult::absent());
      } else {
        out.push_back(present(keys[i], *version));
        const Value::List previous = list_of(keys[i].known, kPrevious);
        if (std::any_of(previous.begin(), previous.end(), is_over)) over.push_back(i);
      }
    }
    find_expired(client, keys, over, out);
    return out;
  }

  ApplyResult apply(Client& client, const ChangeRequest& change) const override {
    if (change.operation == Operation::remove) {
      const bool all = flag_of(change.prior, "delete_all_versions").value_or(false);
      const auto done = delete_kv(client, kv_key(change.prior), all);
      return done ? ApplyResult() : failed(done.error());
    }
    // What was unknown to plan is checked here.
    if (const auto errors = check(change.desired); !errors.empty()) {
      return failed(Error{errors.front().path.str() + ": " + errors.front().message, errors.front().next_step});
    }
    return change.operation == Operation::create ? create(client, change) : update(client, change);
  }

  [[nodiscard]] std::vector<TypeError> check(const Value& desired) const override {
    std::vector<TypeError> out = check_kv_place(desired, "name");
    if (const Value* fields = desired.find("fields")) {
      for (TypeError& error : check_generated_fields(*fields)) out.push_back(std::move(error));
      for (TypeError& error : check_kv_numbers(*fields, Path("fields"))) out.push_back(std::move(error));
    }
    if (const Value* expired = desired.find(kExpired); expired != nullptr && !(*expired == Value::list())) {
      out.push_back({Path(kExpired), "is found by plan, not set", "leave it out; `grace` says how long versions stay"});
    }
    if (const Value* when = desired.find(kRotateWhen); when != nullptr && when->any_sensitive()) {
      out.push_back({Path(kRotateWhen), "is a secret, and would be kept in state to be compared",
                     "name something that changes with it, such as its version"});
    }
    return out;
  }

  [[nodiscard]] std::vector<Need> needs(const ChangeRequest& change) const override {
    const bool remove = change.operation == Operation::remove;
    const KvKey key = kv_key(remove ? change.prior : change.desired);
    if (remove) {
      const bool all = flag_of(change.prior, "delete_all_versions").value_or(false);
      return {kv_need(key, all ? "metadata" : "data", "delete")};
    }
    if (change.operation == Operation::create) {
      std::vector<Need> out = {kv_need(key, "data", "create")};
      if (labelled(change.desired)) out.push_back(kv_need(key, "metadata", "create|update"));
      return out;
    }
    std::vector<Need> out;
    if (is_changed(change, "fields") || rotates(change)) out.push_back(kv_need(key, "data", "update"));
    if (is_changed(change, "custom_metadata")) out.push_back(kv_need(key, "metadata", "create|update"));
    if (is_changed(change, kExpired)) out.push_back(kv_need(key, "destroy", "update"));
    return out;
  }

  void facts(Client& client, std::span<const ChangeRequest* const> changes,
             std::span<PlanFacts* const> facts) const override {
    check_kv_mounts(client, changes, facts, 2);
    for (std::size_t i = 0; i < changes.size(); ++i) {
      if (changes[i]->operation == Operation::update) tell_fields(*changes[i], *facts[i]);
    }
  }

 private:
  static bool labelled(const Value& attributes) {
    const Value* labels = attributes.find("custom_metadata");
    return labels != nullptr && labels->is_map() && !labels->as_map().empty();
  }

  [[nodiscard]] ReadResult present(const ReadKey& key, const KvVersion& version) const {
    ValueMap entries;
    for (const IdentityPart& part : schema().identity) entries.set(part.attribute, key.identity.get(part.attribute));
    // What state alone knows: a change of it is told from the first time that it is said.
    for (const Attribute& attribute : schema().attributes) {
      if (attribute.local && key.known.is_map()) entries.set(attribute.name, key.known.get(attribute.name));
    }
    entries.set("fields", fields_from(version.data, key.known.get("fields")));
    entries.set("data", version.data);
    entries.set("version", version.version);
    entries.set("created_time", version.created_time);
    entries.set("custom_metadata", version.custom_metadata);
    entries.set(kPrevious, Value(list_of(key.known, kPrevious)));
    entries.set(kExpired, Value::list());
    ReadResult out = ReadResult::present(Value(std::move(entries)), {});
    out.evidence = evidence_of(version.data);
    return out;
  }

  // Versions whose time is over, as far as they are still there: the mount may keep fewer.
  static void find_expired(Client& client, Keys keys, const std::vector<std::size_t>& over, Results& results) {
    if (over.empty()) return;
    std::vector<KvKey> places;
    for (const std::size_t i : over) places.push_back(kv_key(keys[i].identity));
    const auto metadata = read_kv_metadata(client, places);
    for (std::size_t k = 0; k < over.size(); ++k) {
      Value::List previous, expired;
      for (const Value& one : list_of(keys[over[k]].known, kPrevious)) {
        const std::int64_t version = integer_of(one, "version").value_or(0);
        if (is_over(one)) {
          // Who may not see takes it for there: to destroy it again does no harm.
          const bool there = !metadata[k] || is_kept(*metadata[k], version);
          if (!there) continue;
          expired.emplace_back(version);
        }
        previous.push_back(one);
      }
      ReadResult& result = results[over[k]];
      result.value = with(result.value, kPrevious, Value(std::move(previous)));
      result.value = with(result.value, kExpired, Value(std::move(expired)));
    }
  }

  static bool is_kept(const std::optional<Value>& metadata, std::int64_t version) {
    if (!metadata) return false;
    const Value one = metadata->get("versions").get(std::to_string(version));
    return one.is_map() && !flag_of(one, "destroyed").value_or(false);
  }

  static void tell_fields(const ChangeRequest& change, PlanFacts& facts) {
    const Value fields = change.desired.get("fields");
    const Value there = change.prior.get("data");
    if (!fields.is_map() || !fields.fully_known() || !there.is_map()) return;
    const Making making = make_data(fields, there, rotates(change));
    // Nobody knew yet how these were made.
    std::vector<std::string> found;
    for (const std::string& name : making.kept) {
      if (change.prior.get("fields").get(name) == Value::map()) found.push_back(name);
    }
    if (!found.empty()) facts.warnings.push_back("keeps what is there and fits its rule: " + join(found, ", "));
    if (!making.anew.empty()) facts.warnings.push_back("makes anew: " + join(making.anew, ", "));
    if (!making.dropped.empty()) facts.warnings.push_back("drops: " + join(making.dropped, ", "));
  }

  [[nodiscard]] ApplyResult create(Client& client, const ChangeRequest& change) const {
    const KvKey key = kv_key(change.desired);
    const Making making = make_data(change.desired.get("fields"), Value(), true);
    const auto made = create_kv(client, key, Value(making.data));
    if (!made) return failed(made.error());
    std::optional<Error> error;
    // A key that was deleted before has the labels that it had then.
    if (labelled(change.desired) || made->version > 1) error = write_labels(client, key, change.desired);
    return told(change, *made, {}, std::move(error));
  }

  [[nodiscard]] ApplyResult update(Client& client, const ChangeRequest& change) const {
    const KvKey key = kv_key(change.desired);
    KvVersion now{true, integer_of(change.prior, "version").value_or(0), change.prior.get("data"),
                  change.prior.get("created_time"), Value()};
    if (!now.data.is_map()) {
      // State stands in for the server, and holds no values.
      auto there = kv_version_of(client.call(kv_data_call(key)));
      if (!there) return failed(std::move(there).error());
      now.data = there->data;
      now.version = there->version;
    }
    Value::List previous = list_of(change.prior, kPrevious);
    const bool rotate = rotates(change);
    const Value wanted(make_data(change.desired.get("fields"), now.data, rotate).data);
    const std::optional<std::int64_t> grace = seconds_of(text_or(change.desired, "grace"));
    const bool has_grace = text_of(change.desired, "grace").has_value();
    if (!(wanted == now.data)) {
      const std::int64_t before = now.version;
      auto written = write_kv(client, key, wanted, before);
      if (!written) return failed(std::move(written).error());
      now = std::move(*written);
      if (rotate && has_grace) previous.push_back(previous_version(before, grace.value_or(0)));
    }
    if (!has_grace) previous.clear();
    std::optional<Error> error;
    if (is_changed(change, "custom_metadata")) error = write_labels(client, key, change.desired);
    if (auto failure = destroy_expired(client, key, previous); failure && !error) error = std::move(failure);
    return told(change, now, std::move(previous), std::move(error));
  }

  static std::optional<Error> write_labels(Client& client, const KvKey& key, const Value& desired) {
    const Value* labels = desired.find("custom_metadata");
    const Value wanted = labels != nullptr && labels->is_map() ? *labels : Value::map();
    const auto done = write_kv_metadata(client, key, Value(ValueMap{{"custom_metadata", wanted}}));
    return done ? std::nullopt : std::optional(done.error());
  }

  // What is destroyed leaves the list.
  static std::optional<Error> destroy_expired(Client& client, const KvKey& key, Value::List& previous) {
    std::vector<std::int64_t> over;
    for (const Value& one : previous) {
      if (is_over(one)) over.push_back(integer_of(one, "version").value_or(0));
    }
    if (over.empty()) return std::nullopt;
    if (const auto done = destroy_kv_versions(client, key, over); !done) return done.error();
    previous.erase(std::remove_if(previous.begin(), previous.end(), is_over), previous.end());
    return std::nullopt;
  }

  [[nodiscard]] ApplyResult told(const ChangeRequest& change, const KvVersion& now, Value::List previous,
                                 std::optional<Error> error) const {
    ApplyResult out;
    ValueMap entries = change.desired.as_map();
    entries.set("data", now.data.with_sensitive());
    entries.set("version", now.version);
    entries.set("created_time", now.created_time);
    entries.set(kPrevious, Value(std::move(previous)));
    entries.set(kExpired, Value::list());
    out.value = Value(std::move(entries));
    out.evidence = evidence_of(now.data);
    out.error = std::move(error);
    return out;
  }
};

}  // namespace

TypePtr make_generated_secret() { return std::make_unique<GeneratedSecret>(); }

}  // namespace plumb::vault
