// vault.database_role
//
// Leases outlive their role, but can only be revoked while the connection is there; and a mount with leases that cannot
// be revoked cannot be removed. So what a role gave out is revoked with it.
#include "engine/base/text.h"
#include "engine/provider_api/attributes.h"
#include "engine/provider_api/values.h"
#include "providers/vault/database.h"
#include "providers/vault/document.h"
#include "providers/vault/types.h"
#include "providers/vault/wire.h"

namespace plumb::vault {

using namespace attributes;

namespace {

constexpr const char* kRevoke = "revoke_on_destroy";

std::string creds_path(const Value& attributes) {
  return url_path(trimmed_slashes(text_or(attributes, "backend"))) + "/creds/" +
         url_segment(text_or(attributes, "name"));
}

bool revokes(const ChangeRequest& change) {
  return change.operation == Operation::remove && flag_of(change.prior, kRevoke).value_or(true);
}

class DatabaseRole : public DocumentType {
 public:
  using DocumentType::DocumentType;

  ApplyResult apply(Client& client, const ChangeRequest& change) const override {
    if (revokes(change)) {
      if (auto error = revoke(client, change)) return failed(std::move(*error));
    }
    ApplyResult out = drops_password_policy(change) ? make_anew(client, change) : DocumentType::apply(client, change);
    if (out.value) out.value = with(*out.value, kRevoke, change.desired.get(kRevoke));
    return out;
  }

  [[nodiscard]] Value complete(Value desired) const override { return complete_credential_config(std::move(desired)); }
  [[nodiscard]] std::vector<TypeError> check(const Value& desired) const override {
    return check_credential_config(desired);
  }

  [[nodiscard]] std::vector<Need> needs(const ChangeRequest& change) const override {
    auto out = DocumentType::needs(change);
    if (revokes(change)) {
      for (const char* capability : {"sudo", "update"}) {
        out.push_back({"sys/leases/revoke-prefix/" + creds_path(change.prior), space_of(change.prior), capability});
      }
    }
    return out;
  }

  // Says how many are in somebody's hands.
  void facts(Client& client, std::span<const ChangeRequest* const> changes,
             std::span<PlanFacts* const> facts) const override {
    std::vector<Call> calls;
    std::vector<std::size_t> asked;
    for (std::size_t i = 0; i < changes.size(); ++i) {
      if (!revokes(*changes[i])) continue;
      asked.push_back(i);
      Call& call = calls.emplace_back();
      call.method = "LIST";
      call.path = "sys/leases/lookup/" + creds_path(changes[i]->prior);
      call.space = space_of(changes[i]->prior);
    }
    const auto answers = client.call_all(calls);
    for (std::size_t k = 0; k < asked.size(); ++k) {
      if (!answers[k] || !answers[k]->found()) continue;  // not knowing how many changes nothing
      const std::size_t leases = texts_of(answers[k]->data(), "keys").size();
      if (leases == 0) continue;
      facts[asked[k]]->warnings.push_back("revokes the " + counted(leases, "credential") + " that it has given out");
    }
  }

 protected:
  [[nodiscard]] Value encode(const ChangeRequest& change) const override {
    ValueMap body = DocumentType::encode(change).as_map();
    body.erase(kRevoke);
    return Value(std::move(body));
  }

  [[nodiscard]] ReadResult decode(const Value& identity, const Value& known, const Value& data) const override {
    ReadResult out = DocumentType::decode(identity, known, data);
    out.value = live_credential_config(with(out.value, kRevoke, Value(flag_of(known, kRevoke).value_or(true))));
    return out;
  }

 private:
  static std::optional<Error> revoke(Client& client, const ChangeRequest& change) {
    Call call;
    call.method = "POST";
    call.path = "sys/leases/revoke-prefix/" + creds_path(change.prior);
    call.space = space_of(change.prior);
    call.body = Value(ValueMap{{"sync", true}});
    call.timeout = change.timeout;
    auto answer = client.call(call);
    if (answer) return std::nullopt;
    Error out = std::move(answer).error();
    if (out.fault == Fault::denied) {
      out.next_step = "Give the token a policy with: path \"" + call.path +
                      "\" { capabilities = [\"update\", \"sudo\"] }; or apply `revoke_on_destroy: false` first";
    } else if (out.fault == Fault::provider) {
      out.next_step = "See whether the server can log in to the database; or apply `revoke_on_destroy: false` first";
    }
    out.message = "what it has given out cannot be revoked: " + out.message;
    // Revoking again does no harm.
    if (out.retry == Retry::outcome_unknown) out.retry = Retry::later;
    return out;
  }

  // A password policy that once was set can be changed, but not taken away. Leases are not the role's.
  ApplyResult make_anew(Client& client, const ChangeRequest& change) const {
    ChangeRequest before = change;
    before.operation = Operation::remove;
    if (ApplyResult removed = remove(client, before); removed.error) return removed;
    ChangeRequest after = change;
    after.operation = Operation::create;
    return DocumentType::apply(client, after);
  }
};

}  // namespace

TypePtr make_database_role() {
  std::vector<Attribute> all = {
      backend_attribute(),
      required(text("name", "The role's name: credentials are read at BACKEND/creds/NAME.", "shop")),
      refers(required(text("db_name", "The connection it uses, by name.", "${vault.database_connection.shop.name}")),
             "vault.database_connection"),
      power(required(attribute("creation_statements", list_type(string_type()),
                               "What makes a user, with {{name}}, {{password}} and {{expiration}} in their places.",
                               "[\"CREATE ROLE \\\"{{name}}\\\" LOGIN PASSWORD '{{password}}' VALID UNTIL "
                               "'{{expiration}}' IN ROLE shop\"]"))),
      statements("revocation_statements", "What takes a user away; empty for the plugin's way.",
                 "[\"DROP ROLE \\\"{{name}}\\\"\"]"),
      statements("rollback_statements", "What clears up when making a user failed half-way.",
                 "[\"DROP ROLE IF EXISTS \\\"{{name}}\\\"\"]"),
      statements("renew_statements", "What lets a user live longer; empty for the plugin's way.",
                 "[\"ALTER ROLE \\\"{{name}}\\\" VALID UNTIL '{{expiration}}'\"]"),
      ttl_attribute("default_ttl", "How long credentials live before they must be renewed; 0 for the mount's default.",
                    "1h"),
      ttl_attribute("max_ttl", "How long credentials live at most; 0 for the mount's maximum.", "24h"),
  };
  for (Attribute& one : credential_attributes()) all.push_back(std::move(one));
  all.push_back(flag(kRevoke,
                     "Destroying the role revokes the credentials that it has given out. Without that they live on, "
                     "and until they end neither connection nor mount can be removed cleanly.",
                     true));
  auto schema =
      type_schema("vault.database_role", "Users of a database that live for a while: who asks gets a new one.",
                  {"backend", "name"}, std::move(all));
  schema.containers = {in_backend()};
  return std::make_unique<DatabaseRole>(std::move(schema),
                                        DocumentPaths{"{backend}/roles/{name}", "{backend}/roles", false, "backend"});
}

}  // namespace plumb::vault
