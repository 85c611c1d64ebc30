#include "engine/base/random.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "engine/base/hash.h"

namespace plumb {
namespace {

void fill(char* out, std::size_t count) {
  while (count > 0) {
    const ssize_t got = getrandom(out, count, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      std::fputs("plumb: the system gives no random bytes\n", stderr);
      std::abort();
    }
    out += got;
    count -= static_cast<std::size_t>(got);
  }
}

}  // namespace

std::string random_bytes(std::size_t count) {
  std::string out(count, '\0');
  fill(out.data(), count);
  return out;
}

std::uint64_t random_below(std::uint64_t bound) {
  // Draws below 2^64 mod bound would favour small results: drawn again.
  const std::uint64_t least = (0 - bound) % bound;
  while (true) {
    std::uint64_t draw = 0;
    fill(reinterpret_cast<char*>(&draw), sizeof draw);
    if (draw >= least) return draw % bound;
  }
}

std::string random_uuid() {
  std::string raw = random_bytes(16);
  raw[6] = static_cast<char>((raw[6] & 0x0f) | 0x40);
  raw[8] = static_cast<char>((raw[8] & 0x3f) | 0x80);
  std::string out = hex(raw);
  for (const std::size_t dash : {20, 16, 12, 8}) out.insert(dash, 1, '-');
  return out;
}

std::string random_id() { return base64url(random_bytes(12)); }

}  // namespace plumb
