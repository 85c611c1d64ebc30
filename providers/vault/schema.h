// The provider's own configuration, and the schema made of all types.
#pragma once

#include "engine/model/schema.h"

namespace plumb::vault {

// Made on first use; the same one for the life of the process.
const ProviderSchema& provider_schema();

}  // namespace plumb::vault
