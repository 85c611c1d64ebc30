// vault.database_connection
//
// A password that the server has changed since (rotate-root) must never be sent again: it is used when the connection
// is made, and whenever its version moves. The server tells what it keeps of a connection in a place of its own, and
// neither the password nor whether it was rotated.
#include "engine/provider_api/attributes.h"
#include "engine/provider_api/values.h"
#include "providers/vault/database.h"
#include "providers/vault/document.h"
#include "providers/vault/types.h"

namespace plumb::vault {

using namespace attributes;

namespace {

constexpr const char* kRotate = "rotate_root_after_create";
constexpr const char* kPostgres = "postgresql-database-plugin";
constexpr const char* kVerify = "verify_connection";
constexpr const char* kAuthentication = "password_authentication";

// The password that an address holds itself, `scheme://user:HERE@host`; empty for none, and for a template.
std::string_view literal_password(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  std::string_view rest = url.substr(scheme + 3);
  rest = rest.substr(0, rest.find('/'));
  const std::size_t at = rest.rfind('@');
  if (at == std::string_view::npos) return {};
  const std::string_view user = rest.substr(0, at);
  // `{{username}}` holds no colon.
  const std::size_t colon = user.find(':');
  if (colon == std::string_view::npos) return {};
  const std::string_view password = user.substr(colon + 1);
  return password == "{{password}}" ? std::string_view() : password;
}

// `password=HERE` among the words of a connection string.
std::string_view word_password(std::string_view words) {
  constexpr std::string_view key = "password=";
  const std::size_t at = words.find(key);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = words.substr(at + key.size());
  return rest.starts_with("{{password}}") || rest.starts_with("'{{password}}'") ? std::string_view() : rest;
}

bool vault_before(const Server& server, int minor) {
  return !server.openbao() && server.major == 1 && server.minor < minor;
}

bool sends_clear_passwords(const Server& server) { return vault_before(server, 14); }
bool knows_certificates(const Server& server) { return !server.openbao() && !vault_before(server, 16); }

class DatabaseConnection : public DocumentType {
 public:
  using DocumentType::DocumentType;

  ApplyResult apply(Client& client, const ChangeRequest& change) const override {
    ApplyResult out = DocumentType::apply(client, change);
    if (!out.value || change.operation == Operation::remove) return out;
    // What was not rotated is told as such, so that the next plan does it.
    const bool failed_to_rotate = out.error && rotates(change);
    out.value = with(*out.value, kRotate, failed_to_rotate ? Value(false) : change.desired.get(kRotate));
    out.value = with(*out.value, kVerify, change.desired.get(kVerify));
    return out;
  }

  [[nodiscard]] std::vector<TypeError> check(const Value& desired) const override {
    std::vector<TypeError> out;
    const auto url = text_of(desired, "connection_url");
    if (url && (!literal_password(*url).empty() || !word_password(*url).empty())) {
      out.push_back({Path("connection_url"), "it holds a password, which whoever may read the connection could see",
                     "write {{username}} and {{password}} in it, and set `username` and `password`"});
    }
    const Value* password = desired.find("password");
    const Value* version = desired.find("password_version");
    if (version != nullptr && !version->is_null() && (password == nullptr || password->is_null())) {
      out.push_back({Path("password_version"), "it is the version of a password that is not there", "set `password`"});
    }
    return out;
  }

  [[nodiscard]] std::vector<Need> needs(const ChangeRequest& change) const override {
    auto out = DocumentType::needs(change);
    if (rotates(change)) out.push_back({rotate_path(change.desired), space_of(change.desired), "create|update"});
    return out;
  }

  // Servers take any setting of a connection, and keep silent on those that they do not know.
  void facts(Client& client, std::span<const ChangeRequest* const> changes,
             std::span<PlanFacts* const> facts) const override {
    for (std::size_t i = 0; i < changes.size(); ++i) {
      const Value& desired = changes[i]->desired;
      if (changes[i]->operation == Operation::remove || text_or(desired, "plugin_name") != kPostgres) continue;
      if (text_or(desired, kAuthentication) == "scram-sha-256" && sends_clear_passwords(client.server())) {
        facts[i]->blocked = Error{client.server().name() + " sends passwords in the clear, whatever `" +
                                      kAuthentication + "` says: Vault knows it since 1.14",
                                  "take it away, or use a newer server",
                                  {},
                                  Fault::provider};
      }
      for (const char* name : {"tls_ca", "tls_certificate", "private_key"}) {
        const Value* found = desired.find(name);
        if (found == nullptr || found->is_null() || knows_certificates(client.server())) continue;
        facts[i]->warnings.push_back(client.server().name() + " takes `" + name +
                                     "`, and does not use it for PostgreSQL: name files in `connection_url` instead");
      }
    }
  }

 protected:
  [[nodiscard]] Value encode(const ChangeRequest& change) const override {
    const Value whole = DocumentType::encode(change);
    ValueMap body;
    for (const auto& [name, value] : whole.as_map()) {
      if (name == kRotate) continue;
      // Plugins take no null where they want text.
      body.set(name, value.is_null() ? Value("") : value);
    }
    // Our default is not the server's: it has none.
    body.set("plugin_name", change.desired.get("plugin_name"));
    body.set(kVerify, flag_of(change.desired, kVerify).value_or(true));
    return Value(std::move(body));
  }

  [[nodiscard]] ReadResult decode(const Value& identity, const Value& known, const Value& data) const override {
    ValueMap flat = data.is_map() ? data.as_map() : ValueMap();
    const Value details = data.get("connection_details");
    if (details.is_map()) {
      for (const auto& [name, value] : details.as_map()) flat.set(name, value);
    }
    ReadResult out = DocumentType::decode(identity, known, Value(std::move(flat)));
    // State alone knows these.
    out.value = with(out.value, kRotate, Value(flag_of(known, kRotate).value_or(false)));
    out.value = with(out.value, kVerify, Value(flag_of(known, kVerify).value_or(true)));
    return out;
  }

  std::optional<Error> written(Client& client, const ChangeRequest& change) const override {
    if (!rotates(change)) return std::nullopt;
    Call call;
    call.method = "POST";
    call.path = url_path(trimmed(change.desired)) + "/rotate-root/" + url_segment(text_or(change.desired, "name"));
    call.space = space_of(change.desired);
    call.timeout = change.timeout;
    auto answer = client.call(call);
    if (answer && answer->found()) return std::nullopt;
    Error out = answer ? Error{"the server knows no rotation of its password", ""} : std::move(answer).error();
    out.message = "the connection was made, but its password is not rotated: " + out.message;
    if (out.retry == Retry::outcome_unknown) {
      out.next_step = "See whether the server can still log in to the database, then apply again";
    }
    out.fault = Fault::provider;
    out.retry = Retry::never;
    return out;
  }

 private:
  static std::string trimmed(const Value& attributes) { return text_or(attributes, "backend"); }
  static std::string rotate_path(const Value& attributes) {
    return trimmed(attributes) + "/rotate-root/" + text_or(attributes, "name");
  }

  // When it is made or first asked for, and after a password of ours went there.
  static bool rotates(const ChangeRequest& change) {
    if (change.operation == Operation::remove || !flag_of(change.desired, kRotate).value_or(false)) return false;
    return change.operation == Operation::create || is_changed(change, kRotate) || is_changed(change, "password");
  }
};

std::vector<Attribute> login_attributes() {
  auto password = optional(write_only(
      text("password",
           "Its password, sent when the connection is made, and again when `password_version` changes; never else.",
           "${random.password.vault.value}")));
  password.create_only = true;
  password.versioned_by = "password_version";
  return {
      required(text("connection_url", "The database's address, with {{username}} and {{password}} in their places.",
                    "postgresql://{{username}}:{{password}}@db.internal:5432/postgres")),
      optional(text("username", "Who the server logs in as, to make and drop others.", "vault")),
      std::move(password),
      local(optional(attribute("password_version", integer_type(),
                               "Raise it to have `password` sent again: the server may have rotated it since.", "2"))),
      flag(kRotate,
           "Lets the server change the password to one that nobody else knows, when the connection is made and after "
           "`password` was sent again.",
           false),
      statements("root_rotation_statements", "How it changes its own password; empty for the plugin's way.",
                 "[\"ALTER USER \\\"{{username}}\\\" PASSWORD '{{password}}'\"]"),
      flag(kVerify, "Log in to the database before the connection is written.", true),
      with_default(
          attribute(kAuthentication, enum_type({"password", "scram-sha-256"}),
                    "What the plugin sends to the database: the password, or only what verifies it.", "scram-sha-256"),
          "password"),
      optional(compared(text("tls_ca", "Certificates to trust, as PEM.", "${file(\"ca.pem\")}"),
                        Comparison::text_trailing_newline)),
      optional(compared(text("tls_certificate", "The client's certificate, as PEM.", "${file(\"client.pem\")}"),
                        Comparison::text_trailing_newline)),
      optional(write_only(text("private_key", "The client certificate's key, as PEM.", "${var.client_key}"))),
  };
}

std::vector<Attribute> pool_attributes() {
  return {
      with_default(attribute("max_open_connections", integer_type(), "How many connections it may open.", "8"), 4),
      with_default(attribute("max_idle_connections", integer_type(),
                             "How many it may keep idle; 0 for as many as it may open, below 0 for none.", "2"),
                   0),
      ttl_attribute("max_connection_lifetime", "How long it may keep one open; 0 for any time.", "5m"),
      optional(text("username_template", "How the names of users are made; the plugin's way when not set.",
                    "\"v-{{.RoleName}}-{{random 8}}\"")),
      optional(text("password_policy", "The password policy of what it makes; the plugin's own when not set.",
                    "${vault.password_policy.database.name}")),
      flag("disable_escaping", "Put `username` and `password` into the address as they are.", false),
  };
}

}  // namespace

TypePtr make_database_connection() {
  std::vector<Attribute> all = {
      backend_attribute(),
      required(text("name", "The connection's name.", "shop")),
      with_default(text("plugin_name",
                        "The plugin for this kind of database. What only other plugins than PostgreSQL's "
                        "take goes by `vault.generic`.",
                        kPostgres),
                   kPostgres),
      optional(text("plugin_version", "The plugin's version; the one built in when not set.", "\"v1.2.0\"")),
      power(with_default(
          attribute("allowed_roles", set_type(string_type()), "The roles that may use it; `*` for all.", "[shop]"),
          Value::list())),
  };
  for (Attribute& one : login_attributes()) all.push_back(std::move(one));
  for (Attribute& one : pool_attributes()) all.push_back(std::move(one));
  auto schema = type_schema("vault.database_connection", "How a database secrets engine reaches one database.",
                            {"backend", "name"}, std::move(all));
  for (Attribute& one : schema.attributes) {
    if (one.name == "root_rotation_statements") one.read_name = "root_credentials_rotate_statements";
  }
  schema.containers = {in_backend()};
  return std::make_unique<DatabaseConnection>(
      std::move(schema), DocumentPaths{"{backend}/config/{name}", "{backend}/config", false, "backend"});
}

}  // namespace plumb::vault
