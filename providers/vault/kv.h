// Keys of key-value stores of version 2: reading them by version, writing them by check-and-set. Internal to
// providers/vault.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "providers/vault/type.h"

namespace plumb::vault {

struct KvKey {
  std::string space, mount, name;  // mount without slashes at its ends; name may hold slashes
  // `secret/services/app`, for messages.
  [[nodiscard]] std::string str() const { return mount + '/' + name; }
};
KvKey kv_key(const Value& attributes);

// `mount` and `name`: where every key lies.
std::vector<Attribute> kv_place(const std::string& name_doc);
// Labels of a key, its versions, and when they end: `custom_metadata`, `max_versions`, `cas_required`,
// `delete_version_after`.
Attribute kv_custom_metadata();
std::vector<Attribute> kv_metadata_attributes();
// `version`, `created_time`: what a write of one of these attributes tells anew.
std::vector<Attribute> kv_version_attributes(const std::vector<std::string>& follows);
// On destroy: the key goes with all its versions; else its newest version is marked as deleted.
Attribute kv_delete_all_versions();

// `mount` and `path` (or `name`) are ones that the server keeps as they stand.
std::vector<TypeError> check_kv_place(const Value& desired, const char* name);
// Version 2 keeps whole numbers beyond 2^53 inexactly.
std::vector<TypeError> check_kv_numbers(const Value& data, const Path& path);

// One version of a key.
struct KvVersion {
  bool there = false;        // false: never written (version 0), or this version is deleted or destroyed
  std::int64_t version = 0;  // the newest one
  Value data;                // a map, marked; null where it was not read
  Value created_time;        // text
  Value custom_metadata;     // a map; empty when there is none
};
Call kv_data_call(const KvKey& key, std::int64_t version = 0);
// From the answer to that.
Result<KvVersion> kv_version_of(const Result<Answer>& answer);

// What the server says of each key but its values (`current_version`, `versions`, ...), in order; nullopt: there is no
// such key. One SCAN for the keys of a mount where the server has it, of the folder that they all lie in; else, and
// where that is denied, a GET for each.
std::vector<Result<std::optional<Value>>> read_kv_metadata(Client& client, const std::vector<KvKey>& keys);
// The newest version of these, without its data.
KvVersion newest_of(const Value& metadata);
// Nothing but a write moves the newest version: it is not deleted, and no time is set for it to end.
bool stands(const Value& metadata);
// The newest version is deleted, by our clock.
bool ended(const Value& metadata);
// An attribute of the key from these.
Value kv_metadata_value(const Attribute& attribute, const Value& metadata);

// Writes the version after `seen`. Where somebody else has, an error says so. A lost answer is settled by reading.
Result<KvVersion> write_kv(Client& client, const KvKey& key, const Value& data, std::int64_t seen);
// The first version, or the one after a deleted one. What is there is an error.
Result<KvVersion> create_kv(Client& client, const KvKey& key, const Value& data);
Result<void> write_kv_metadata(Client& client, const KvKey& key, Value body);
Result<void> destroy_kv_versions(Client& client, const KvKey& key, const std::vector<std::int64_t>& versions);
Result<void> delete_kv(Client& client, const KvKey& key, bool all_versions);

// Rights that such writes need.
Need kv_need(const KvKey& key, const char* part, std::string capability);

// Blocks creates in what is mounted as another version than `wanted`: one call for each mount.
void check_kv_mounts(Client& client, std::span<const ChangeRequest* const> changes, std::span<PlanFacts* const> facts,
                     int wanted);
// 1 or 2; nullopt: it is no key-value store. Errors: Fault::denied also where there is no such mount.
Result<std::optional<int>> kv_mount_version(Client& client, const std::string& space, const std::string& mount);

}  // namespace plumb::vault
