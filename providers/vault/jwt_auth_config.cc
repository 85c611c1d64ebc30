#include <algorithm>

#include "engine/provider_api/attributes.h"
#include "engine/provider_api/values.h"
#include "providers/vault/auth_parts.h"
#include "providers/vault/grown_type.h"
#include "providers/vault/types.h"
#include "providers/vault/wire.h"

namespace plumb::vault {

using namespace attributes;

namespace {

constexpr const char* kServiceAccount = "gsuite_service_account";

std::vector<Field> provider_fields() {
  const auto field = [](std::string name, plumb::TypePtr type) {
    return Field{std::move(name), std::move(type), true};
  };
  return {
      {"provider", enum_type({"azure", "gsuite", "ibmisam", "kubernetes", "secureauth"}), false},
      field("fetch_groups", bool_type()),
      field("fetch_user_info", bool_type()),
      field("groups_recurse_max_depth", integer_type()),
      field("user_custom_schemas", string_type()),
      field("gsuite_admin_impersonate", string_type()),
      field("domain", string_type()),
      field("impersonate_principal", string_type()),
  };
}

// Each field as its type, however it was written ("true" and true are the same); what is unset is left out.
Value typed_fields(const Value& raw) {
  if (!raw.is_map()) return {};
  std::vector<ValueMap::Entry> entries;
  for (const Field& field : provider_fields()) {
    Attribute as;
    as.type = field.type;
    const Value value = from_wire(as, raw.get(field.name));
    if (!value.is_null()) entries.emplace_back(field.name, value);
  }
  return entries.empty() ? Value() : Value(ValueMap::from(std::move(entries)));
}

class JwtConfig : public GrownType {
 public:
  using GrownType::GrownType;

  [[nodiscard]] std::vector<TypeError> check(const Value& desired) const override {
    std::vector<TypeError> out;
    const bool id = may_hold_something(desired, "oidc_client_id");
    const bool secret = may_hold_something(desired, "oidc_client_secret");
    if (id != secret) {
      out.push_back({Path(id ? "oidc_client_secret" : "oidc_client_id"),
                     "`oidc_client_id` and `oidc_client_secret` need each other", "set both, or none"});
    }
    if (id && !may_hold_something(desired, "oidc_discovery_url")) {
      out.push_back(
          {Path("oidc_client_id"), "a client of OIDC needs `oidc_discovery_url`", "set it in place of the other keys"});
    }
    if (!desired.get(kServiceAccount).is_null() && desired.get("provider_config").is_null()) {
      out.push_back({Path(kServiceAccount), "it belongs to a `provider_config` of gsuite, and there is none",
                     "add `provider_config: { provider: gsuite }`"});
    }
    if (text_of(desired, "oidc_response_mode") != "form_post" && !desired.get("oidc_response_mode").is_unknown()) {
      const auto types = texts_of(desired, "oidc_response_types");
      if (std::find(types.begin(), types.end(), "id_token") != types.end()) {
        out.push_back({Path("oidc_response_types"), "`id_token` is not answered in a query",
                       "set `oidc_response_mode: form_post`"});
      }
    }
    return out;
  }

  void facts(Client& client, std::span<const ChangeRequest* const> changes,
             std::span<PlanFacts* const> facts) const override {
    say_it_stays(changes, facts);
    GrownType::facts(client, changes, facts);
  }

 protected:
  // A write replaces everything, so secrets go along each time; else they would be lost.
  [[nodiscard]] Value encode(const ChangeRequest& change) const override {
    Value body = GrownType::encode(change);
    const Value secret = change.desired.get("oidc_client_secret");
    if (secret.is_string()) body = with(body, "oidc_client_secret", secret);
    ValueMap entries = body.as_map();
    entries.erase(kServiceAccount);
    Value provider = typed_fields(change.desired.get("provider_config"));
    const Value account = change.desired.get(kServiceAccount);
    if (provider.is_map() && account.is_string()) provider = with(provider, kServiceAccount, account);
    entries.set("provider_config", provider.is_map() ? provider : Value::map());
    return Value(std::move(entries));
  }

  [[nodiscard]] ReadResult decode(const Value& identity, const Value& known, const Value& data) const override {
    ReadResult out = GrownType::decode(identity, known, data);
    out.value = with(out.value, "provider_config", typed_fields(data.get("provider_config")));
    for (const char* keys : {"jwt_validation_pubkeys", "jwks_pairs"}) {  // one of a group: empty is not set
      const Value there = out.value.get(keys);
      if (there.is_list() && there.as_list().empty()) out.value = with(out.value, keys, Value());
    }
    if (out.value.get("provider_config").is_null()) {
      std::erase_if(out.unread, [](const Path& path) { return path.root() == kServiceAccount; });
    }
    if (text_or(data, "oidc_client_id").empty()) {  // the server keeps both, or none
      std::erase_if(out.unread, [](const Path& path) { return path.root() == "oidc_client_secret"; });
    }
    return out;
  }
};

Attribute one_of_keys(Attribute out) {
  out.exactly_one_of = "keys";
  return optional(std::move(out));
}

Attribute pem(Attribute out) { return compared(std::move(out), Comparison::text_trailing_newline); }

std::vector<Attribute> key_attributes() {
  return {
      one_of_keys(text("oidc_discovery_url", "Where the issuer tells of itself, without /.well-known.",
                       "https://login.example.org/realm")),
      pem(with_default(
          text("oidc_discovery_ca_pem", "Whom to trust there, PEM; the system's when not set.", "${file(\"ca.pem\")}"),
          "")),
      one_of_keys(text("jwks_url", "Where the issuer's keys are.", "https://login.example.org/keys")),
      pem(with_default(
          text("jwks_ca_pem", "Whom to trust there, PEM; the system's when not set.", "${file(\"ca.pem\")}"), "")),
      one_of_keys(
          attribute("jwks_pairs",
                    list_type(object_type({{"jwks_url", string_type(), false}, {"jwks_ca_pem", string_type(), true}})),
                    "Several such places, each with whom to trust; only newer versions of Vault have it.",
                    "[{ jwks_url: https://a.example.org/keys }]")),
      pem(one_of_keys(attribute("jwt_validation_pubkeys", set_type(string_type()), "The issuer's public keys, PEM.",
                                "[\"${file(\\\"issuer.pub\\\")}\"]"))),
  };
}

std::vector<Attribute> own_attributes() {
  std::vector<Attribute> out{auth_mount("backend", "jwt")};
  for (Attribute& one : key_attributes()) out.push_back(std::move(one));
  out.push_back(with_default(text("oidc_client_id", "The server's id as a client of the issuer.", "vault"), ""));
  for (Attribute& one :
       versioned_secret(text("oidc_client_secret", "The secret that belongs to it.", "${var.client_secret}"))) {
    out.push_back(std::move(one));
  }
  out.push_back(
      with_default(attribute("oidc_response_mode", enum_type({"", "query", "form_post"}),
                             "How the issuer answers; the server's default, query, when not set.", "form_post"),
                   ""));
  out.push_back(with_default(attribute("oidc_response_types", set_type(enum_type({"code", "id_token"})),
                                       "What the issuer is asked for; `code` when empty.", "[code]"),
                             Value::list()));
  out.push_back(with_default(
      text("bound_issuer", "The issuer to find in a token; empty for any.", "https://login.example.org"), ""));
  out.push_back(
      with_default(attribute("jwt_supported_algs", set_type(string_type()),
                             "Algorithms that a token may be signed with; RS256 when empty.", "[RS256, ES256]"),
                   Value::list()));
  out.push_back(compared(with_default(text("default_role", "The role of a login that names none.", "default"), ""),
                         Comparison::identifier_case));
  out.push_back(optional(attribute("provider_config", object_type(provider_fields()),
                                   "What is special about the issuer.", "{ provider: azure }")));
  for (Attribute& one :
       versioned_secret(text(kServiceAccount, "The service account's key in JSON; sent inside of `provider_config`.",
                             "${var.gsuite_key}"))) {
    out.push_back(std::move(one));
  }
  out.push_back(flag("namespace_in_state", "The namespace goes into OIDC's state parameter, not into a query.", true));
  return out;
}

}  // namespace

TypePtr make_jwt_auth_config() {
  auto schema = type_schema("vault.jwt_auth_config",
                            "Whose tokens an auth method of the kind `jwt` or `oidc` takes. The server cannot take it "
                            "back: destroy forgets it, and it goes with the auth method.",
                            {"backend"}, own_attributes());
  schema.containers = {in_auth_method("backend")};
  return std::make_unique<JwtConfig>(std::move(schema), DocumentPaths{"auth/{backend}/config", "", true, "backend"},
                                     std::vector<std::string>{"jwks_pairs"});
}

}  // namespace plumb::vault
