// The data sources of mounts: what there is in a namespace.
#include <algorithm>

#include "engine/provider_api/attributes.h"
#include "engine/provider_api/values.h"
#include "providers/vault/mounts.h"
#include "providers/vault/types.h"
#include "providers/vault/wire.h"

namespace plumb::vault {

using namespace attributes;

namespace {

// What is told of each mount, by its path.
std::vector<Field> fields() {
  return {
      {"type", string_type(), false},
      {"accessor", string_type(), false},
      {"description", string_type(), false},
      {"options", map_type(string_type()), false},
      {"default_lease_ttl", string_type(), false},
      {"max_lease_ttl", string_type(), false},
      {"local_mount", bool_type(), false},
      {"seal_wrap", bool_type(), false},
      {"plugin_version", string_type(), false},
  };
}

// Durations as they are written of a mount.
Value duration(const Value& seconds) { return duration_of(seconds.is_integer() ? seconds.as_integer() : 0); }

Value told(const Value& entry) {
  const Value config = entry.get("config");
  const Value options = entry.get("options");
  return Value(ValueMap{
      {"type", text_or(entry, "type")},
      {"accessor", text_or(entry, "accessor")},
      {"description", text_or(entry, "description")},
      {"options", options.is_map() ? options : Value::map()},
      {"default_lease_ttl", duration(config.get("default_lease_ttl"))},
      {"max_lease_ttl", duration(config.get("max_lease_ttl"))},
      {"local_mount", flag_of(entry, "local").value_or(false)},
      {"seal_wrap", flag_of(entry, "seal_wrap").value_or(false)},
      {"plugin_version", text_or(entry, "plugin_version")},
  });
}

class MountsData : public DataType {
 public:
  MountsData(TypeSchema schema, MountKind kind, std::string answer)
      : DataType(std::move(schema)), kind_(kind), answer_(std::move(answer)) {}

  Results read(Client& client, std::span<const Value> questions) const override {
    std::vector<std::string> spaces;
    for (const Value& question : questions) {
      const std::string space = space_of(question);
      if (std::find(spaces.begin(), spaces.end(), space) == spaces.end()) spaces.push_back(space);
    }
    const auto tables = read_mounts(client, kind_, spaces);
    Results out;
    for (const Value& question : questions) {
      const auto at = std::find(spaces.begin(), spaces.end(), space_of(question)) - spaces.begin();
      const auto& table = tables[static_cast<std::size_t>(at)];
      out.push_back(table ? answer(question, *table) : ReadResult::unreadable(table.error()));
    }
    return out;
  }

 private:
  ReadResult answer(const Value& question, const MountTable& table) const {
    std::vector<ValueMap::Entry> mounts;
    Value::List paths;
    const auto wanted = text_of(question, "type");
    for (const auto& [path, entry] : table.by_path) {
      if (wanted && text_or(entry, "type") != *wanted) continue;
      mounts.emplace_back(path, told(entry));
      paths.emplace_back(path);
    }
    Value value = with(question, answer_, Value(ValueMap::from(std::move(mounts))));
    return ReadResult::present(with(value, "paths", Value(std::move(paths))), {});
  }

  MountKind kind_;
  std::string answer_;
};

DataPtr make_data(std::string name, std::string doc, MountKind kind, std::string answer, std::string example) {
  auto schema = data_schema(
      std::move(name), std::move(doc),
      {
          optional(text("type", "Only those of this type; all when not set.", std::move(example))),
          computed(attribute("paths", list_type(string_type()), "Where they are, sorted.", "")),
          computed(attribute(answer, map_type(object_type(fields())), "What the server tells of each, by path.", "")),
      });
  return std::make_unique<MountsData>(std::move(schema), kind, std::move(answer));
}

}  // namespace

DataPtr make_mounts_data() {
  return make_data("vault.mounts", "The secrets engines of a namespace.", MountKind::engine, "mounts", "kv");
}

DataPtr make_auth_methods_data() {
  return make_data("vault.auth_methods", "The auth methods of a namespace.", MountKind::auth, "auth_methods",
                   "approle");
}

}  // namespace plumb::vault
