#include "providers/vault/schema.h"

#include "engine/provider_api/attributes.h"
#include "providers/vault/type.h"

namespace plumb::vault {

using namespace attributes;

namespace {

Field field(std::string name, bool needed = false) { return {std::move(name), string_type(), !needed}; }
Field secret(std::string name, bool needed = false) {
  return {std::move(name), sensitive_type(string_type()), !needed};
}

Attribute login(std::string name, std::string doc, std::string example, std::vector<Field> fields) {
  fields.insert(fields.begin(), field("mount"));
  return optional(attribute("auth_login_" + name, object_type(std::move(fields)), std::move(doc), std::move(example)));
}

std::vector<Attribute> config() {
  return {
      optional(
          text("address", "Where the server is; BAO_ADDR or VAULT_ADDR when not set.", "https://vault.internal:8200")),
      optional(sensitive(text("token",
                              "The token to use; BAO_TOKEN or VAULT_TOKEN, then ~/.vault-token, when nothing "
                              "says how to log in.",
                              "${var.vault_token}"))),
      optional(text("token_file", "A file that holds the token.", "/run/secrets/vault-token")),
      login("approle", "Log in by AppRole.", "{ role_id: \"${var.role_id}\", secret_id: \"${var.secret_id}\" }",
            {field("role_id", true), secret("secret_id")}),
      login("userpass", "Log in by user and password.", "{ username: ops, password: \"${var.password}\" }",
            {field("username", true), secret("password", true)}),
      login("jwt", "Log in by a JSON Web Token, of a file or given.", "{ role: ci, jwt_file: /run/ci/token }",
            {field("role"), secret("jwt"), field("jwt_file")}),
      login("kubernetes", "Log in as a Kubernetes service account; the pod's own token when none is given.",
            "{ role: plumb }", {field("role", true), secret("jwt"), field("jwt_file")}),
      login("cert", "Log in by the client certificate of the connection.", "{ name: plumb }", {field("name")}),
      optional(text("namespace", "The namespace to work in; BAO_NAMESPACE or VAULT_NAMESPACE when not set.", "team")),
      optional(text("ca_cert", "PEM text of the certificates to trust; VAULT_CACERT_BYTES when not set.", "")),
      optional(text("ca_cert_file", "A file of certificates to trust; VAULT_CACERT when not set.", "ca.pem")),
      optional(text("ca_cert_dir", "A directory of certificates to trust; VAULT_CAPATH when not set.", "certs")),
      optional(text("client_cert_file", "The client certificate, PEM; VAULT_CLIENT_CERT when not set.", "client.pem")),
      optional(text("client_key_file", "Its key, PEM; VAULT_CLIENT_KEY when not set.", "client.key")),
      optional(attribute("skip_tls_verify", bool_type(), "Trusts any certificate; VAULT_SKIP_VERIFY when not set.",
                         "false")),
      optional(text("tls_server_name",
                    "The name to find in the server's certificate; VAULT_TLS_SERVER_NAME when not "
                    "set.",
                    "vault.internal")),
      optional(sensitive(attribute("headers", map_type(string_type()), "Headers of every request.",
                                   "{ X-Gateway-Key: \"${var.gateway_key}\" }"))),
      optional(attribute("allow_clear_text", bool_type(), "Allows http:// to a host that is not this one.", "false")),
      optional(attribute("max_connections", integer_type(), "How many requests may be in flight at once.", "8")),
      optional(attribute("max_retries", integer_type(),
                         "How often a request that only reads is repeated; VAULT_MAX_RETRIES when not set.", "4")),
      compared(optional(text("timeout", "How long one request may take; VAULT_CLIENT_TIMEOUT when not set.", "60s")),
               Comparison::duration),
  };
}

ProviderSchema made() {
  ProviderSchema out;
  out.name = "vault";
  out.doc = "Vault and OpenBao: mounts, auth methods, policies, identities, secrets.";
  out.config = config();
  for (const TypePtr& type : all_types()) out.types.push_back(type->schema());
  for (const DataPtr& type : all_data()) out.data.push_back(type->schema());
  out.concurrency = 8;
  out.concurrency_attribute = "max_connections";
  return out;
}

}  // namespace

const ProviderSchema& provider_schema() {
  static const ProviderSchema schema = made();
  return schema;
}

}  // namespace plumb::vault
