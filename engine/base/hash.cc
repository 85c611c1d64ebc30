#include "engine/base/hash.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdio>
#include <cstdlib>

namespace plumb {
namespace {

// OpenSSL refuses these calls only when memory or the library itself is broken: there is no way on.
void require(bool ok) noexcept {
  if (ok) return;
  std::fputs("plumb: OpenSSL cannot compute a hash\n", stderr);
  std::abort();
}

// Fetched once: OpenSSL 3 searches its providers at every use of EVP_sha256().
const EVP_MD* sha256_method() {
  static const EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  require(method != nullptr);
  return method;
}

EVP_MD_CTX* as_context(void* context) noexcept { return static_cast<EVP_MD_CTX*>(context); }

const unsigned char* raw(std::string_view bytes) noexcept {
  static const unsigned char none = 0;
  return bytes.empty() ? &none : reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  require(context_ != nullptr && EVP_DigestInit_ex2(as_context(context_), sha256_method(), nullptr) == 1);
}

Sha256::~Sha256() { EVP_MD_CTX_free(as_context(context_)); }

void Sha256::update(std::string_view bytes) {
  require(EVP_DigestUpdate(as_context(context_), raw(bytes), bytes.size()) == 1);
}

Digest Sha256::finish() {
  Digest out{};
  require(EVP_DigestFinal_ex(as_context(context_), out.data(), nullptr) == 1);
  return out;
}

Digest sha256(std::string_view bytes) {
  Digest out{};
  require(EVP_Digest(raw(bytes), bytes.size(), out.data(), nullptr, sha256_method(), nullptr) == 1);
  return out;
}

namespace {

// For the two that are used seldom: the method is looked up each time.
std::string digest_of(std::string_view bytes, const char* name) {
  EVP_MD* const method = EVP_MD_fetch(nullptr, name, nullptr);
  require(method != nullptr);
  std::string out(static_cast<std::size_t>(EVP_MD_get_size(method)), '\0');
  require(EVP_Digest(raw(bytes), bytes.size(), reinterpret_cast<unsigned char*>(out.data()), nullptr, method,
                     nullptr) == 1);
  EVP_MD_free(method);
  return out;
}

// The 16 bytes of a UUID's text.
std::optional<std::string> uuid_bytes(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    if (hyphen != (text[i] == '-')) return std::nullopt;
    if (!hyphen) digits += text[i];
  }
  return from_hex(digits);
}

std::optional<std::string> name_space(std::string_view space) {
  if (space == "dns") space = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
  if (space == "url") space = "6ba7b811-9dad-11d1-80b4-00c04fd430c8";
  if (space == "oid") space = "6ba7b812-9dad-11d1-80b4-00c04fd430c8";
  if (space == "x500") space = "6ba7b814-9dad-11d1-80b4-00c04fd430c8";
  return uuid_bytes(space);
}

}  // namespace

std::string sha512(std::string_view bytes) { return digest_of(bytes, "SHA512"); }

std::optional<std::string> uuid5(std::string_view space, std::string_view name) {
  const auto prefix = name_space(space);
  if (!prefix) return std::nullopt;
  // The RFC wants SHA-1 here; it names, it protects nothing.
  std::string id = digest_of(*prefix + std::string(name), "SHA1").substr(0, 16);
  id[6] = static_cast<char>((id[6] & 0x0f) | 0x50);
  id[8] = static_cast<char>((id[8] & 0x3f) | 0x80);
  std::string text = hex(id);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) text.insert(at, 1, '-');
  return text;
}

Digest hmac_sha256(std::string_view key, std::string_view bytes) {
  Digest out{};
  unsigned int size = out.size();
  require(HMAC(sha256_method(), raw(key), static_cast<int>(key.size()), raw(bytes), bytes.size(), out.data(), &size) !=
          nullptr);
  return out;
}

Digest hkdf_sha256(std::string_view key, std::string_view info) {
  // An empty salt is a block of zeros; 32 bytes out are the first block of the expansion.
  const Digest salt{};
  const Digest extracted = hmac_sha256(bytes(salt), key);
  return hmac_sha256(bytes(extracted), std::string(info) + '\x01');
}

Digest pbkdf2_sha256(std::string_view password, std::string_view salt, std::uint32_t iterations) {
  Digest out{};
  require(PKCS5_PBKDF2_HMAC(reinterpret_cast<const char*>(raw(password)), static_cast<int>(password.size()), raw(salt),
                            static_cast<int>(salt.size()), static_cast<int>(iterations), sha256_method(),
                            static_cast<int>(out.size()), out.data()) == 1);
  return out;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned char>(a[i] ^ b[i]);
  // The barrier keeps the compiler from leaving the loop early.
  __asm__ volatile("" : "+r"(difference));
  return difference == 0;
}

}  // namespace plumb
