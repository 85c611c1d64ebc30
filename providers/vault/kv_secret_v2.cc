// A secret in a key-value store of version 2: read by version, written by check-and-set.
#include <algorithm>

#include "engine/provider_api/attributes.h"
#include "engine/provider_api/values.h"
#include "providers/vault/kv.h"
#include "providers/vault/types.h"
#include "providers/vault/wire.h"

namespace plumb::vault {

namespace {

using namespace attributes;

TypeSchema kv_secret_v2_schema() {
  std::vector<Attribute> all =
      kv_place("The key below the mount; it may hold slashes, and is never split at a part called `data`.");
  all.push_back(required(
      sensitive(attribute("data", map_type(any_type()), "The secret's fields, as a whole: what it does not name goes.",
                          "{ password: \"${random.password.app.value}\" }"))));
  for (Attribute& one : kv_metadata_attributes()) all.push_back(std::move(one));
  all.push_back(kv_delete_all_versions());
  all.push_back(local(flag("disable_read",
                           "Whether values are never read back, for tokens that may only write: then only a version "
                           "that moved tells of somebody else's write.",
                           false)));
  for (Attribute& one : kv_version_attributes({"data"})) all.push_back(std::move(one));
  TypeSchema out = type_schema("vault.kv_secret_v2", "A secret in a key-value store of version 2.", {"mount", "name"},
                               std::move(all));
  out.containers = {{"vault.mount", {{"namespace", "namespace"}, {"path", "mount"}}}};
  return out;
}

bool is_metadata(const Attribute& attribute) {
  static const std::vector<std::string> names = {"custom_metadata", "max_versions", "cas_required",
                                                 "delete_version_after"};
  return std::find(names.begin(), names.end(), attribute.name) != names.end();
}

// One key on its way through a read.
struct Reading {
  ReadResult result;  // absent until told otherwise
  bool wants_data = false;
  bool has_metadata = false;
};

class KvSecretV2 : public Type {
 public:
  KvSecretV2() : Type(kv_secret_v2_schema()) {}

  Results read(Client& client, Keys keys) const override {
    std::vector<KvKey> places;
    for (const ReadKey& key : keys) places.push_back(kv_key(key.identity));
    const auto metadata = read_kv_metadata(client, places);
    std::vector<Reading> readings;
    std::vector<Call> calls;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      readings.push_back(from_metadata(keys[i], metadata[i]));
      if (readings.back().wants_data) calls.push_back(kv_data_call(places[i]));
    }
    const auto answers = client.call_all(calls);
    std::size_t next = 0;
    Results out;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (readings[i].wants_data) add_data(keys[i], kv_version_of(answers[next++]), readings[i]);
      out.push_back(std::move(readings[i].result));
    }
    return out;
  }

  ApplyResult apply(Client& client, const ChangeRequest& change) const override {
    if (change.operation == Operation::remove) {
      const bool all = flag_of(change.prior, "delete_all_versions").value_or(false);
      const auto done = delete_kv(client, kv_key(change.prior), all);
      return done ? ApplyResult() : failed(done.error());
    }
    return write(client, change);
  }

  [[nodiscard]] std::vector<TypeError> check(const Value& desired) const override {
    std::vector<TypeError> out = check_kv_place(desired, "name");
    if (const Value* data = desired.find("data")) {
      for (TypeError& error : check_kv_numbers(*data, Path("data"))) out.push_back(std::move(error));
    }
    if (const auto kept = integer_of(desired, "max_versions"); kept && *kept < 0) {
      out.push_back({Path("max_versions"), "must not be negative", "write 0 for as many as the mount says"});
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
    std::vector<Need> out;
    const bool create = change.operation == Operation::create;
    if (create || is_changed(change, "data")) out.push_back(kv_need(key, "data", create ? "create" : "update"));
    if (metadata_differs(change)) out.push_back(kv_need(key, "metadata", "create|update"));
    return out;
  }

  void facts(Client& client, std::span<const ChangeRequest* const> changes,
             std::span<PlanFacts* const> facts) const override {
    check_kv_mounts(client, changes, facts, 2);
  }

 private:
  // What state alone knows, so that a delete can look at it.
  static void repeat_local(const TypeSchema& type, const Value& known, std::vector<ValueMap::Entry>& entries) {
    for (const Attribute& attribute : type.attributes) {
      if (attribute.local && known.is_map()) entries.emplace_back(attribute.name, known.get(attribute.name));
    }
  }

  Reading from_metadata(const ReadKey& key, const Result<std::optional<Value>>& metadata) const {
    Reading out;
    if (!metadata) {
      // A policy may well give the values and not the metadata.
      if (metadata.error().fault == Fault::denied) {
        out.wants_data = true;
      } else {
        out.result = ReadResult::unreadable(metadata.error());
      }
      return out;
    }
    if (!*metadata) return out;
    const Value& all = **metadata;
    const KvVersion newest = newest_of(all);
    if (!newest.there) return out;
    out.has_metadata = true;
    std::vector<ValueMap::Entry> entries = identity_of_key(key);
    for (const Attribute& attribute : schema().attributes) {
      if (is_metadata(attribute)) entries.emplace_back(attribute.name, kv_metadata_value(attribute, all));
    }
    entries.emplace_back("version", newest.version);
    entries.emplace_back("created_time", newest.created_time);
    repeat_local(schema(), key.known, entries);
    out.result = ReadResult::present(Value(ValueMap::from(std::move(entries))), {});
    const bool unmoved = integer_of(key.known, "version") == newest.version && stands(all);
    if (flag_of(key.known, "disable_read").value_or(false)) {
      if (ended(all)) return {};
      (unmoved ? out.result.unmoved : out.result.unread).emplace_back("data");
    } else if (unmoved) {
      out.result.unmoved.emplace_back("data");
    } else {
      out.wants_data = true;
    }
    return out;
  }

  std::vector<ValueMap::Entry> identity_of_key(const ReadKey& key) const {
    std::vector<ValueMap::Entry> out;
    for (const IdentityPart& part : schema().identity) {
      out.emplace_back(part.attribute, key.identity.get(part.attribute));
    }
    return out;
  }

  void add_data(const ReadKey& key, const Result<KvVersion>& version, Reading& reading) const {
    if (!version) {
      if (reading.has_metadata && version.error().fault == Fault::denied) {
        reading.result.unread.emplace_back("data");
      } else {
        reading.result = ReadResult::unreadable(version.error());
      }
      return;
    }
    if (!version->there) {
      reading.result = ReadResult::absent();
      return;
    }
    if (!reading.has_metadata) reading.result = without_metadata(key);
    ValueMap entries = reading.result.value.as_map();
    entries.set("data", version->data);
    entries.set("version", version->version);
    entries.set("created_time", version->created_time);
    entries.set("custom_metadata", version->custom_metadata);
    reading.result.value = Value(std::move(entries));
  }

  // What cannot be seen is taken as it was left.
  ReadResult without_metadata(const ReadKey& key) const {
    std::vector<ValueMap::Entry> entries = identity_of_key(key);
    std::vector<Path> unread;
    for (const Attribute& attribute : schema().attributes) {
      if (!is_metadata(attribute) || attribute.name == "custom_metadata") continue;
      const Value* known = key.known.find(attribute.name);
      entries.emplace_back(attribute.name, known != nullptr ? *known : attribute.default_value.value_or(Value()));
      unread.emplace_back(attribute.name);
    }
    repeat_local(schema(), key.known, entries);
    ReadResult out = ReadResult::present(Value(ValueMap::from(std::move(entries))), {});
    out.unread = std::move(unread);
    return out;
  }

  [[nodiscard]] bool metadata_differs(const ChangeRequest& change) const {
    return std::any_of(schema().attributes.begin(), schema().attributes.end(), [&](const Attribute& attribute) {
      if (!is_metadata(attribute)) return false;
      if (change.operation == Operation::update) return is_changed(change, attribute.name);
      const Value* wanted = change.desired.find(attribute.name);
      return wanted != nullptr && !wanted->is_null() && !(*wanted == *attribute.default_value);
    });
  }

  [[nodiscard]] Value metadata_body(const Value& desired) const {
    std::vector<ValueMap::Entry> out;
    for (const Attribute& attribute : schema().attributes) {
      if (!is_metadata(attribute)) continue;
      const Value* wanted = desired.find(attribute.name);
      const bool set = wanted != nullptr && !wanted->is_null();
      out.emplace_back(attribute.name, to_wire(attribute, set ? *wanted : *attribute.default_value));
    }
    return Value(ValueMap::from(std::move(out)));
  }

  [[nodiscard]] ApplyResult write(Client& client, const ChangeRequest& change) const {
    const KvKey key = kv_key(change.desired);
    const bool create = change.operation == Operation::create;
    // What was unknown to plan may turn out to be what is there.
    const bool same = change.prior.get("data") == change.desired.get("data");
    const bool data = create || (is_changed(change, "data") && !same);
    bool metadata = metadata_differs(change);
    // When a version ends is settled as it is written.
    const bool first = metadata && data && text_or(change.desired, "delete_version_after", "0s") != "0s";
    if (first) {
      if (auto done = write_kv_metadata(client, key, metadata_body(change.desired)); !done) return failed(done.error());
      metadata = false;
    }
    KvVersion now{true, integer_of(change.prior, "version").value_or(0), change.prior.get("data"),
                  change.prior.get("created_time"), Value()};
    if (data) {
      const Value& wanted = change.desired.get("data");
      auto written = create ? create_kv(client, key, wanted) : write_kv(client, key, wanted, now.version);
      if (!written) return failed(std::move(written).error());
      // A key that was deleted before has the labels that it had then.
      metadata = metadata || (create && !first && written->version > 1);
      now = std::move(*written);
    }
    std::optional<Error> error;
    if (metadata) {
      if (auto done = write_kv_metadata(client, key, metadata_body(change.desired)); !done) error = done.error();
    }
    return told(change, now, std::move(error));
  }

  // Exactly what was written: the server was asked to replace a version that we knew, as a whole.
  [[nodiscard]] ApplyResult told(const ChangeRequest& change, const KvVersion& now, std::optional<Error> error) const {
    ApplyResult out;
    ValueMap entries = change.desired.as_map();
    entries.set("version", now.version);
    entries.set("created_time", now.created_time);
    if (error) {
      for (const Attribute& attribute : schema().attributes) {
        if (!is_metadata(attribute)) continue;
        const Value* before = change.prior.find(attribute.name);
        entries.set(attribute.name, before != nullptr ? *before : *attribute.default_value);
      }
    }
    out.value = Value(std::move(entries));
    out.error = std::move(error);
    return out;
  }
};

}  // namespace

TypePtr make_kv_secret_v2() { return std::make_unique<KvSecretV2>(); }

}  // namespace plumb::vault
