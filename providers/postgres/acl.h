// Who holds which privileges on which objects of one database.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "providers/postgres/session.h"

namespace plumb::postgres {

// One object, as grants name it. `schema` is empty for a database, `object` for a database or a schema.
struct Target {
  std::string kind;
  std::string schema;
  std::string object;
  auto operator<=>(const Target&) const = default;
};

// Privilege -> it may be passed on.
using Holdings = std::map<std::string, bool>;

struct Acl {
  std::string owner;
  std::map<std::string, Holdings> by_role;  // `public` for everybody
};

// Objects that do not exist are not in it.
using Acls = std::map<Target, Acl>;

// One query. The connection is to the database the targets are in (their own database for kind `database`).
Result<Acls> read_acls(net::PostgresConnection& connection, const std::string& database,
                       const std::set<Target>& targets, const std::set<std::string>& roles);

// The targets of a grant with these attributes.
std::vector<Target> targets_of(const Value& attributes);

// `TABLE "billing"."invoice"`: what stands after ON. Precondition: function names are spelt as the server spells them.
std::string on_clause(const std::string& database, const std::vector<Target>& targets);
// `table billing.invoice`, for messages.
std::string target_text(const std::string& database, const Target& target);

// Privileges as a grant reads them: plain names when they hold alike on every target. What holds on some only, or may
// be passed on where the rest may not, says so in the name (`INSERT ON invoice`, `SELECT WITH GRANT OPTION`), so that
// it differs from anything that can be asked for.
struct Summary {
  std::vector<std::string> privileges;
  bool with_grant_option = false;
};
Summary summarise(const std::vector<Target>& targets, const std::string& role, const Acls& acls);

}  // namespace plumb::postgres
