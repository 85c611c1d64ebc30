#include "providers/vault/database.h"

#include <algorithm>

#include "engine/provider_api/attributes.h"
#include "engine/provider_api/values.h"

namespace plumb::vault {

using namespace attributes;

namespace {

constexpr const char* kPassword = "password";
constexpr const char* kPolicy = "password_policy";
constexpr const char* kPasswordKeys[] = {kPolicy};
constexpr const char* kRsaKeys[] = {"format", "key_bits"};

std::span<const char* const> keys_of(const std::string& credential_type) {
  if (credential_type == kPassword) return kPasswordKeys;
  return kRsaKeys;
}

bool is_key_of(const std::string& credential_type, const std::string& key) {
  const auto keys = keys_of(credential_type);
  return std::any_of(keys.begin(), keys.end(), [&](const char* one) { return key == one; });
}

}  // namespace

Attribute backend_attribute() {
  return refers(
      required(text("backend", "Where the database secrets engine is mounted.", "${vault.mount.database.path}")),
      "vault.mount", "path");
}

Container in_backend() { return {"vault.mount", {{"namespace", "namespace"}, {"path", "backend"}}}; }

Attribute statements(std::string name, std::string doc, std::string example) {
  return with_default(attribute(std::move(name), list_type(string_type()), std::move(doc), std::move(example)),
                      Value::list());
}

Attribute ttl_attribute(std::string name, std::string doc, std::string example) {
  return compared(with_default(text(std::move(name), std::move(doc), std::move(example)), "0s"), Comparison::duration);
}

std::vector<Attribute> credential_attributes() {
  return {
      with_default(attribute("credential_type", enum_type({"password", "rsa_private_key"}), "What is given out.",
                             "rsa_private_key"),
                   kPassword),
      with_default(attribute("credential_config", map_type(string_type()),
                             "How it is made: `password_policy` of a password, `key_bits` and `format` of a key.",
                             "{ password_policy: database }"),
                   Value::map()),
  };
}

Value complete_credential_config(Value desired) {
  if (text_or(desired, "credential_type", kPassword) == kPassword) return desired;
  const Value* config = desired.find("credential_config");
  if (config == nullptr || !config->is_map()) return desired;
  ValueMap filled = config->as_map();
  if (!filled.contains("format")) filled.set("format", "pkcs8");
  if (!filled.contains("key_bits")) filled.set("key_bits", "2048");
  return with(desired, "credential_config", Value(std::move(filled)).with_sensitive(config->sensitive()));
}

Value live_credential_config(Value attributes) {
  const Value* config = attributes.find("credential_config");
  if (config == nullptr || !config->is_map()) return attributes;
  const std::string type = text_or(attributes, "credential_type", kPassword);
  ValueMap kept;
  for (const auto& [key, value] : config->as_map()) {
    const bool empty = value.is_null() || (value.is_string() && value.as_string().empty());
    if (is_key_of(type, key) && !empty) kept.set(key, value);
  }
  return with(attributes, "credential_config", Value(std::move(kept)));
}

std::vector<TypeError> check_credential_config(const Value& desired) {
  std::vector<TypeError> out;
  const auto type = text_of(desired, "credential_type");
  const Value* config = desired.find("credential_config");
  if (!type || config == nullptr || !config->is_map()) return out;
  for (const auto& [key, value] : config->as_map()) {
    if (is_key_of(*type, key)) continue;
    std::string keys;
    for (const char* one : keys_of(*type)) keys += (keys.empty() ? "`" : ", `") + std::string(one) + '`';
    out.push_back({Path("credential_config") / key, "a credential of type " + *type + " has no such setting",
                   "use one of: " + keys});
  }
  return out;
}

bool drops_password_policy(const ChangeRequest& change) {
  if (change.operation != Operation::update) return false;
  if (text_or(change.desired, "credential_type", kPassword) != kPassword) return false;
  const Value* before = change.prior.find("credential_config");
  const Value* after = change.desired.find("credential_config");
  const bool had = before != nullptr && before->find(kPolicy) != nullptr;
  return had && after != nullptr && after->is_map() && after->find(kPolicy) == nullptr;
}

}  // namespace plumb::vault
