// Sealing: AES-256-GCM with a fresh random nonce for every call.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace plumb {

// `nonce (12) || ciphertext || tag (16)`, raw bytes. `key` is 32 bytes. `context` is authenticated, not stored.
std::string seal(std::string_view key, std::string_view plaintext, std::string_view context);

// Fails (Fault::environment, no detail that helps an attacker) when key, context or any bit is another.
Result<std::string> unseal(std::string_view key, std::string_view sealed, std::string_view context);

}  // namespace plumb
