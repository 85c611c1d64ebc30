// postgres.grant
//
// A grant answers for everything its role holds on its objects: a read shows all of that, an update takes away what is
// not wanted. What other roles hold there is never touched.
#include <algorithm>

#include "engine/base/suggest.h"
#include "engine/base/text.h"
#include "engine/provider_api/values.h"
#include "providers/postgres/acl.h"
#include "providers/postgres/privileges.h"
#include "providers/postgres/types.h"

namespace plumb::postgres {

namespace {

using net::quote_identifier;

Value grant_value(const Value& attributes, const Summary& summary) {
  return Value(ValueMap{{"database", attributes.get("database")},
                        {"object_type", attributes.get("object_type")},
                        {"objects", attributes.get("objects")},
                        {"privileges", list_value(summary.privileges)},
                        {"role", attributes.get("role")},
                        {"schema", attributes.get("schema")},
                        {"with_grant_option", summary.with_grant_option}});
}

std::string grantee(const std::string& role) { return role == "public" ? "PUBLIC" : quote_identifier(role); }

// What one object needs. Objects that need the same share a statement.
struct Delta {
  std::vector<std::string> grant;
  std::vector<std::string> revoke;
  std::vector<std::string> revoke_option;
  auto operator<=>(const Delta&) const = default;
  [[nodiscard]] bool empty() const { return grant.empty() && revoke.empty() && revoke_option.empty(); }
};

struct Wanted {
  std::vector<std::string> privileges;
  bool with_grant_option = false;
  bool only_add = false;  // a new grant takes nothing away
};

Delta delta_of(const Holdings& held, const Wanted& wanted) {
  Delta out;
  for (const auto& privilege : wanted.privileges) {
    const auto found = held.find(privilege);
    const bool may_pass_on = found != held.end() && found->second;
    if (found == held.end() || (wanted.with_grant_option && !may_pass_on)) {
      out.grant.push_back(privilege);
    } else if (!wanted.with_grant_option && may_pass_on && !wanted.only_add) {
      out.revoke_option.push_back(privilege);
    }
  }
  if (wanted.only_add) return out;
  for (const auto& [privilege, unused] : held) {
    if (std::find(wanted.privileges.begin(), wanted.privileges.end(), privilege) == wanted.privileges.end()) {
      out.revoke.push_back(privilege);
    }
  }
  return out;
}

struct Place {
  std::string database;
  std::string role;
  std::vector<Target> targets;

  explicit Place(const Value& attributes)
      : database(text_or(attributes, "database")), role(text_or(attributes, "role")), targets(targets_of(attributes)) {}
};

Result<Acls> acls_of(net::PostgresConnection& connection, const Place& place) {
  return read_acls(connection, place.database, {place.targets.begin(), place.targets.end()}, {place.role});
}

const Holdings& held_by(const Acl& acl, const std::string& role) {
  static const Holdings none;
  const auto found = acl.by_role.find(role);
  return found == acl.by_role.end() ? none : found->second;
}

std::vector<std::string> statements_for(const Place& place, const Acls& acls, const Wanted& wanted) {
  std::map<Delta, std::vector<Target>> by_delta;
  for (const auto& target : place.targets) {
    const auto acl = acls.find(target);
    if (acl == acls.end()) continue;
    const auto delta = delta_of(held_by(acl->second, place.role), wanted);
    if (!delta.empty()) by_delta[delta].push_back(target);
  }
  std::vector<std::string> out;
  for (const auto& [delta, targets] : by_delta) {
    const auto on = " ON " + on_clause(place.database, targets);
    const auto who = grantee(place.role);
    if (!delta.revoke.empty()) out.push_back("REVOKE " + join(delta.revoke, ", ") + on + " FROM " + who);
    if (!delta.revoke_option.empty()) {
      out.push_back("REVOKE GRANT OPTION FOR " + join(delta.revoke_option, ", ") + on + " FROM " + who);
    }
    if (!delta.grant.empty()) {
      out.push_back("GRANT " + join(delta.grant, ", ") + on + " TO " + who +
                    (wanted.with_grant_option ? " WITH GRANT OPTION" : ""));
    }
  }
  return out;
}

// Says which function spellings there are when the one written is none.
Result<Error> missing(net::PostgresConnection& connection, const Place& place, const Target& target) {
  Error out{target_text(place.database, target) + " does not exist",
            "Create it first, or correct its name",
            {},
            Fault::provider};
  const auto open = target.object.find('(');
  if (open == std::string::npos) return out;
  const auto rows = PLUMB_TRY(connection.query(
      "SELECT p.proname || '(' || oidvectortypes(p.proargtypes) || ')' FROM pg_proc p "
      "JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = $1::name AND p.proname = $2::name ORDER BY 1",
      {target.schema, target.object.substr(0, open)}));
  std::vector<std::string> spellings;
  for (std::size_t row = 0; row < rows.size(); ++row) spellings.push_back(rows.text(row, 0));
  if (!spellings.empty()) out.next_step = "Write it as the server does: " + join(spellings, " or ");
  return out;
}

// Everything is there, and belongs to somebody else.
Result<void> check_targets(net::PostgresConnection& connection, const Place& place, const Acls& acls) {
  for (const auto& target : place.targets) {
    const auto acl = acls.find(target);
    if (acl == acls.end()) return fail(PLUMB_TRY(missing(connection, place, target)));
    if (acl->second.owner != place.role) continue;
    return fail(
        '"' + place.role + "\" owns " + target_text(place.database, target) + " and holds every privilege on it",
        "Remove the grant: an owner needs none", {}, Fault::provider);
  }
  return {};
}

// The server only warns when the grantor lacks the right.
Result<void> check_effect(const Session& session, const Place& place, const Acls& acls, const Wanted& wanted) {
  for (const auto& target : place.targets) {
    const auto acl = acls.find(target);
    if (acl == acls.end() || delta_of(held_by(acl->second, place.role), wanted).empty()) continue;
    return fail("the privileges on " + target_text(place.database, target) + " did not change: it belongs to \"" +
                    acl->second.owner + "\", and \"" + session.server().user + "\" may not grant or revoke all of this",
                "Connect as the owner, as a member of it, or as whoever granted the privileges", {}, Fault::denied);
  }
  return {};
}

Result<ApplyResult> write(Session& session, const ChangeRequest& change, const Wanted& wanted) {
  const bool removing = change.operation == Operation::remove;
  const Value& attributes = removing ? change.prior : change.desired;
  const Place place(attributes);
  auto lease = PLUMB_TRY(session.write(place.database, change.timeout));
  const auto before = PLUMB_TRY(acls_of(*lease, place));
  // What is gone needs no revoke.
  if (!removing) PLUMB_CHECK(check_targets(*lease, place, before));
  const auto statements = statements_for(place, before, wanted);
  for (const auto& one : statements) PLUMB_CHECK(lease->query(one));
  const auto after = statements.empty() ? before : PLUMB_TRY(acls_of(*lease, place));
  PLUMB_CHECK(check_effect(session, place, after, wanted));
  PLUMB_CHECK(lease->commit());
  ApplyResult out;
  if (!removing) out.value = grant_value(attributes, summarise(place.targets, place.role, after));
  return out;
}

Wanted wanted_of(const Session& session, const ChangeRequest& change) {
  Wanted out;
  out.privileges = expand_privileges(text_or(change.desired, "object_type"), texts_of(change.desired, "privileges"),
                                     session.server().version);
  out.with_grant_option = flag_of(change.desired, "with_grant_option").value_or(false);
  out.only_add = change.operation == Operation::create;
  return out;
}

// A database that is gone took its grants with it; so did a role, an object or a schema, which show as nothing held.
Result<ApplyResult> remove(Session& session, const ChangeRequest& change) {
  auto done = write(session, change, Wanted{});
  if (!done) {
    const auto database = text_or(change.prior, "database");
    const auto there = PLUMB_TRY(
        session.select(session.server().database, "SELECT 1 FROM pg_database WHERE datname = $1::name", {database}));
    if (there.empty()) return ApplyResult{};
  }
  return done;
}

std::string label(const Value& attributes) {
  const auto targets = targets_of(attributes);
  auto out = text_or(attributes, "role");
  if (targets.empty()) return out;
  return out + "\" on " + target_text(text_or(attributes, "database"), targets.front()) +
         (targets.size() > 1 ? " and " + std::to_string(targets.size() - 1) + " more" : "") + " in \"" +
         text_or(attributes, "database");
}

}  // namespace

Results read_grants(Session& session, Keys keys) {
  return read_by_database(session, keys, [&](const std::string& database, Keys part) -> Result<Results> {
    std::set<Target> targets;
    std::set<std::string> roles;
    for (const auto& key : part) {
      for (auto& one : targets_of(key.identity)) targets.insert(std::move(one));
      roles.insert(text_or(key.identity, "role"));
    }
    auto lease = PLUMB_TRY(session.read(database));
    const auto acls = PLUMB_TRY(read_acls(*lease, database, targets, roles));
    PLUMB_CHECK(lease->commit());
    Results out;
    for (const auto& key : part) {
      const auto summary = summarise(targets_of(key.identity), text_or(key.identity, "role"), acls);
      out.push_back(summary.privileges.empty() ? ReadResult::absent()
                                               : ReadResult::present(grant_value(key.identity, summary), ""));
    }
    return out;
  });
}

ApplyResult apply_grant(Session& session, const ChangeRequest& change) {
  switch (change.operation) {
    case Operation::create:
    case Operation::update:
      return finish(write(session, change, wanted_of(session, change)), "grant", "privileges to",
                    label(change.desired));
    case Operation::remove:
      return finish(remove(session, change), "revoke", "privileges of", label(change.prior));
  }
  return {};
}

}  // namespace plumb::postgres
