// The random provider: passwords and identifiers, made once and kept in state.
#pragma once

#include <memory>

#include "engine/provider_api/provider.h"

namespace plumb {

// Types: `random.password`, `random.id`, `random.uuid`.
std::unique_ptr<ProviderKind> make_random();

}  // namespace plumb
