#include "engine/base/seal.h"

#include <openssl/evp.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "engine/base/random.h"

namespace plumb {
namespace {

constexpr std::size_t key_size = 32;
constexpr std::size_t nonce_size = 12;
constexpr std::size_t tag_size = 16;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const EVP_CIPHER* cipher() {
  static const EVP_CIPHER* const method = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  return method;
}

unsigned char* raw(char* p) noexcept { return reinterpret_cast<unsigned char*>(p); }
const unsigned char* raw(const char* p) noexcept { return reinterpret_cast<const unsigned char*>(p); }

// Feeds the associated data, then the text. OpenSSL takes no null pointers for empty pieces, and lengths as int.
bool run(EVP_CIPHER_CTX* context, std::string_view aad, std::string_view in, char* out) {
  int size = 0;
  if (!aad.empty() && EVP_CipherUpdate(context, nullptr, &size, raw(aad.data()), static_cast<int>(aad.size())) != 1) {
    return false;
  }
  return in.empty() || EVP_CipherUpdate(context, raw(out), &size, raw(in.data()), static_cast<int>(in.size())) == 1;
}

}  // namespace

std::string seal(std::string_view key, std::string_view plaintext, std::string_view context) {
  std::string out = random_bytes(nonce_size);
  out.resize(nonce_size + plaintext.size() + tag_size);
  char* const text = out.data() + nonce_size;
  const Context c(EVP_CIPHER_CTX_new());
  int size = 0;
  const bool ok = key.size() == key_size && c != nullptr && cipher() != nullptr &&
                  EVP_CipherInit_ex2(c.get(), cipher(), raw(key.data()), raw(out.data()), 1, nullptr) == 1 &&
                  run(c.get(), context, plaintext, text) &&
                  EVP_CipherFinal_ex(c.get(), raw(text + plaintext.size()), &size) == 1 &&
                  EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_GCM_GET_TAG, tag_size, text + plaintext.size()) == 1;
  if (!ok) {
    // A key of another size is a bug; anything else means that OpenSSL is broken.
    std::fputs("plumb: sealing failed\n", stderr);
    std::abort();
  }
  return out;
}

Result<std::string> unseal(std::string_view key, std::string_view sealed, std::string_view context) {
  const auto refuse = [] {
    return fail("a sealed value does not open",
                "check that this is the key it was sealed with, and restore the file it came from", {},
                Fault::environment);
  };
  if (key.size() != key_size || sealed.size() < nonce_size + tag_size) return refuse();
  const std::string_view text = sealed.substr(nonce_size, sealed.size() - nonce_size - tag_size);
  std::string tag(sealed.substr(sealed.size() - tag_size));
  std::string out(text.size(), '\0');
  char rest[tag_size];
  const Context c(EVP_CIPHER_CTX_new());
  int size = 0;
  const bool ok = c != nullptr && cipher() != nullptr &&
                  EVP_CipherInit_ex2(c.get(), cipher(), raw(key.data()), raw(sealed.data()), 0, nullptr) == 1 &&
                  run(c.get(), context, text, out.data()) &&
                  EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_GCM_SET_TAG, tag_size, tag.data()) == 1 &&
                  EVP_CipherFinal_ex(c.get(), raw(rest), &size) == 1;
  if (!ok) return refuse();
  return out;
}

}  // namespace plumb
