// Randomness from the system's generator, and identifiers made of it. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace plumb {

// Cryptographically strong bytes; ends the process if the system has none to give.
std::string random_bytes(std::size_t count);
// Uniform in [0, bound), without modulo bias. Precondition: bound > 0.
std::uint64_t random_below(std::uint64_t bound);
// RFC 9562 version 4.
std::string random_uuid();
// 16 characters of base64url (96 bits): instance uids, plan ids, intent ids.
std::string random_id();

}  // namespace plumb
