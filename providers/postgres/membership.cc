// postgres.membership
//
// From 16 on a membership has one row per grantor, with options of its own. Before, there is one per pair, and its
// grantor says nothing: it then reads as the one that was asked for.
#include <tuple>

#include "engine/provider_api/values.h"
#include "providers/postgres/types.h"
#include "providers/postgres/versions.h"

namespace plumb::postgres {

namespace {

using net::quote_identifier;
using Triple = std::tuple<std::string, std::string, std::string>;  // role, member, grantor

constexpr std::size_t kFewKeys = 200;

std::string select_memberships(const Session& session) {
  return "SELECT g.rolname, m.rolname, r.rolname, a.admin_option, " +
         std::string(dialect(session.server().version).membership_columns) +
         " FROM pg_auth_members a JOIN pg_roles g ON g.oid = a.roleid JOIN pg_roles m ON m.oid = a.member "
         "LEFT JOIN pg_roles r ON r.oid = a.grantor";
}

Value membership_at(const net::PostgresRows& rows, std::size_t row, const std::string& grantor) {
  const auto flag = [&](int column) { return rows.is_null(row, column) ? Value() : Value(rows.flag(row, column)); };
  return Value(ValueMap{{"grantor", grantor},
                        {"inherit_option", flag(4)},
                        {"member", rows.text(row, 1)},
                        {"role", rows.text(row, 0)},
                        {"set_option", flag(5)},
                        {"with_admin_option", flag(3)}});
}

std::string grantor_of(const Session& session, const Value& attributes) {
  return text_or(attributes, "grantor", session.server().grantor());
}

// nullopt when there is none.
Result<std::optional<Value>> find_one(Session& session, net::PostgresConnection& connection, const Value& attributes) {
  const auto grantor = grantor_of(session, attributes);
  auto sql = select_memberships(session) + " WHERE g.rolname = $1::name AND m.rolname = $2::name";
  std::vector<net::PostgresParameter> parameters = {text_or(attributes, "role"), text_or(attributes, "member")};
  if (dialect(session.server().version).membership_options) {
    sql += " AND r.rolname = $3::name";
    parameters.emplace_back(grantor);
  }
  const auto rows = PLUMB_TRY(connection.query(sql, parameters));
  if (rows.empty()) return std::nullopt;
  return membership_at(rows, 0, grantor);
}

Result<ApplyResult> read_back(Session& session, net::PostgresConnection& connection, const Value& desired) {
  ApplyResult out;
  out.value = PLUMB_TRY(find_one(session, connection, desired));
  if (!out.value) return fail("it cannot be read back", "Plan again", {}, Fault::provider);
  return out;
}

std::string pair_of(const Value& attributes) {
  return quote_identifier(text_or(attributes, "role")) + (" TO " + quote_identifier(text_or(attributes, "member")));
}

std::string word(bool on) { return on ? "TRUE" : "FALSE"; }

// Granting again with the options written out changes them, so nothing is ever revoked on the way.
std::vector<std::string> grant_statements(const Session& session, const ChangeRequest& change) {
  const auto& desired = change.desired;
  const bool admin = flag_of(desired, "with_admin_option").value_or(false);
  std::string sql = "GRANT " + pair_of(desired);
  if (dialect(session.server().version).membership_options) {
    sql += " WITH ADMIN " + word(admin);
    if (const auto inherit = flag_of(desired, "inherit_option")) sql += ", INHERIT " + word(*inherit);
    if (const auto set = flag_of(desired, "set_option")) sql += ", SET " + word(*set);
    return {sql + " GRANTED BY " + quote_identifier(grantor_of(session, desired))};
  }
  if (change.operation == Operation::update && !admin) {
    return {"REVOKE ADMIN OPTION FOR " + quote_identifier(text_or(desired, "role")) + " FROM " +
            quote_identifier(text_or(desired, "member"))};
  }
  if (admin) sql += " WITH ADMIN OPTION";
  if (const auto grantor = grantor_of(session, desired); grantor != session.server().user) {
    sql += " GRANTED BY " + quote_identifier(grantor);
  }
  return {sql};
}

Result<ApplyResult> write(Session& session, const ChangeRequest& change) {
  return in_transaction(
      session, session.server().database, change, grant_statements(session, change),
      [&](net::PostgresConnection& connection) { return read_back(session, connection, change.desired); });
}

Result<ApplyResult> remove(Session& session, const ChangeRequest& change) {
  const auto& prior = change.prior;
  auto lease = PLUMB_TRY(session.write(session.server().database, change.timeout));
  // A role that is gone took its memberships with it.
  const auto live = PLUMB_TRY(find_one(session, *lease, prior));
  if (!live) return ApplyResult{};
  auto sql =
      "REVOKE " + quote_identifier(text_or(prior, "role")) + " FROM " + quote_identifier(text_or(prior, "member"));
  if (dialect(session.server().version).membership_options) {
    sql += " GRANTED BY " + quote_identifier(grantor_of(session, prior));
  }
  auto revoked = lease->query(sql);
  if (!revoked) {
    auto error = std::move(revoked).error();
    if (lease->last_state() == "2BP01") {
      error.next_step = "Take back first what the member granted on: Plumb never revokes that on the way";
    }
    return fail(std::move(error));
  }
  PLUMB_CHECK(lease->commit());
  return ApplyResult{};
}

std::string label(const Value& attributes) {
  return text_or(attributes, "member") + "\" in role \"" + text_or(attributes, "role");
}

}  // namespace

Results read_memberships(Session& session, Keys keys) {
  std::string where;
  std::vector<net::PostgresParameter> parameters;
  if (keys.size() <= kFewKeys) {
    std::vector<std::string> roles;
    std::vector<std::string> members;
    for (const auto& key : keys) {
      roles.push_back(text_or(key.identity, "role"));
      members.push_back(text_or(key.identity, "member"));
    }
    where = " WHERE g.rolname = ANY($1::name[]) AND m.rolname = ANY($2::name[])";
    parameters = {net::array_literal(roles), net::array_literal(members)};
  }
  const auto rows = session.select(session.server().database, select_memberships(session) + where, parameters);
  if (!rows) return all_unreadable(keys.size(), rows.error());
  const bool by_grantor = dialect(session.server().version).membership_options;
  std::map<Triple, std::size_t> index;
  for (std::size_t row = 0; row < rows->size(); ++row) {
    index.emplace(Triple{rows->text(row, 0), rows->text(row, 1), by_grantor ? rows->text(row, 2) : ""}, row);
  }
  Results out;
  out.reserve(keys.size());
  for (const auto& key : keys) {
    const auto grantor = grantor_of(session, key.identity);
    const auto found = index.find(
        {text_or(key.identity, "role"), text_or(key.identity, "member"), by_grantor ? grantor : std::string()});
    out.push_back(found == index.end() ? ReadResult::absent()
                                       : ReadResult::present(membership_at(*rows, found->second, grantor), ""));
  }
  return out;
}

ListResult list_memberships(Session& session) {
  ListResult out;
  const auto rows = session.select(session.server().database,
                                   select_memberships(session) + " WHERE m.rolname !~ '^pg_' ORDER BY 1, 2, 3");
  if (!rows) {
    out.error = rows.error();
    return out;
  }
  const bool by_grantor = dialect(session.server().version).membership_options;
  for (std::size_t row = 0; row < rows->size(); ++row) {
    const auto grantor = by_grantor ? rows->text(row, 2) : session.server().grantor();
    out.objects.push_back(ReadResult::present(membership_at(*rows, row, grantor), ""));
  }
  out.complete = true;
  return out;
}

ApplyResult apply_membership(Session& session, const ChangeRequest& change) {
  switch (change.operation) {
    case Operation::create:
      return finish(write(session, change), "grant", "membership of", label(change.desired));
    case Operation::update:
      return finish(write(session, change), "change", "membership of", label(change.desired));
    case Operation::remove:
      return finish(remove(session, change), "revoke", "membership of", label(change.prior));
  }
  return {};
}

}  // namespace plumb::postgres
