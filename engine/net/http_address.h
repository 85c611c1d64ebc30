// An HTTP server's address taken apart, and what follows from it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace plumb::net {

struct HttpAddress {
  bool tls = false;
  std::string host;  // without the brackets of IPv6, in lower case, as written otherwise
  std::uint16_t port = 0;
  std::string path;  // without a `/` at its end; empty for none

  // `host`, `host:8200`, `[::1]:8200`: the port only where it is not the scheme's own.
  [[nodiscard]] std::string authority() const;
  // With brackets where it is IPv6.
  [[nodiscard]] std::string host_text() const;
  // `https://host:8200/path`.
  [[nodiscard]] std::string str() const;
  // Surely this machine: 127.0.0.0/8 in four decimal numbers, ::1, localhost.
  [[nodiscard]] bool loopback() const noexcept;
};

// Errors: Fault::input; a password in the address is not repeated in them.
Result<HttpAddress> parse_http_address(std::string_view address);

}  // namespace plumb::net
