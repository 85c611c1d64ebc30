// postgres.role
#include <array>

#include "engine/provider_api/values.h"
#include "providers/postgres/scram.h"
#include "providers/postgres/types.h"

namespace plumb::postgres {

namespace {

using net::quote_identifier;
using net::quote_literal;

struct Flag {
  std::string_view attribute;
  std::string_view keyword;  // after NO when off
  bool at_birth;             // what a role has when CREATE ROLE says nothing
};

// In the order of the columns.
constexpr std::array kFlags = {
    Flag{"login", "LOGIN", false},
    Flag{"superuser", "SUPERUSER", false},
    Flag{"create_database", "CREATEDB", false},
    Flag{"create_role", "CREATEROLE", false},
    Flag{"replication", "REPLICATION", false},
    Flag{"bypass_row_level_security", "BYPASSRLS", false},
    Flag{"inherit", "INHERIT", true},
};

// No end (NULL) and `infinity` mean the same; we know one of them.
std::string select_roles(const Session& session) {
  const bool all = session.server().reads_passwords;
  return std::string(
             "SELECT oid, rolname, rolcanlogin, rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls, "
             "rolinherit, rolconnlimit, coalesce(rolvaliduntil::text, 'infinity'), ") +
         (all ? "rolpassword FROM pg_authid" : "NULL FROM pg_roles");
}

ReadResult role_at(const Session& session, const net::PostgresRows& rows, std::size_t row) {
  auto name = rows.text(row, 1);
  std::vector<ValueMap::Entry> entries;
  entries.reserve(kFlags.size() + 5);
  for (std::size_t i = 0; i < kFlags.size(); ++i) {
    entries.emplace_back(kFlags[i].attribute, rows.flag(row, static_cast<int>(i) + 2));
  }
  entries.emplace_back("connection_limit", rows.integer(row, 9));
  entries.emplace_back("valid_until", rows.text(row, 10));
  entries.emplace_back("password", Value());
  entries.emplace_back("oid", rows.text(row, 0));
  entries.emplace_back("name", name);
  auto out = ReadResult::present(Value(ValueMap::from(std::move(entries))), rows.text(row, 0));
  if (!session.server().reads_passwords) {
    out.unread.emplace_back("password");
  } else if (!rows.is_null(row, 11)) {
    out.evidence.emplace(Path("password"), evidence_of(rows.view(row, 11), name));
  }
  return out;
}

ReadBack read_back(Session& session, std::string name) {
  return [&session, name = std::move(name)](net::PostgresConnection& connection) -> Result<ApplyResult> {
    const auto rows = PLUMB_TRY(connection.query(select_roles(session) + " WHERE rolname = $1::name", {name}));
    if (rows.empty()) return fail("it cannot be read back", "Plan again", {}, Fault::provider);
    auto found = role_at(session, rows, 0);
    ApplyResult out;
    out.value = std::move(found.value);
    out.server_id = std::move(found.server_id);
    out.evidence = std::move(found.evidence);
    return out;
  };
}

// ` PASSWORD '...'`; an error when it is not there to be sent.
Result<std::string> password_clause(const Value& desired) {
  const Value* password = desired.find("password");
  if (password == nullptr || password->is_null()) return " PASSWORD NULL";
  if (!password->is_string()) {
    return fail("its password is not known", "Give back the key it was kept under, or set a new password", {},
                Fault::environment);
  }
  return " PASSWORD " + quote_literal(new_verifier(password->as_string()));
}

std::string flag_clause(const Flag& flag, bool on) { return (on ? " " : " NO") + std::string(flag.keyword); }

Result<std::string> create_clauses(const Value& desired) {
  std::string out;
  for (const auto& flag : kFlags) {
    const bool on = flag_of(desired, flag.attribute).value_or(flag.at_birth);
    // Only superusers may say some of these words, even with NO before them.
    if (on != flag.at_birth) out += flag_clause(flag, on);
  }
  if (const auto limit = integer_of(desired, "connection_limit"); limit.value_or(-1) != -1) {
    out += " CONNECTION LIMIT " + std::to_string(*limit);
  }
  if (const auto until = text_or(desired, "valid_until", "infinity"); until != "infinity") {
    out += " VALID UNTIL " + quote_literal(until);
  }
  if (const Value* password = desired.find("password"); password != nullptr && !password->is_null()) {
    out += PLUMB_TRY(password_clause(desired));
  }
  return out;
}

Result<std::string> changed_clauses(const ChangeRequest& change) {
  std::string out;
  for (const auto& flag : kFlags) {
    if (!is_changed(change, flag.attribute)) continue;
    out += flag_clause(flag, flag_of(change.desired, flag.attribute).value_or(flag.at_birth));
  }
  if (is_changed(change, "connection_limit")) {
    out += " CONNECTION LIMIT " + std::to_string(integer_of(change.desired, "connection_limit").value_or(-1));
  }
  if (is_changed(change, "valid_until")) {
    out += " VALID UNTIL " + quote_literal(text_or(change.desired, "valid_until", "infinity"));
  }
  if (is_changed(change, "password")) out += PLUMB_TRY(password_clause(change.desired));
  return out;
}

constexpr const char* kNameOf = "SELECT rolname FROM pg_roles WHERE oid = $1::oid";

Result<ApplyResult> create(Session& session, const ChangeRequest& change) {
  const auto name = text_or(change.desired, "name");
  auto clauses = PLUMB_TRY(create_clauses(change.desired));
  if (!clauses.empty()) clauses = " WITH" + clauses;
  return in_transaction(session, session.server().database, change, {"CREATE ROLE " + quote_identifier(name) + clauses},
                        read_back(session, name));
}

Result<ApplyResult> update(Session& session, const ChangeRequest& change) {
  const auto name = text_or(change.desired, "name");
  auto clauses = PLUMB_TRY(changed_clauses(change));
  auto lease = PLUMB_TRY(session.write(session.server().database, change.timeout));
  const auto live = PLUMB_TRY(live_name(*lease, kNameOf, change));
  if (!live) return fail(gone("role", change));
  if (*live != name) {
    // Renaming clears a password of the old MD5 form, whose salt is the name.
    const Value* password = change.desired.find("password");
    if (session.server().reads_passwords && !is_changed(change, "password") && password != nullptr &&
        password->is_string()) {
      const auto old =
          PLUMB_TRY(lease->query("SELECT rolpassword LIKE 'md5%' FROM pg_authid WHERE rolname = $1::name", {*live}));
      if (!old.empty() && old.flag(0, 0)) clauses += PLUMB_TRY(password_clause(change.desired));
    }
    PLUMB_CHECK(lease->query("ALTER ROLE " + quote_identifier(*live) + " RENAME TO " + quote_identifier(name)));
  }
  if (!clauses.empty()) PLUMB_CHECK(lease->query("ALTER ROLE " + quote_identifier(name) + " WITH" + clauses));
  auto result = PLUMB_TRY(read_back(session, name)(*lease));
  PLUMB_CHECK(lease->commit());
  return result;
}

Result<ApplyResult> remove(Session& session, const ChangeRequest& change) {
  std::string oid = change.server_id;
  Error error;
  {
    auto lease = PLUMB_TRY(session.write(session.server().database, change.timeout));
    const auto live = PLUMB_TRY(live_name(*lease, kNameOf, change));
    if (!live) return ApplyResult{};
    auto dropped = lease->query("DROP ROLE " + quote_identifier(*live));
    if (dropped) {
      PLUMB_CHECK(lease->commit());
      return ApplyResult{};
    }
    if (lease->last_state() != "2BP01") return fail(std::move(dropped).error());
    error = std::move(dropped).error();
    lease->rollback();
    if (oid.empty()) {
      const auto rows = PLUMB_TRY(lease->query("SELECT oid FROM pg_roles WHERE rolname = $1::name", {*live}));
      if (!rows.empty()) oid = rows.text(0, 0);
    }
  }
  // The connection is back: naming things may need one to each database.
  if (const auto list = dependents_of(session, oid); !list.empty()) error.message = "things depend on it: " + list;
  error.next_step =
      "Give what it owns to another role and take its privileges back first, in the configuration or by REASSIGN OWNED "
      "BY and DROP OWNED BY in each of these databases";
  return fail(std::move(error));
}

}  // namespace

Results read_roles(Session& session, Keys keys) {
  const auto filter = filter_for(keys, "rolname", "oid");
  const auto rows = session.select(session.server().database, select_roles(session) + filter.where, filter.parameters);
  if (!rows) return all_unreadable(keys.size(), rows.error());
  const RowIndex index(*rows);
  Results out;
  out.reserve(keys.size());
  for (const auto& key : keys) {
    const auto row = index.find(key);
    out.push_back(row ? role_at(session, *rows, *row) : ReadResult::absent());
  }
  return out;
}

ListResult list_roles(Session& session) {
  ListResult out;
  const auto rows =
      session.select(session.server().database, select_roles(session) + " WHERE rolname !~ '^pg_' ORDER BY 2");
  if (!rows) {
    out.error = rows.error();
    return out;
  }
  out.objects.reserve(rows->size());
  for (std::size_t row = 0; row < rows->size(); ++row) out.objects.push_back(role_at(session, *rows, row));
  out.complete = true;
  return out;
}

ApplyResult apply_role(Session& session, const ChangeRequest& change) {
  switch (change.operation) {
    case Operation::create:
      return finish(create(session, change), "create", "role", text_or(change.desired, "name"));
    case Operation::update:
      return finish(update(session, change), "change", "role", text_or(change.prior, "name"));
    case Operation::remove:
      return finish(remove(session, change), "drop", "role", text_or(change.prior, "name"));
  }
  return {};
}

}  // namespace plumb::postgres
