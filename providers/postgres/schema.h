// The types and the configuration of the postgres provider.
#pragma once

#include "engine/model/schema.h"

namespace plumb::postgres {

// Made on first use; the same one for the life of the process.
const ProviderSchema& provider_schema();

inline constexpr std::string_view kRole = "postgres.role";
inline constexpr std::string_view kDatabase = "postgres.database";
inline constexpr std::string_view kSchema = "postgres.schema";
inline constexpr std::string_view kExtension = "postgres.extension";
inline constexpr std::string_view kMembership = "postgres.membership";
inline constexpr std::string_view kGrant = "postgres.grant";
// Data sources that no resource type shares its name with.
inline constexpr std::string_view kServerData = "postgres.server";
inline constexpr std::string_view kRolesData = "postgres.roles";
inline constexpr std::string_view kDatabasesData = "postgres.databases";
inline constexpr std::string_view kSchemasData = "postgres.schemas";
inline constexpr std::string_view kExtensionsData = "postgres.extensions";

}  // namespace plumb::postgres
