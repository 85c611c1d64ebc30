#include "providers/postgres/scram.h"

#include <charconv>

#include "engine/base/hash.h"
#include "engine/base/random.h"
#include "engine/net/md5.h"

namespace plumb::postgres {

namespace {
constexpr std::string_view kPrefix = "SCRAM-SHA-256$";
constexpr std::uint32_t kMostIterations = 10'000'000;  // a verifier must not keep us busy for ever
}  // namespace

std::string scram_verifier(std::string_view password, std::string_view salt, std::uint32_t iterations) {
  const auto salted = pbkdf2_sha256(password, salt, iterations);
  const auto client_key = hmac_sha256(bytes(salted), "Client Key");
  const auto stored_key = sha256(bytes(client_key));
  const auto server_key = hmac_sha256(bytes(salted), "Server Key");
  return std::string(kPrefix) + std::to_string(iterations) + ':' + base64(salt) + '$' + base64(bytes(stored_key)) +
         ':' + base64(bytes(server_key));
}

std::string new_verifier(std::string_view password) { return scram_verifier(password, random_bytes(16)); }

std::string evidence_of(std::string_view verifier, std::string_view role) {
  std::string out(verifier);
  if (verifier.starts_with("md5")) (out += ' ') += role;
  return out;
}

bool matches(std::string_view evidence, std::string_view password) {
  if (evidence.starts_with("md5")) {
    if (evidence.size() < 36 || evidence[35] != ' ') return false;
    const auto digest = net::md5_hex(std::string(password) + std::string(evidence.substr(36)));
    return digest && equal_in_constant_time(evidence.substr(3, 32), *digest);
  }
  if (!evidence.starts_with(kPrefix)) return false;
  const auto rest = evidence.substr(kPrefix.size());
  const auto colon = rest.find(':');
  const auto dollar = rest.find('$');
  if (colon == std::string_view::npos || dollar == std::string_view::npos || dollar < colon) return false;
  std::uint32_t iterations = 0;
  const auto [end, code] = std::from_chars(rest.data(), rest.data() + colon, iterations);
  if (code != std::errc{} || end != rest.data() + colon || iterations == 0 || iterations > kMostIterations) {
    return false;
  }
  const auto salt = from_base64(rest.substr(colon + 1, dollar - colon - 1));
  return salt && equal_in_constant_time(evidence, scram_verifier(password, *salt, iterations));
}

}  // namespace plumb::postgres
