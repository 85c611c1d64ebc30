// What the catalog can say about a plan: rights that are missing. One query for all the changes of a call.
#include <map>
#include <set>

#include "engine/base/suggest.h"
#include "engine/base/text.h"
#include "engine/provider_api/values.h"
#include "providers/postgres/schema.h"
#include "providers/postgres/types.h"
#include "providers/postgres/versions.h"

namespace plumb::postgres {

namespace {

// What there is to know of the things that the changes name.
struct Catalog {
  std::map<std::string, bool> ownable;   // role -> we may make it an owner; only roles that exist
  std::map<std::string, bool> creating;  // database -> we have CREATE on it; only those that exist
  std::map<std::string, std::vector<std::string>> extensions;  // available ones -> their versions
};

Error denied(std::string message, std::string next_step) {
  return {std::move(message), std::move(next_step), {}, Fault::denied};
}

bool creates(const ChangeRequest& change) { return change.operation == Operation::create; }
bool touches(const ChangeRequest& change, std::string_view attribute) {
  return creates(change) || is_changed(change, attribute);
}

Result<Catalog> look_up(Session& session, std::span<const ChangeRequest> changes) {
  std::set<std::string> roles, databases, extensions;
  for (const auto& change : changes) {
    if (change.operation == Operation::remove) continue;
    if (change.type->find("owner") != nullptr && touches(change, "owner")) {
      if (auto owner = text_of(change.desired, "owner")) roles.insert(*owner);
    }
    if (change.type->name == kSchema || change.type->name == kExtension) {
      if (auto database = text_of(change.desired, "database")) databases.insert(*database);
    }
    if (change.type->name == kExtension) extensions.insert(text_or(change.desired, "name"));
  }
  Catalog out;
  if (roles.empty() && databases.empty() && extensions.empty()) return out;
  const auto list = [](const std::set<std::string>& names) { return net::array_literal({names.begin(), names.end()}); };
  const auto rows = PLUMB_TRY(session.select(
      session.server().database,
      "SELECT 'role', rolname::text, pg_has_role(oid, '" +
          std::string(dialect(session.server().version).ownership_right) +
          "'), NULL::text FROM pg_roles WHERE rolname = ANY($1::name[]) "
          "UNION ALL SELECT 'database', datname::text, has_database_privilege(oid, 'CREATE'), NULL FROM pg_database "
          "WHERE datname = ANY($2::name[]) "
          "UNION ALL SELECT 'extension', name::text, true, version FROM pg_available_extension_versions "
          "WHERE name = ANY($3::name[]) ORDER BY 1, 2, 4",
      {list(roles), list(databases), list(extensions)}));
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const auto kind = rows.view(row, 0);
    if (kind == "role") out.ownable[rows.text(row, 1)] = rows.flag(row, 2);
    if (kind == "database") out.creating[rows.text(row, 1)] = rows.flag(row, 2);
    if (kind == "extension") out.extensions[rows.text(row, 1)].push_back(rows.text(row, 3));
  }
  return out;
}

class Judge {
 public:
  Judge(const Server& server, const Catalog& catalog) : server_(server), catalog_(catalog) {}

  std::optional<Error> operator()(const ChangeRequest& change) const {
    if (change.operation != Operation::remove) {
      if (auto found = too_new(change)) return found;
    }
    const auto& type = change.type->name;
    if (type == kRole) return role(change);
    if (type == kDatabase) return database(change);
    if (type == kSchema) return schema(change);
    if (type == kExtension) return extension(change);
    return std::nullopt;
  }

 private:
  [[nodiscard]] std::string us() const { return "the provider's user \"" + server_.user + '"'; }

  std::optional<Error> too_new(const ChangeRequest& change) const {
    for (const auto& attribute : change.type->attributes) {
      if (attribute.since_version <= server_.version) continue;
      const Value* value = change.desired.find(attribute.name);
      if (value == nullptr || value->is_null() || value->is_unknown()) continue;
      return Error{attribute.name + " needs PostgreSQL " + std::to_string(attribute.since_version / 10000) +
                       "; the server is " + server_.version_text,
                   "Remove it, or upgrade the server",
                   {},
                   Fault::provider};
    }
    return std::nullopt;
  }

  // Whoever gives out this power must have it.
  std::optional<Error> power(const ChangeRequest& change, std::string_view attribute, bool held,
                             std::string_view word) const {
    if (held || server_.superuser) return std::nullopt;
    const bool on = flag_of(change.desired, attribute).value_or(false);
    if (creates(change) ? !on : !is_changed(change, attribute)) return std::nullopt;
    return denied(us() + " may not set " + std::string(attribute) + ": it lacks " + std::string(word),
                  "Connect as a role that has it, or leave the attribute as it is");
  }

  std::optional<Error> role(const ChangeRequest& change) const {
    const bool self = text_or(change.prior, "name") == server_.user;
    const bool only_password =
        change.operation == Operation::update && change.changed.size() == 1 && is_changed(change, "password");
    if (!server_.superuser && !server_.create_role && !(self && only_password)) {
      return denied(us() + " may not create or change roles: it lacks CREATEROLE",
                    "ALTER ROLE " + net::quote_identifier(server_.user) + " CREATEROLE as a superuser");
    }
    if (change.operation == Operation::remove) {
      if (self) return denied(us() + " cannot drop itself", "Connect as another role");
      return std::nullopt;
    }
    if (auto found = power(change, "superuser", false, "SUPERUSER")) return found;
    // Before 16, CREATEROLE was enough to give CREATEDB, and only superusers gave the other two.
    const bool since_16 = server_.version >= kMembershipOptions;
    if (auto found =
            power(change, "replication", since_16 && server_.replication, since_16 ? "REPLICATION" : "SUPERUSER")) {
      return found;
    }
    if (auto found = power(change, "bypass_row_level_security", since_16 && server_.bypass_row_level_security,
                           since_16 ? "BYPASSRLS" : "SUPERUSER")) {
      return found;
    }
    if (since_16) {
      if (auto found = power(change, "create_database", server_.create_database, "CREATEDB")) return found;
    }
    if (!creates(change) && !server_.superuser && flag_of(change.prior, "superuser").value_or(false)) {
      return denied(us() + " may not change a superuser", "Connect as a superuser");
    }
    return std::nullopt;
  }

  std::optional<Error> owner(const ChangeRequest& change) const {
    if (server_.superuser || !touches(change, "owner")) return std::nullopt;
    const auto name = text_of(change.desired, "owner");
    if (!name) return std::nullopt;
    const auto found = catalog_.ownable.find(*name);
    // One that does not exist yet may be made by the same plan.
    if (found == catalog_.ownable.end() || found->second) return std::nullopt;
    return denied(us() + " may not make \"" + *name + "\" an owner: it is not a member of it",
                  "GRANT " + net::quote_identifier(*name) + " TO " + net::quote_identifier(server_.user) +
                      (server_.version >= kMembershipOptions ? " WITH SET TRUE" : ""));
  }

  std::optional<Error> database(const ChangeRequest& change) const {
    if (creates(change) && !server_.superuser && !server_.create_database) {
      return denied(us() + " may not create databases: it lacks CREATEDB",
                    "ALTER ROLE " + net::quote_identifier(server_.user) + " CREATEDB as a superuser");
    }
    if (change.operation != Operation::remove) return owner(change);
    return std::nullopt;
  }

  std::optional<Error> may_create(const ChangeRequest& change) const {
    const auto database = text_or(change.desired, "database");
    const auto found = catalog_.creating.find(database);
    if (!creates(change) || server_.superuser || found == catalog_.creating.end() || found->second) return std::nullopt;
    return denied(
        us() + " may not create anything in database \"" + database + "\": it lacks CREATE on it",
        "GRANT CREATE ON DATABASE " + net::quote_identifier(database) + " TO " + net::quote_identifier(server_.user));
  }

  std::optional<Error> schema(const ChangeRequest& change) const {
    if (change.operation == Operation::remove) return std::nullopt;
    if (auto found = may_create(change)) return found;
    return owner(change);
  }

  std::optional<Error> extension(const ChangeRequest& change) const {
    if (change.operation == Operation::remove) return std::nullopt;
    const auto name = text_of(change.desired, "name");
    if (!name) return std::nullopt;
    const auto found = catalog_.extensions.find(*name);
    if (found == catalog_.extensions.end()) {
      if (!creates(change)) return std::nullopt;
      return Error{"extension \"" + *name + "\" is not installed on the server's machine",
                   "Install its package there; SELECT name FROM pg_available_extensions shows what is",
                   {},
                   Fault::provider};
    }
    const auto version = text_of(change.desired, "version");
    if (version && touches(change, "version") &&
        std::find(found->second.begin(), found->second.end(), *version) == found->second.end()) {
      return Error{"extension \"" + *name + "\" has no version " + *version,
                   "Choose one of " + join(found->second, ", "),
                   {},
                   Fault::provider};
    }
    return may_create(change);
  }

  const Server& server_;
  const Catalog& catalog_;
};

}  // namespace

std::vector<PlanFacts> facts_of(Session& session, std::span<const ChangeRequest> changes) {
  std::vector<PlanFacts> out(changes.size());
  const auto catalog = look_up(session, changes);
  if (!catalog) {
    for (auto& one : out) one.warnings.push_back("rights were not checked: " + catalog.error().message);
    return out;
  }
  const Judge judge(session.server(), *catalog);
  for (std::size_t i = 0; i < changes.size(); ++i) out[i].blocked = judge(changes[i]);
  return out;
}

}  // namespace plumb::postgres
