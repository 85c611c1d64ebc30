#include "engine/net/md5.h"

#include <openssl/evp.h>

#include <array>

#include "engine/base/hash.h"

namespace plumb::net {

std::optional<std::string> md5_hex(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, EVP_md5(), nullptr) != 1) return std::nullopt;
  return hex({reinterpret_cast<const char*>(out.data()), size});
}

}  // namespace plumb::net
