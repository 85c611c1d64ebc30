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

}  // namespace plumb::postgres
