// What can be said of the types of auth methods without a server.
#include <catch2/catch.hpp>

#include "providers/vault/auth_parts.h"
#include "providers/vault/type.h"

using namespace plumb;
using namespace plumb::vault;

namespace {

const vault::Type& type(std::string_view name) {
  for (const auto& one : all_types()) {
    if (one->schema().name == name) return *one;
  }
  FAIL("no type " << name);
  std::abort();
}

// `path: message (next step)`, one line each.
std::string errors(std::string_view name, ValueMap desired) {
  std::string out;
  for (const TypeError& one : type(name).check(Value(std::move(desired)))) {
    if (!out.empty()) out += '\n';
    out += one.path.str() + ": " + one.message + " (" + one.next_step + ')';
  }
  return out;
}

Value secret(const char* text) { return Value(text).with_sensitive(); }

}  // namespace

TEST_CASE("names that are no path are refused before the server calls them unsupported") {
  for (const char* good : {"app", "App_1", "a", "a.b-c", "1"}) {
    CHECK(errors("vault.approle_role", {{"role_name", good}}).empty());
  }
  const auto refused = [](const std::string& name) {
    return "role_name: \"" + name +
           "\" is no name that the server takes (use letters, digits and `_`, and `-` or `.` in between)";
  };
  for (const char* bad : {"a b", "a@b", "a/b", "-a", "a-", ".a", "a.", "\xc3\xa4"}) {
    CHECK(errors("vault.approle_role", {{"role_name", bad}}).find("is no name that the server takes") !=
          std::string::npos);
  }
  CHECK(errors("vault.approle_role", {{"role_name", "a b"}}) == refused("a b"));
  CHECK(errors("vault.approle_role", {{"role_name", ""}}) == "role_name: `role_name` is empty (give it a name)");
  CHECK(errors("vault.approle_role", {{"role_name", Value::unknown()}}).empty());
  CHECK(errors("vault.jwt_auth_role", {{"role_name", "a b"}, {"role_type", "jwt"}, {"bound_subject", "x"}}) ==
        refused("a b"));
}

TEST_CASE("ranges of addresses need a mask") {
  const auto of = [](const char* range) {
    return errors("vault.approle_role", {{"role_name", "a"}, {"secret_id_bound_cidrs", Value::list({range})}});
  };
  for (const char* good : {"10.0.0.0/8", "10.1.2.3/32", "::1/128", "fd00::/8", "0.0.0.0/0"}) CHECK(of(good).empty());
  for (const char* bad : {"10.0.0.0", "10.0.0.0/33", "10.0.0/8", "::1/129", "10.0.0.0/", "host/8", "10.0.0.0/8 "}) {
    CHECK(of(bad) == "secret_id_bound_cidrs: \"" + std::string(bad) +
                         "\" is no range of addresses (write it with its mask, as 10.0.0.0/8; one address is "
                         "10.1.2.3/32)");
  }
}

TEST_CASE("an AppRole needs something beside its role-id") {
  CHECK(errors("vault.approle_role", {{"role_name", "a"}, {"bind_secret_id", false}}) ==
        "bind_secret_id: nothing but the role-id would be needed to log in (set `secret_id_bound_cidrs` or "
        "`token_bound_cidrs`, or leave `bind_secret_id: false` out)");
  CHECK(errors("vault.approle_role",
               {{"role_name", "a"}, {"bind_secret_id", false}, {"token_bound_cidrs", Value::list({"10.0.0.0/8"})}})
            .empty());
  CHECK(errors("vault.approle_role",
               {{"role_name", "a"}, {"bind_secret_id", false}, {"secret_id_bound_cidrs", Value::unknown()}})
            .empty());
}

TEST_CASE("a secret-id keeps its label in a key of its metadata") {
  const auto with_metadata = [](ValueMap metadata) {
    return errors("vault.approle_secret_id", {{"role_name", "a"}, {"name", "one"}, {"metadata", Value(metadata)}});
  };
  CHECK(with_metadata({{"host", "a"}}).empty());
  CHECK(with_metadata({{"plumb_name", "a"}}) ==
        "metadata.plumb_name: this key holds the secret-id's `name` (choose another key)");
  CHECK(errors("vault.approle_secret_id", {{"role_name", "a"}, {"name", ""}}) ==
        "name: `name` is empty (give it a name)");
  CHECK(errors("vault.approle_secret_id", {{"role_name", "a"}, {"name", "x"}, {"wrapping_ttl", "0s"}}) ==
        "wrapping_ttl: a wrapped secret-id must live for a second at least (write how long, or leave it out to have "
        "the secret-id itself)");
}

TEST_CASE("nothing is asked of a server about a secret-id that nobody has kept") {
  // A read by identity alone makes no call, so it needs no client; see the rule in approle_secret_id.cc.
  const auto& schema = type("vault.approle_secret_id").schema();
  CHECK(schema.server_id == "accessor");
  for (const Attribute& attribute : schema.attributes) {
    const bool settable = attribute.required || attribute.optional;
    if (!settable || schema.is_identity(attribute.name) || attribute.name == "keep") continue;
    INFO(attribute.name);
    CHECK(attribute.immutable);
  }
}

TEST_CASE("a user has one password") {
  CHECK(errors("vault.userpass_user", {{"username", "a"}, {"password", secret("x")}, {"password_hash", secret("y")}}) ==
        "password_hash: `password` and `password_hash` say the same thing (keep one of them)");
  CHECK(errors("vault.userpass_user", {{"username", "a"}}).empty());
}

TEST_CASE("a client of OIDC is whole") {
  CHECK(errors("vault.jwt_auth_config", {{"jwks_url", "https://a"}, {"oidc_client_id", "a"}}) ==
        "oidc_client_secret: `oidc_client_id` and `oidc_client_secret` need each other (set both, or none)\n"
        "oidc_client_id: a client of OIDC needs `oidc_discovery_url` (set it in place of the other keys)");
  CHECK(errors("vault.jwt_auth_config", {{"jwks_url", "https://a"}, {"oidc_client_secret", secret("a")}}) ==
        "oidc_client_id: `oidc_client_id` and `oidc_client_secret` need each other (set both, or none)");
  CHECK(errors("vault.jwt_auth_config", {{"oidc_discovery_url", "https://a"},
                                         {"oidc_client_id", "a"},
                                         {"oidc_client_secret", Value::unknown().with_sensitive()}})
            .empty());
  CHECK(errors("vault.jwt_auth_config",
               {{"jwks_url", "https://a"}, {"oidc_response_types", Value::list({"code", "id_token"})}}) ==
        "oidc_response_types: `id_token` is not answered in a query (set `oidc_response_mode: form_post`)");
  CHECK(errors("vault.jwt_auth_config", {{"jwks_url", "https://a"}, {"gsuite_service_account", secret("{}")}}) ==
        "gsuite_service_account: it belongs to a `provider_config` of gsuite, and there is none (add "
        "`provider_config: { provider: gsuite }`)");
}

TEST_CASE("a role for tokens is bound to something") {
  const auto role = [](ValueMap more) {
    more.set("role_name", "a");
    more.set("user_claim", "sub");
    return errors("vault.jwt_auth_role", std::move(more));
  };
  CHECK(role({}) ==
        "allowed_redirect_uris: a role of the type `oidc` needs an address to come back to (set "
        "`allowed_redirect_uris`, or `role_type: jwt`)");
  CHECK(role({{"role_type", "jwt"}}) ==
        "role_type: any token of the issuer could log in with this role (set `bound_audiences`, `bound_subject`, "
        "`bound_claims` or `token_bound_cidrs`)");
  CHECK(role({{"role_type", "jwt"}, {"bound_audiences", Value::list({})}, {"bound_subject", ""}}) != "");
  CHECK(role({{"role_type", "jwt"}, {"bound_subject", "a"}}) == "");
  CHECK(role({{"role_type", "jwt"}, {"bound_claims", Value::unknown()}}) == "");
  CHECK(role({{"role_type", Value::unknown()}}) == "");
}

TEST_CASE("patterns of claims are texts, and mappings do not meet") {
  const auto role = [](ValueMap more) {
    more.set("role_name", "a");
    more.set("role_type", "jwt");
    more.set("bound_subject", "a");
    return errors("vault.jwt_auth_role", std::move(more));
  };
  const Value numbers(ValueMap{{"n", 5}, {"t", "x*"}, {"l", Value::list({"a", "b*"})}});
  CHECK(role({{"bound_claims", numbers}}) == "");
  CHECK(role({{"bound_claims", numbers}, {"bound_claims_type", "glob"}}) ==
        "bound_claims.n: a pattern is a text or a list of texts (put it in quotes, or leave `bound_claims_type: glob` "
        "out)");
  CHECK(role({{"claim_mappings", Value(ValueMap{{"a", "x"}, {"b", "x"}})}}) ==
        "claim_mappings.b: two claims become the metadata \"x\" (choose another name)");
  CHECK(role({{"claim_mappings", Value(ValueMap{{"a", "role"}})}}) ==
        "claim_mappings.a: the server keeps the metadata `role` for itself (choose another name)");
}

TEST_CASE("a role of Kubernetes names accounts and namespaces") {
  const auto role = [](Value accounts, Value namespaces) {
    return errors("vault.kubernetes_auth_role", {{"role_name", "a"},
                                                 {"bound_service_account_names", std::move(accounts)},
                                                 {"bound_service_account_namespaces", std::move(namespaces)}});
  };
  CHECK(role(Value::list({"*"}), Value::list({"a", "b"})) == "");
  CHECK(role(Value::list({"*", "a"}), Value::list({"b", "*"})) ==
        "bound_service_account_names: \"*\" stands for every name, and others stand beside it (write [\"*\"] alone, "
        "or leave it out)\n"
        "bound_service_account_namespaces: \"*\" stands for every name, and others stand beside it (write [\"*\"] "
        "alone, or leave it out)");
  CHECK(role(Value::list({}), Value::list({"a"})) ==
        "bound_service_account_names: no service account could log in (name one, or write [\"*\"] for every one)");
  CHECK(role(Value::list({"a"}), Value::list({})) ==
        "bound_service_account_namespaces: the role names no namespace of the cluster (set "
        "`bound_service_account_namespaces`, or a selector)");
  CHECK(role(Value::unknown(), Value::unknown()) == "");
}

TEST_CASE("a cluster's certificate is needed where the pod's is not used") {
  CHECK(errors("vault.kubernetes_auth_config", {{"kubernetes_host", ""}}) ==
        "kubernetes_host: `kubernetes_host` is empty (write the address of the API server)");
  CHECK(errors("vault.kubernetes_auth_config", {{"kubernetes_host", "https://a"}, {"disable_local_ca_jwt", true}}) ==
        "kubernetes_ca_cert: without the pod's own certificate the server needs one to trust (set "
        "`kubernetes_ca_cert`, or leave `disable_local_ca_jwt` out)");
  CHECK(errors("vault.kubernetes_auth_config",
               {{"kubernetes_host", "https://a"}, {"disable_local_ca_jwt", true}, {"kubernetes_ca_cert", "PEM"}})
            .empty());
}
