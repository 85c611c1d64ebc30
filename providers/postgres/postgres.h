// The postgres provider: roles, databases, schemas, extensions, memberships and grants of one PostgreSQL server.
#pragma once

#include <memory>

#include "engine/provider_api/provider.h"

namespace plumb {

std::unique_ptr<ProviderKind> make_postgres();

}  // namespace plumb
