// Password verifiers as PostgreSQL stores them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace plumb::postgres {

inline constexpr std::uint32_t kScramIterations = 4096;

// `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>` (RFC 5802, 7677). `salt` is raw bytes; the password is
// ASCII, so that SASLprep changes nothing.
std::string scram_verifier(std::string_view password, std::string_view salt,
                           std::uint32_t iterations = kScramIterations);
// The same with a fresh salt.
std::string new_verifier(std::string_view password);

// Evidence of a password: the verifier, and for the old MD5 form the role's name after a space, since that is its salt.
std::string evidence_of(std::string_view verifier, std::string_view role);
// The password is the one behind the evidence; false for forms we do not know. Slow by design.
bool matches(std::string_view evidence, std::string_view password);

}  // namespace plumb::postgres
