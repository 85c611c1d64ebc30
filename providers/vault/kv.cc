#include "providers/vault/kv.h"

#include <algorithm>
#include <map>

#include "engine/base/clock.h"
#include "engine/provider_api/attributes.h"
#include "engine/provider_api/values.h"
#include "providers/vault/wire.h"

namespace plumb::vault {

namespace {

using namespace attributes;

constexpr std::int64_t kExactInteger = std::int64_t{1} << 53;

Error bad_answer(const std::string& what) {
  return {what + ": the server's answer is not one of a key-value store of version 2",
          "check that the mount is of type kv with version 2; vault.kv_secret is for version 1",
          {},
          Fault::provider};
}

Error written_in_between(const KvKey& key, std::int64_t seen) {
  const std::string cause = seen == 0 ? key.str() + " exists: somebody wrote it in between"
                                      : key.str() + " was written by somebody else in between: version " +
                                            std::to_string(seen) + " is not the newest any more";
  return {cause, "plan again", {}, Fault::provider};
}

bool lost_check_and_set(const Error& error) {
  return error.message.find("check-and-set parameter did not match") != std::string::npos;
}

KvVersion version_of(const Value& metadata) {
  KvVersion out;
  out.version = integer_of(metadata, "version").value_or(0);
  out.created_time = metadata.get("created_time");
  out.custom_metadata = metadata.get("custom_metadata").is_map() ? metadata.get("custom_metadata") : Value::map();
  return out;
}

// What a server or a proxy would take for another path.
std::string place_problem(const std::string& path) {
  if (path.empty()) return "must not be empty";
  if (path.front() == '/' || path.back() == '/') return "must not begin or end with a slash";
  if (path.find("//") != std::string::npos) return "must not hold two slashes in a row";
  const bool control =
      std::any_of(path.begin(), path.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  return control ? "must not hold control characters" : "";
}

}  // namespace

KvKey kv_key(const Value& attributes) {
  return {space_of(attributes), trimmed_slashes(text_or(attributes, "mount")), text_or(attributes, "name")};
}

std::vector<Attribute> kv_place(const std::string& name_doc) {
  return {refers(required(text("mount", "Where the key-value store is mounted.", "secret")), "vault.mount", "path"),
          required(text("name", name_doc, "services/billing/database"))};
}

Attribute kv_custom_metadata() {
  return with_default(optional(attribute("custom_metadata", map_type(string_type()),
                                         "Labels of the key, as text; no secrets.", "{ owner: billing }")),
                      Value::map());
}

std::vector<Attribute> kv_metadata_attributes() {
  return {
      kv_custom_metadata(),
      with_default(optional(attribute("max_versions", integer_type(),
                                      "How many versions are kept; 0 for as many as the mount says.", "10")),
                   Value(0)),
      flag("cas_required", "Whether everybody's writes must say which version they replace; Plumb's always do.", false),
      with_default(compared(optional(text("delete_version_after",
                                          "How long after it is written a version is deleted; 0s for never.", "720h")),
                            Comparison::duration),
                   Value("0s"))};
}

std::vector<Attribute> kv_version_attributes(const std::vector<std::string>& follows) {
  Attribute version = computed(attribute("version", integer_type(), "The newest version.", "3"));
  Attribute created =
      computed(text("created_time", "When that version was written.", "2026-11-21T12:00:00.123456789Z"));
  version.follows = created.follows = follows;
  return {version, created};
}

Attribute kv_delete_all_versions() {
  return local(flag("delete_all_versions",
                    "On destroy: remove the key with all its versions and labels. Else the newest version is marked "
                    "as deleted, and can be undeleted.",
                    false));
}

std::vector<TypeError> check_kv_place(const Value& desired, const char* name) {
  std::vector<TypeError> out;
  for (const char* one : {"mount", name}) {
    const auto path = text_of(desired, one);
    if (!path) continue;
    // A mount is written with or without its slash.
    const std::string problem = place_problem(one == name ? *path : trimmed_slashes(*path));
    if (!problem.empty()) out.push_back({Path(one), problem, "write it as the server lists it, such as `team/app`"});
  }
  return out;
}

std::vector<TypeError> check_kv_numbers(const Value& data, const Path& path) {
  std::vector<TypeError> out;
  std::vector<std::pair<Path, const Value*>> open{{path, &data}};
  while (!open.empty()) {
    const auto [at, value] = std::move(open.back());
    open.pop_back();
    if (value->is_integer() && (value->as_integer() > kExactInteger || value->as_integer() < -kExactInteger)) {
      out.push_back({at, "is a number that the server does not keep exactly", "write it as text, in quotes"});
    } else if (value->is_list()) {
      for (std::size_t i = 0; i < value->as_list().size(); ++i) {
        open.emplace_back(at / static_cast<std::int64_t>(i), &value->as_list()[i]);
      }
    } else if (value->is_map()) {
      for (const auto& [key, one] : value->as_map()) open.emplace_back(at / key, &one);
    }
  }
  return out;
}

Call kv_data_call(const KvKey& key, std::int64_t version) {
  Call out;
  out.path = url_path(key.mount) + "/data/" + url_path(key.name);
  if (version > 0) out.path += "?version=" + std::to_string(version);
  out.space = key.space;
  return out;
}

Result<KvVersion> kv_version_of(const Result<Answer>& answer) {
  if (!answer) return fail(answer.error());
  const Value data = answer->data();
  const Value metadata = data.get("metadata");
  if (!metadata.is_map()) {
    if (!answer->found()) return KvVersion{};
    return fail(bad_answer("reading a secret"));
  }
  KvVersion out = version_of(metadata);
  if (!answer->found()) return out;  // deleted or destroyed
  out.there = true;
  // A secret may have been written without any fields.
  out.data = (data.get("data").is_map() ? data.get("data") : Value::map()).with_sensitive();
  return out;
}

KvVersion newest_of(const Value& metadata) {
  KvVersion out;
  out.version = integer_of(metadata, "current_version").value_or(0);
  out.custom_metadata = metadata.get("custom_metadata").is_map() ? metadata.get("custom_metadata") : Value::map();
  const Value newest = metadata.get("versions").get(std::to_string(out.version));
  out.created_time = newest.get("created_time");
  out.there = newest.is_map() && !flag_of(newest, "destroyed").value_or(false);
  return out;
}

bool stands(const Value& metadata) {
  const KvVersion newest = newest_of(metadata);
  const Value version = metadata.get("versions").get(std::to_string(newest.version));
  return newest.there && text_or(version, "deletion_time").empty();
}

bool ended(const Value& metadata) {
  const Value version = metadata.get("versions").get(std::to_string(newest_of(metadata).version));
  const std::string time = text_or(version, "deletion_time");
  // Both in UTC; whole seconds will do.
  const std::string now = rfc3339(system_clock().now());
  const std::size_t seconds = now.size() - 1;
  return !time.empty() && time.substr(0, seconds) <= now.substr(0, seconds);
}

Value kv_metadata_value(const Attribute& attribute, const Value& metadata) {
  return from_wire(attribute, metadata.get(attribute.name));
}

Need kv_need(const KvKey& key, const char* part, std::string capability) {
  return {key.mount + '/' + part + '/' + key.name, key.space, std::move(capability)};
}

Result<std::optional<int>> kv_mount_version(Client& client, const std::string& space, const std::string& mount) {
  const auto data = PLUMB_TRY(client.read("sys/internal/ui/mounts/" + url_path(mount), space));
  // A namespace that is not there answers so.
  if (!data) return fail("there is no mount " + mount, "check its name", {}, Fault::denied);
  if (text_or(*data, "type") != "kv") return std::optional<int>();
  return std::optional<int>(text_or(data->get("options"), "version") == "2" ? 2 : 1);
}

void check_kv_mounts(Client& client, std::span<const ChangeRequest* const> changes, std::span<PlanFacts* const> facts,
                     int wanted) {
  std::map<std::pair<std::string, std::string>, std::optional<Error>> mounts;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const Value& desired = changes[i]->desired;
    const auto mount = text_of(desired, "mount");
    if (changes[i]->operation != Operation::create || !mount) continue;
    const auto [at, first] = mounts.try_emplace({space_of(desired), *mount});
    if (first) {
      const auto version = kv_mount_version(client, space_of(desired), *mount);
      // Denied is also what a mount answers that is not there yet.
      if (!version) continue;
      if (!*version) {
        at->second =
            Error{"the mount " + *mount + " is no key-value store", "name one of type kv", {}, Fault::provider};
      } else if (**version != wanted) {
        at->second =
            Error{"the mount " + *mount + " is a key-value store of version " + std::to_string(**version),
                  wanted == 2 ? "use vault.kv_secret, or upgrade the mount to version 2" : "use vault.kv_secret_v2",
                  {},
                  Fault::provider};
      }
    }
    if (at->second && !facts[i]->blocked) facts[i]->blocked = at->second;
  }
}

namespace {

// `lost` is set when somebody else's version stands there.
Result<KvVersion> write_version(Client& client, const KvKey& key, const Value& data, std::int64_t seen, bool& lost) {
  Call call = kv_data_call(key);
  call.method = "POST";
  call.body = Value(ValueMap{{"data", data}, {"options", Value(ValueMap{{"cas", seen}})}});
  const auto answer = client.call(call);
  if (!answer) {
    lost = lost_check_and_set(answer.error());
    if (lost) return fail(written_in_between(key, seen));
    if (answer.error().retry != Retry::outcome_unknown) return fail(answer.error());
    // Whoever wrote just this as just this version was us.
    auto now = kv_version_of(client.call(kv_data_call(key)));
    if (now && now->there && now->version > seen && now->data == data) return std::move(*now);
    return fail(answer.error());
  }
  KvVersion out = version_of(answer->data());
  if (!answer->found() || out.version == 0) return fail(bad_answer("writing " + key.str()));
  out.there = true;
  out.data = data.with_sensitive();
  return out;
}

}  // namespace

Result<KvVersion> write_kv(Client& client, const KvKey& key, const Value& data, std::int64_t seen) {
  bool lost = false;
  return write_version(client, key, data, seen, lost);
}

Result<KvVersion> create_kv(Client& client, const KvKey& key, const Value& data) {
  bool lost = false;
  auto made = write_version(client, key, data, 0, lost);
  if (!lost) return made;
  const auto there = kv_version_of(client.call(kv_data_call(key)));
  // What was deleted keeps its count.
  if (!there || there->there || there->version == 0) return made;
  return write_kv(client, key, data, there->version);
}

Result<void> write_kv_metadata(Client& client, const KvKey& key, Value body) {
  Call call = kv_data_call(key);
  call.method = "POST";
  call.path = url_path(key.mount) + "/metadata/" + url_path(key.name);
  call.body = std::move(body);
  const auto answer = client.call(call);
  if (!answer) return fail(answer.error());
  if (!answer->found()) return fail(bad_answer("writing the metadata of " + key.str()));
  return {};
}

Result<void> destroy_kv_versions(Client& client, const KvKey& key, const std::vector<std::int64_t>& versions) {
  Call call = kv_data_call(key);
  call.method = "POST";
  call.path = url_path(key.mount) + "/destroy/" + url_path(key.name);
  call.body = Value(ValueMap{{"versions", Value::list({versions.begin(), versions.end()})}});
  const auto answer = client.call(call);
  if (!answer) return fail(answer.error());
  return {};
}

Result<void> delete_kv(Client& client, const KvKey& key, bool all_versions) {
  Call call = kv_data_call(key);
  call.method = "DELETE";
  if (all_versions) call.path = url_path(key.mount) + "/metadata/" + url_path(key.name);
  const auto answer = client.call(call);
  if (!answer) return fail(answer.error());
  return {};
}

}  // namespace plumb::vault
