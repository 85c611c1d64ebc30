// Digests, key derivation and the text forms of bytes. OpenSSL behind it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace plumb {

using Digest = std::array<std::uint8_t, 32>;

Digest sha256(std::string_view bytes);
std::string sha512(std::string_view bytes);  // 64 bytes
// RFC 9562 version 5, the same for the same name. `space` is a UUID, or one of `dns`, `url`, `oid`, `x500`; nullopt for
// anything else.
std::optional<std::string> uuid5(std::string_view space, std::string_view name);
Digest hmac_sha256(std::string_view key, std::string_view bytes);
// HKDF-SHA-256 (RFC 5869), empty salt, 32 bytes out.
Digest hkdf_sha256(std::string_view key, std::string_view info);
// PBKDF2-HMAC-SHA-256 (RFC 8018), 32 bytes out: what SCRAM calls Hi (RFC 5802).
Digest pbkdf2_sha256(std::string_view password, std::string_view salt, std::uint32_t iterations);

std::string_view bytes(const Digest& digest) noexcept;
std::string hex(std::string_view bytes);
std::string base64(std::string_view bytes);
std::string base64url(std::string_view bytes);  // without padding
// Both alphabets, padding optional; nullopt for anything else.
std::optional<std::string> from_base64(std::string_view text);
std::optional<std::string> from_hex(std::string_view text);
// CRC-32C (Castagnoli), as journals use it.
std::uint32_t crc32c(std::string_view bytes) noexcept;
// Compares in time that depends on the lengths only.
bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept;

// Hashes a stream piece by piece.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void update(std::string_view bytes);
  Digest finish();

 private:
  void* context_;
};

}  // namespace plumb
