// Logging in: one call of an auth method, and what comes back.
#pragma once

#include <chrono>
#include <string>

#include "providers/vault/settings.h"

namespace plumb::vault {

struct LoggedIn {
  std::string token;
  std::chrono::seconds ttl{0};  // 0: for ever
  bool renewable = false;
};

// The login's path below /v1/, encoded.
std::string login_path(const Login& login);
// The login's body; reads `jwt_file`. Errors: Fault::refused.
Result<Value> login_body(const Login& login);
// `AppRole at auth/approle`, for messages.
std::string login_name(const Login& login);
// What the server answered. Errors: Fault::refused with the method named, Fault::unreachable.
Result<LoggedIn> logged_in(const Login& login, const HttpResponse& response);

}  // namespace plumb::vault
