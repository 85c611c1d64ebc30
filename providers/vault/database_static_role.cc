// vault.database_static_role
#include "engine/provider_api/attributes.h"
#include "engine/provider_api/values.h"
#include "providers/vault/database.h"
#include "providers/vault/document.h"
#include "providers/vault/types.h"
#include "providers/vault/wire.h"

namespace plumb::vault {

using namespace attributes;

namespace {

constexpr std::int64_t kShortestPeriod = 5;

// Vault has schedules since 1.15; OpenBao has none.
bool has_schedules(const Server& server) { return !server.openbao() && (server.major > 1 || server.minor >= 15); }

class DatabaseStaticRole : public DocumentType {
 public:
  using DocumentType::DocumentType;

  [[nodiscard]] Value complete(Value desired) const override { return complete_credential_config(std::move(desired)); }

  [[nodiscard]] std::vector<TypeError> check(const Value& desired) const override {
    auto out = check_credential_config(desired);
    const auto period = text_of(desired, "rotation_period");
    const auto seconds = period ? seconds_of(*period) : std::nullopt;
    if (seconds && *seconds < kShortestPeriod) {
      out.push_back({Path("rotation_period"), "it is shorter than 5s", "use 5s or more"});
    }
    const Value* schedule = desired.find("rotation_schedule");
    const Value* window = desired.find("rotation_window");
    if (window != nullptr && !window->is_null() && (schedule == nullptr || schedule->is_null())) {
      out.push_back({Path("rotation_window"), "it goes with a schedule", "set `rotation_schedule`, or take it away"});
    }
    return out;
  }

  void facts(Client& client, std::span<const ChangeRequest* const> changes,
             std::span<PlanFacts* const> facts) const override {
    for (std::size_t i = 0; i < changes.size(); ++i) {
      const ChangeRequest& change = *changes[i];
      if (change.operation == Operation::remove) continue;
      if (drops_password_policy(change)) facts[i]->forces_replacement.emplace_back("credential_config");
      const Value* schedule = change.desired.find("rotation_schedule");
      if (schedule == nullptr || schedule->is_null() || has_schedules(client.server())) continue;
      facts[i]->blocked = Error{client.server().name() + " knows no schedules for static roles (Vault does since 1.15)",
                                "use `rotation_period`",
                                {},
                                Fault::provider};
    }
  }

 protected:
  [[nodiscard]] ReadResult decode(const Value& identity, const Value& known, const Value& data) const override {
    ReadResult out = DocumentType::decode(identity, known, data);
    out.value = live_credential_config(std::move(out.value));
    return out;
  }
};

Attribute rotation(Attribute out) {
  out.exactly_one_of = "rotation";
  return optional(std::move(out));
}

}  // namespace

TypePtr make_database_static_role() {
  std::vector<Attribute> all = {
      backend_attribute(),
      required(text("name", "The role's name: the password is read at BACKEND/static-creds/NAME.", "reports")),
      refers(required(text("db_name", "The connection it uses, by name.", "${vault.database_connection.shop.name}")),
             "vault.database_connection"),
      immutable(required(text("username",
                              "The user whose password is kept and changed. It must be there, and its password is "
                              "changed at once: nothing else may set it.",
                              "reports"))),
      rotation(compared(text("rotation_period", "How often the password is changed; 5s at least.", "24h"),
                        Comparison::duration)),
      rotation(text("rotation_schedule", "When it is changed, as cron says it; Vault since 1.15.", "\"0 3 * * SAT\"")),
      optional(compared(text("rotation_window", "How long after the time of a schedule it may still be done.", "1h"),
                        Comparison::duration)),
      statements("rotation_statements", "How the password is changed; empty for the plugin's way.",
                 "[\"ALTER USER \\\"{{name}}\\\" PASSWORD '{{password}}'\"]"),
  };
  for (Attribute& one : credential_attributes()) all.push_back(std::move(one));
  auto schema = type_schema("vault.database_static_role",
                            "A user of a database that is there already: its password is kept and changed in turn.",
                            {"backend", "name"}, std::move(all));
  schema.containers = {in_backend()};
  return std::make_unique<DatabaseStaticRole>(
      std::move(schema), DocumentPaths{"{backend}/static-roles/{name}", "{backend}/static-roles", false, "backend"});
}

}  // namespace plumb::vault
