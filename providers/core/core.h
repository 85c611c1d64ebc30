// The core provider: values that live in state only, for triggers, tests and benchmarks.
#pragma once

#include <memory>

#include "engine/provider_api/provider.h"

namespace plumb {

// Types: `core.value`.
std::unique_ptr<ProviderKind> make_core();

}  // namespace plumb
