// A root key that a transit engine of Vault or OpenBao wraps: what is kept beside the state is its ciphertext alone.
// The only file of state/ that speaks HTTP.
#pragma once

#include <memory>

#include "state/keys.h"

namespace plumb {

// No outside calls; the token is looked up with the first. BAO_X goes before VAULT_X among variables.
// Errors: Fault::input (no address, one in clear text beyond loopback, a certificate that cannot be read).
Result<std::unique_ptr<KeyWrapper>> transit_wrapper(const TransitSource& source,
                                                    const std::map<std::string, std::string>& environment);

}  // namespace plumb
