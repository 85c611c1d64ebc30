// Keys of the transit engine: made once, then configured, rotated and, when allowed to, deleted.
#include <algorithm>
#include <array>

#include "engine/base/text.h"
#include "engine/model/address.h"
#include "engine/provider_api/attributes.h"
#include "engine/provider_api/values.h"
#include "providers/vault/document.h"
#include "providers/vault/errors.h"
#include "providers/vault/types.h"
#include "providers/vault/wire.h"

namespace plumb::vault {

using namespace attributes;

namespace {

constexpr std::array<std::string_view, 18> kKeyTypes{
    "aes128-gcm96", "aes256-gcm96", "chacha20-poly1305", "xchacha20-poly1305",
    "ed25519",      "ecdsa-p256",   "ecdsa-p384",        "ecdsa-p521",
    "rsa-2048",     "rsa-3072",     "rsa-4096",          "hmac",
    "aes128-cmac",  "aes192-cmac",  "aes256-cmac",       "ml-dsa",
    "managed_key",  "slh-dsa"};
// Of these a server has one and the other has not.
constexpr std::array<std::string_view, 1> kOpenBaoOnly{"xchacha20-poly1305"};
constexpr std::array<std::string_view, 6> kVaultOnly{"aes128-cmac", "aes192-cmac", "aes256-cmac",
                                                     "ml-dsa",      "slh-dsa",     "managed_key"};

Attribute told(Attribute out) {
  out = computed(std::move(out));
  out.server_default = true;
  out.follows = {"rotation_version"};
  return out;
}

TypeSchema key_schema() {
  TypeSchema out = type_schema(
      "vault.transit_key", "A key that encrypts or signs, and never leaves the server.", {"backend", "name"},
      {
          required(refers(text("backend", "Where the transit engine is mounted.", "transit"), "vault.mount", "path")),
          required(text("name", "The key's name.", "billing")),
          immutable(with_default(text("type", "What kind of key it is; kinds differ between servers.", "ed25519"),
                                 "aes256-gcm96")),
          immutable(flag("derived", "A key of its own is derived for every context.", false)),
          immutable(flag("convergent_encryption", "The same text gives the same cipher text; needs `derived`.", false)),
          immutable(
              with_default(attribute("key_size", integer_type(), "Bytes of an `hmac` key; 32 when not set.", "64"), 0)),
          flag("exportable", "Its key may be read out; cannot be taken back.", false),
          flag("allow_plaintext_backup", "It may be read out with all its versions; cannot be taken back.", false),
          flag("deletion_allowed", "Anybody with the right to may delete it.", false),
          compared(
              with_default(text("auto_rotate_period", "How often it rotates by itself; 0 means never.", "30d"), "0s"),
              Comparison::duration),
          with_default(attribute("min_decryption_version", integer_type(),
                                 "The oldest version that may decrypt or verify.", "3"),
                       1),
          with_default(attribute("min_encryption_version", integer_type(),
                                 "The oldest version that may encrypt or sign; 0 means the latest alone.", "3"),
                       0),
          local(
              optional(attribute("rotation_version", integer_type(), "Any number; another one rotates the key.", "2"))),
          told(attribute("latest_version", integer_type(), "The version in use.", "1")),
          told(text("public_key", "The latest public key, where there is one.", "")),
      });
  out.containers = {{"vault.mount", {{"namespace", "namespace"}, {"path", "backend"}}}};
  out.holds_data = true;
  return out;
}

// As servers take it: letters, digits, `_`; `-` and `.` inside.
bool good_name(const std::string& name) {
  const auto word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && word(name.front()) && word(name.back()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return word(c) || c == '-' || c == '.'; });
}

bool on(const Value& attributes, const char* name) { return flag_of(attributes, name).value_or(false); }

TypeError error_at(const char* name, std::string message, std::string next_step) {
  return {Path(name), std::move(message), std::move(next_step)};
}

void check_kind(const Value& desired, std::vector<TypeError>& out) {
  const auto type = text_of(desired, "type");
  if (type && std::find(kKeyTypes.begin(), kKeyTypes.end(), *type) == kKeyTypes.end()) {
    out.push_back(error_at("type", "there is no key of type " + quoted(*type),
                           "known: " + join({kKeyTypes.begin(), kKeyTypes.end()}, ", ")));
  }
  if (const auto size = integer_of(desired, "key_size"); size && type && *type != "hmac" && *size != 0) {
    out.push_back(error_at("key_size", "only keys of type `hmac` have one", "remove it"));
  } else if (size && type && *type == "hmac" && (*size < 32 || *size > 512)) {
    out.push_back(error_at("key_size", "a key has 32 to 512 bytes", "write a number between them"));
  }
  const Value* derived = desired.find("derived");
  const bool open = derived != nullptr && !derived->is_null() && !derived->fully_known();
  if (on(desired, "convergent_encryption") && !open && !on(desired, "derived")) {
    out.push_back(error_at("convergent_encryption", "it needs a derived key", "write `derived: true`"));
  }
}

class TransitKey : public DocumentType {
 public:
  TransitKey()
      : DocumentType(key_schema(), DocumentPaths{"{backend}/keys/{name}", "{backend}/keys", false, "backend"}) {}

  ApplyResult apply(Client& client, const ChangeRequest& change) const override;
  [[nodiscard]] std::vector<TypeError> check(const Value& desired) const override;
  [[nodiscard]] Value complete(Value desired) const override;
  [[nodiscard]] std::vector<Need> needs(const ChangeRequest& change) const override;
  void facts(Client& client, std::span<const ChangeRequest* const> changes,
             std::span<PlanFacts* const> facts) const override;

 protected:
  [[nodiscard]] ReadResult decode(const Value& identity, const Value& known, const Value& data) const override;
  ApplyResult remove(Client& client, const ChangeRequest& change) const override;

 private:
  static bool rotates(const ChangeRequest& change);
  [[nodiscard]] std::optional<Error> create(Client& client, const ChangeRequest& change) const;
  // Sends `body` to what lies below the key (`/config`, `/rotate`), or to the key itself.
  [[nodiscard]] std::optional<Error> send(Client& client, const ChangeRequest& change, const Value& attributes,
                                          const char* below, Value body) const;
  [[nodiscard]] Value config_body(const ChangeRequest& change) const;
};

ReadResult TransitKey::decode(const Value& identity, const Value& known, const Value& data) const {
  ReadResult out = DocumentType::decode(identity, known, data);
  const auto latest = integer_of(data, "latest_version");
  const Value key = latest ? data.get("keys").get(std::to_string(*latest)) : Value();
  const auto pem = text_of(key, "public_key");
  out.value = with(out.value, "public_key", pem && !pem->empty() ? Value(*pem) : Value());
  if (const Value* rotation = known.find("rotation_version"))
    out.value = with(out.value, "rotation_version", *rotation);
  return out;
}

// From one number to another; the first one only says where counting begins.
bool TransitKey::rotates(const ChangeRequest& change) {
  return change.operation == Operation::update && is_changed(change, "rotation_version") &&
         !change.prior.get("rotation_version").is_null() && !change.desired.get("rotation_version").is_null();
}

std::optional<Error> TransitKey::send(Client& client, const ChangeRequest& change, const Value& attributes,
                                      const char* below, Value body) const {
  Call call;
  call.method = "POST";
  call.path = path(attributes) + below;
  call.space = space_of(attributes);
  call.body = std::move(body);
  call.timeout = change.timeout;
  auto answer = client.expect(call);
  return answer ? std::nullopt : std::optional(std::move(answer).error());
}

// The server says nothing when a key of that name is there, and keeps that one.
std::optional<Error> TransitKey::create(Client& client, const ChangeRequest& change) const {
  auto there = client.read(path(change.desired), space_of(change.desired));
  if (!there) return std::move(there).error();
  if (*there) {
    return Error{
        "transit key " + quoted(plain_path(change.desired)) + " exists already: somebody made it since the plan",
        "plan again: it says how to take over what is there",
        {},
        Fault::provider};
  }
  std::vector<ValueMap::Entry> body{{"type", change.desired.get("type")}};
  for (const char* name : {"derived", "convergent_encryption", "exportable", "allow_plaintext_backup"}) {
    if (on(change.desired, name)) body.emplace_back(name, true);
  }
  for (const char* name : {"auto_rotate_period", "key_size"}) {
    const Attribute& attribute = *schema().find(name);
    const Value value = change.desired.get(name);
    if (value.is_null() || !value.fully_known() || (attribute.default_value && value == *attribute.default_value)) {
      continue;
    }
    body.emplace_back(name, to_wire(attribute, value));
  }
  return send(client, change, change.desired, "", Value(ValueMap::from(std::move(body))));
}

Value TransitKey::config_body(const ChangeRequest& change) const {
  const bool create = change.operation == Operation::create;
  std::vector<ValueMap::Entry> body;
  for (const char* name : {"min_decryption_version", "min_encryption_version", "deletion_allowed", "exportable",
                           "allow_plaintext_backup", "auto_rotate_period"}) {
    const Attribute& attribute = *schema().find(name);
    const std::string_view view = name;
    const bool made_with =
        create && (view == "exportable" || view == "allow_plaintext_backup" || view == "auto_rotate_period");
    const Value wanted = change.desired.get(name);
    const bool differs = create ? !(wanted == *attribute.default_value) : is_changed(change, name);
    if (!made_with && differs) body.emplace_back(name, to_wire(attribute, wanted));
  }
  return Value(ValueMap::from(std::move(body)));
}

ApplyResult TransitKey::apply(Client& client, const ChangeRequest& change) const {
  if (change.operation == Operation::remove) return remove(client, change);
  std::optional<Error> error;
  bool touched = false;
  if (change.operation == Operation::create) {
    if (auto refused = create(client, change)) return failed(std::move(*refused));
    touched = true;
  } else if (rotates(change)) {
    // First, so that the new version may be the oldest one.
    if (auto refused = send(client, change, change.desired, "/rotate", Value())) return failed(std::move(*refused));
    touched = true;
  }
  if (Value body = config_body(change); !body.as_map().empty()) {
    error = send(client, change, change.desired, "/config", std::move(body));
    if (error && !touched) return failed(std::move(*error));
  }
  const ReadKey key{change.desired, {}, {}};
  ReadResult now = std::move(read(client, Keys(&key, 1)).front());
  ApplyResult out;
  out.error = std::move(error);
  if (now.status == ReadResult::Status::present) {
    out.value = std::move(now.value);
    return out;
  }
  if (out.error) return out;
  out.error = now.status == ReadResult::Status::unreadable
                  ? std::move(now.error)
                  : Error{"transit key " + quoted(plain_path(change.desired)) + " was written, and yet it is not there",
                          "plan again",
                          {},
                          Fault::provider};
  out.error->retry = Retry::outcome_unknown;
  return out;
}

// That it may go was decided here; the server wants it said too.
ApplyResult TransitKey::remove(Client& client, const ChangeRequest& change) const {
  if (!on(change.prior, "deletion_allowed")) {
    if (auto error = send(client, change, change.prior, "/config", Value(ValueMap{{"deletion_allowed", true}}))) {
      return failed(std::move(*error));
    }
  }
  return DocumentType::remove(client, change);
}

std::vector<TypeError> TransitKey::check(const Value& desired) const {
  std::vector<TypeError> out;
  check_kind(desired, out);
  if (const auto name = text_of(desired, "name"); name && !good_name(*name)) {
    out.push_back(error_at("name", quoted(*name) + " cannot name a key",
                           "write letters, digits and `_`, with `-` and `.` between them"));
  }
  if (const auto period = text_of(desired, "auto_rotate_period")) {
    const auto seconds = seconds_of(*period);
    if (seconds && *seconds != 0 && *seconds < 3600) {
      out.push_back(error_at("auto_rotate_period", "a key rotates once an hour at most", "write 1h or more, or 0"));
    }
  }
  const auto oldest = integer_of(desired, "min_decryption_version").value_or(1);
  const auto sender = integer_of(desired, "min_encryption_version").value_or(0);
  if (oldest < 1) out.push_back(error_at("min_decryption_version", "versions begin at 1", "write 1 or more"));
  if (sender < 0) {
    out.push_back(error_at("min_encryption_version", "versions begin at 1", "write 0 for the latest alone"));
  } else if (sender != 0 && sender < oldest) {
    out.push_back(error_at("min_encryption_version",
                           "what it encrypts could not be decrypted: it is below "
                           "min_decryption_version (" +
                               std::to_string(oldest) + ")",
                           "raise it, or write 0 for the latest alone"));
  }
  return out;
}

Value TransitKey::complete(Value desired) const {
  const bool sized = desired.find("key_size") != nullptr && !desired.get("key_size").is_null();
  return text_of(desired, "type") == "hmac" && !sized ? with(desired, "key_size", 32) : desired;
}

std::vector<Need> TransitKey::needs(const ChangeRequest& change) const {
  const bool removes = change.operation == Operation::remove;
  const Value& attributes = removes ? change.prior : change.desired;
  const std::string key = plain_path(attributes), space = space_of(attributes);
  std::vector<Need> out;
  if (change.operation == Operation::create) out.push_back({key, space, "update"});
  if (removes) out.push_back({key, space, "delete"});
  if (removes ? !on(attributes, "deletion_allowed") : !config_body(change).as_map().empty()) {
    out.push_back({key + "/config", space, "update"});
  }
  if (rotates(change)) {
    out.push_back({key + "/rotate", space, "update"});
  }
  return out;
}

void TransitKey::facts(Client& client, std::span<const ChangeRequest* const> changes,
                       std::span<PlanFacts* const> facts) const {
  const bool openbao = client.server().openbao();
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const ChangeRequest& change = *changes[i];
    if (change.operation == Operation::update) {
      for (const char* name : {"exportable", "allow_plaintext_backup"}) {
        if (on(change.prior, name) && is_changed(change, name)) facts[i]->forces_replacement.emplace_back(name);
      }
    }
    if (change.operation != Operation::create) continue;
    const std::string type = text_or(change.desired, "type");
    const bool foreign = openbao ? std::find(kVaultOnly.begin(), kVaultOnly.end(), type) != kVaultOnly.end()
                                 : std::find(kOpenBaoOnly.begin(), kOpenBaoOnly.end(), type) != kOpenBaoOnly.end();
    if (foreign) {
      facts[i]->blocked = Error{client.server().name() + " has no keys of type " + type, "choose another type"};
    }
  }
}

}  // namespace

TypePtr make_transit_key() { return std::make_unique<TransitKey>(); }

}  // namespace plumb::vault
