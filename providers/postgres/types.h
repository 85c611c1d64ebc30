// One pair of functions a type: how its objects are read, and how one change is carried out.
#pragma once

#include "providers/postgres/objects.h"

namespace plumb::postgres {

Results read_roles(Session& session, Keys keys);
ApplyResult apply_role(Session& session, const ChangeRequest& change);

Results read_databases(Session& session, Keys keys);
ApplyResult apply_database(Session& session, const ChangeRequest& change);

Results read_schemas(Session& session, Keys keys);
ApplyResult apply_schema(Session& session, const ChangeRequest& change);

Results read_extensions(Session& session, Keys keys);
ApplyResult apply_extension(Session& session, const ChangeRequest& change);

Results read_memberships(Session& session, Keys keys);
ApplyResult apply_membership(Session& session, const ChangeRequest& change);

Results read_grants(Session& session, Keys keys);
ApplyResult apply_grant(Session& session, const ChangeRequest& change);

// Everything there is, for discovery and adoption; less what every server is born with.
ListResult list_roles(Session& session);
ListResult list_databases(Session& session);
ListResult list_schemas(Session& session);
ListResult list_extensions(Session& session);
ListResult list_memberships(Session& session);

// What a DROP ROLE stumbled over, per database: `in database "shop" it owns table a.t; ...`.
std::string dependents_of(Session& session, const std::string& role_oid);

std::vector<PlanFacts> facts_of(Session& session, std::span<const ChangeRequest> changes);

}  // namespace plumb::postgres
