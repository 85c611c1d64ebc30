// The provider of OpenBao and Vault.
#pragma once

#include <memory>

#include "engine/provider_api/provider.h"

namespace plumb {

std::unique_ptr<ProviderKind> make_vault();

}  // namespace plumb
