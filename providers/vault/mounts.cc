// Reading and describing mounts; mounts_apply.cc changes them.
#include "providers/vault/mounts.h"

#include <algorithm>
#include <array>

#include "engine/model/address.h"
#include "engine/provider_api/attributes.h"
#include "engine/provider_api/values.h"
#include "providers/vault/wire.h"

namespace plumb::vault {

using namespace attributes;

namespace {

constexpr std::array kBuiltInEngines{
    BuiltIn{"sys", "system", "system endpoints used for control, policy and debugging", "Accept", false, true},
    BuiltIn{"identity", "identity", "identity store", "Authorization"},
    BuiltIn{"cubbyhole", "cubbyhole", "per-token private secret storage", "", true},
};
constexpr std::array kBuiltInAuth{BuiltIn{"token", "token", "token based credentials", ""}};

TypeError error_at(const char* name, std::string message, std::string next_step) {
  return {Path(name), std::move(message), std::move(next_step)};
}

void check_path(MountKind kind, const std::string& path, std::vector<TypeError>& out) {
  if (path.empty()) {
    out.push_back(error_at("path", "it is empty", "name the mount, for example `secret`"));
  } else if (path.find("//") != std::string::npos) {
    out.push_back(error_at("path", quoted(path) + " has an empty part", "write one slash"));
  } else if (path == "auth" || path.starts_with("auth/")) {
    out.push_back(kind == MountKind::auth
                      ? error_at("path", quoted(path) + " names the folder of all auth methods",
                                 "leave `auth/` away: paths of auth methods lie below it anyway")
                      : error_at("path", "what lies below `auth/` are auth methods", "use vault.auth_method"));
  }
  if (kind == MountKind::auth) return;
  for (const BuiltIn& one : kBuiltInEngines) {
    if (path.starts_with(std::string(one.path) + '/')) {
      out.push_back(
          error_at("path", "nothing can be mounted below `" + std::string(one.path) + "`", "choose another path"));
    }
  }
}

Value passed_through(const BuiltIn& mount) {
  return mount.passthrough_header.empty() ? Value::list() : Value::list({Value(mount.passthrough_header)});
}

// What a mount that always exists was made with cannot be changed.
void check_built_in(MountKind kind, const BuiltIn& mount, const Value& desired, std::vector<TypeError>& out) {
  const std::string name(mount.path);
  if (const auto type = text_of(desired, "type"); type && *type != mount.type) {
    out.push_back(error_at("type", "`" + name + "` always exists, with the type " + std::string(mount.type),
                           "write `type: " + std::string(mount.type) + "`, or choose another path"));
  }
  // Not even tuning changes them; those of secrets engines nearly nothing does.
  const auto fixed = [&](const char* attribute, const Value& value) {
    const Value* wanted = desired.find(attribute);
    if (wanted == nullptr || wanted->is_null() || !wanted->fully_known() || *wanted == value) return;
    out.push_back(error_at(attribute, '`' + name + "` always exists, and this cannot be changed", "remove it"));
  };
  fixed("local_mount", mount.local);
  fixed("seal_wrap", mount.seal_wrap);
  fixed("external_entropy_access", false);
  if (kind == MountKind::auth) return;
  for (const char* attribute : {"default_lease_ttl", "max_lease_ttl"}) fixed(attribute, "0s");
  fixed("description", mount.description);
  fixed("options", Value::map());
  fixed("listing_visibility", "hidden");
  fixed("passthrough_request_headers", passed_through(mount));
  fixed("allowed_response_headers", Value::list());
  fixed("plugin_version", "");
  fixed("force_no_cache", false);
}

void check_engine(const Value& desired, std::vector<TypeError>& out) {
  const auto type = text_of(desired, "type");
  const Value* options = desired.find("options");
  if (!type || options == nullptr || !options->is_map()) return;
  const auto version = text_of(*options, "version");
  if (!version) return;
  const Path place = Path("options") / std::string("version");
  if (*type == "kv" && *version != "1" && *version != "2") {
    out.push_back({place, "a key-value store has version 1 or 2", "write `\"1\"` or `\"2\"`"});
  } else if ((*type == "kv-v2" && *version != "2") || (*type == "kv-v1" && *version != "1")) {
    out.push_back({place, *type + " is version " + type->substr(4) + ", and this says " + quoted(*version),
                   "remove it, or write `type: kv`"});
  }
}

void check_ttls(const Value& desired, std::vector<TypeError>& out) {
  const auto usual = text_of(desired, "default_lease_ttl");
  const auto longest = text_of(desired, "max_lease_ttl");
  if (!usual || !longest) return;
  const auto a = seconds_of(*usual), b = seconds_of(*longest);
  if (!a || !b || *b == 0 || *a <= *b) return;
  out.push_back(error_at("default_lease_ttl", "it is longer than max_lease_ttl (" + *longest + ")",
                         "make it shorter, or raise max_lease_ttl"));
}

Value flags_and_defaults(const BuiltIn& mount, Value desired) {
  const auto fill = [&](const char* name, Value value) {
    const Value* found = desired.find(name);
    if (found == nullptr || found->is_null()) desired = with(desired, name, std::move(value));
  };
  fill("description", std::string(mount.description));
  if (mount.local) fill("local_mount", true);
  if (mount.seal_wrap) fill("seal_wrap", true);
  if (!mount.passthrough_header.empty()) fill("passthrough_request_headers", passed_through(mount));
  return desired;
}

// The namespace to look in for this key.
std::string space_of(const Client& client, const ReadKey& key) {
  if (key.identity.is_map()) return vault::space_of(key.identity);
  if (key.known.is_map()) return vault::space_of(key.known);
  return client.space();
}

}  // namespace

const BuiltIn* built_in(MountKind kind, std::string_view path) {
  const auto find = [&](const auto& all) -> const BuiltIn* {
    const auto it = std::find_if(all.begin(), all.end(), [&](const BuiltIn& one) { return one.path == path; });
    return it == all.end() ? nullptr : &*it;
  };
  return kind == MountKind::engine ? find(kBuiltInEngines) : find(kBuiltInAuth);
}

std::vector<Result<MountTable>> read_mounts(Client& client, MountKind kind, const std::vector<std::string>& spaces) {
  std::vector<Call> calls;
  for (const std::string& space : spaces) {
    Call& call = calls.emplace_back();
    call.path = kind == MountKind::engine ? "sys/mounts" : "sys/auth";
    call.space = space;
  }
  std::vector<Result<MountTable>> out;
  for (Result<Answer>& answer : client.call_all(calls)) {
    if (!answer) {
      out.emplace_back(fail(std::move(answer).error()));
      continue;
    }
    MountTable table;
    const Value data = answer->data();
    if (answer->found() && data.is_map()) {
      for (const auto& [path, entry] : data.as_map()) {
        const std::string name = trimmed_slashes(path);
        if (const auto accessor = text_of(entry, "accessor")) table.by_accessor.emplace(*accessor, name);
        table.by_path.emplace(name, entry);
      }
    }
    out.emplace_back(std::move(table));
  }
  return out;
}

std::vector<Attribute> mount_attributes(std::string type_doc, std::string type_example) {
  return {
      immutable(required(text("type", std::move(type_doc), std::move(type_example)))),
      with_default(text("description", "What it is for.", "Passwords of the billing service"), ""),
      duration("default_lease_ttl", "How long leases and tokens live that name no time; 0 means as the server says.",
               "1h"),
      duration("max_lease_ttl", "How long they may live at most; 0 means as the server says.", "24h"),
      with_default(attribute("options", map_type(string_type()), "Settings of the plugin.", "{ version: \"2\" }"),
                   Value::map()),
      [] {
        // `local` is a word of Lua, and could not be named in an expression.
        Attribute out = immutable(flag("local_mount", "Not replicated to other clusters.", false));
        out.read_name = "local";
        return out;
      }(),
      immutable(flag("seal_wrap", "What it stores is sealed once more.", false)),
      immutable(flag("external_entropy_access", "It may draw from an outside source of randomness.", false)),
      text_set("audit_non_hmac_request_keys", "Fields of requests that audit logs show in the clear.", "[role_name]"),
      text_set("audit_non_hmac_response_keys", "Fields of answers that audit logs show in the clear.", "[lease_id]"),
      with_default(attribute("listing_visibility", enum_type({"hidden", "unauth"}),
                             "Whether the user interface shows it to who has not logged in.", "unauth"),
                   "hidden"),
      text_set("passthrough_request_headers", "Headers of requests that reach the plugin.", "[X-Request-Id]"),
      text_set("allowed_response_headers", "Headers that the plugin may set.", "[Location]"),
      with_default(text("plugin_version", "The version of the plugin to run; the server's own when not set.", "v1.2.0"),
                   ""),
      [] {
        Attribute out = computed(text("accessor", "The server's name of it, for life.", "kv_7612b121"));
        out.server_default = true;
        return out;
      }(),
  };
}

Value canonical_engine(Value desired) {
  const auto type = text_of(desired, "type");
  if (!type || (*type != "kv" && *type != "kv-v1" && *type != "kv-v2")) return desired;
  const Value* given = desired.find("options");
  if (given != nullptr && !given->is_null() && !given->is_map()) return desired;  // not known yet
  const Value options = given != nullptr && given->is_map() ? *given : Value::map();
  const std::string implied = *type == "kv-v2" ? "2" : "1";
  const Value* version = options.find("version");
  const bool said = version != nullptr && !version->is_null();
  if (*type != "kv") {
    if (said && !(*version == Value(implied))) return desired;  // check says so
    desired = with(desired, "type", "kv");
  }
  if (said) return desired;
  return with(desired, "options", with(options, "version", implied));
}

Value MountType::complete(Value desired) const {
  if (kind_ == MountKind::auth) {
    const Value* path = desired.find("path");
    const Value* type = desired.find("type");
    const bool named = path != nullptr && !path->is_null();
    if (!named && type != nullptr) desired = with(desired, "path", *type);
  }
  if (const BuiltIn* mount = built_in(kind_, text_or(desired, "path"))) {
    return flags_and_defaults(*mount, std::move(desired));
  }
  return kind_ == MountKind::engine ? canonical_engine(std::move(desired)) : desired;
}

std::vector<TypeError> MountType::check(const Value& desired) const {
  std::vector<TypeError> out;
  const auto path = text_of(desired, "path");
  if (path) check_path(kind_, trimmed_slashes(*path), out);
  const BuiltIn* mount = path ? built_in(kind_, trimmed_slashes(*path)) : nullptr;
  if (mount != nullptr) {
    check_built_in(kind_, *mount, desired, out);
  } else if (const auto type = text_of(desired, "type"); type && path) {
    const auto reserved = [&](const BuiltIn& one) { return one.type == *type; };
    if (kind_ == MountKind::engine ? std::any_of(kBuiltInEngines.begin(), kBuiltInEngines.end(), reserved)
                                   : std::any_of(kBuiltInAuth.begin(), kBuiltInAuth.end(), reserved)) {
      out.push_back(
          error_at("type", "there is just one of type " + *type + ", and it always exists", "choose another type"));
    }
  }
  if (kind_ == MountKind::engine) check_engine(desired, out);
  check_ttls(desired, out);
  return out;
}

ReadResult MountType::present(const std::string& space, const std::string& path, const Value& entry) const {
  const Value config = entry.get("config");
  const Value lockout = config.get("user_lockout_config");
  std::vector<ValueMap::Entry> out{{"namespace", space}, {"path", path}};
  for (const Attribute& attribute : schema().attributes) {
    const std::string& name = attribute.name;
    if (name == "namespace" || name == "path") continue;
    const Value* raw = entry.find(attribute.read_name.empty() ? name : attribute.read_name);
    if (raw == nullptr) raw = config.find(name);
    if (raw == nullptr) raw = lockout.find(name);
    out.emplace_back(name, from_wire(attribute, raw == nullptr ? Value() : *raw));
  }
  Value value(ValueMap::from(std::move(out)));
  if (built_in(kind_, path) != nullptr) {
    // Inside of namespaces those that always exist go by other names.
    if (const auto type = text_of(value, "type"); type && type->starts_with("ns_")) {
      value = with(value, "type", type->substr(3));
    }
  }
  if (text_of(value, "token_type") == "default") value = with(value, "token_type", "default-service");
  if (kind_ == MountKind::engine) value = canonical_engine(std::move(value));
  const std::string accessor = text_or(value, "accessor");
  return ReadResult::present(std::move(value), accessor);
}

Results MountType::read(Client& client, Keys keys) const {
  std::vector<std::string> spaces;
  std::map<std::string, std::size_t> index;
  for (const ReadKey& key : keys) {
    const std::string space = space_of(client, key);
    if (index.emplace(space, spaces.size()).second) spaces.push_back(space);
  }
  const auto tables = read_mounts(client, kind_, spaces);
  Results out;
  out.reserve(keys.size());
  for (const ReadKey& key : keys) {
    const std::string space = space_of(client, key);
    const auto& table = tables[index[space]];
    if (!table) {
      out.push_back(ReadResult::unreadable(table.error()));
      continue;
    }
    // A mount keeps its accessor wherever it goes.
    std::string path = trimmed_slashes(text_or(key.identity, "path"));
    if (const auto moved = table->by_accessor.find(key.server_id); moved != table->by_accessor.end()) {
      path = moved->second;
    }
    const auto found = table->by_path.find(path);
    out.push_back(found == table->by_path.end() ? ReadResult::absent() : present(space, path, found->second));
  }
  return out;
}

ListResult MountType::list(Client& client) const {
  ListResult out;
  auto tables = read_mounts(client, kind_, {client.space()});
  if (!tables.front()) {
    out.error = std::move(tables.front()).error();
    return out;
  }
  for (const auto& [path, entry] : tables.front()->by_path) {
    out.objects.push_back(present(client.space(), path, entry));
  }
  out.complete = true;
  return out;
}

}  // namespace plumb::vault
