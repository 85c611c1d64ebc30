// What a connection needs to know: the provider's configuration, filled up from the environment.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/model/value.h"
#include "engine/net/http.h"

namespace plumb::vault {

// How a token is had.
struct Login {
  enum class Method : std::uint8_t { token, approle, userpass, jwt, kubernetes, cert };
  Method method = Method::token;
  std::string mount;  // of the auth method, without slashes at its ends
  // The body of the login call: `role_id` and `secret_id`, `password`, `role` and `jwt`, `name`. Secrets.
  std::vector<std::pair<std::string, std::string>> fields;
  std::string username;    // userpass: part of the path
  std::string jwt_file;    // read at every login: such files are renewed
  std::string token;       // Method::token
  std::string token_from;  // where it came from, for messages: `token`, `VAULT_TOKEN`, a file's name
};

struct Settings {
  HttpSettings http;
  std::string space;  // the namespace of the connection, without slashes at its ends; empty for the root
  Login login;
};

// Reads a variable of the process; tests give their own.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
Environment process_environment();

// `config` is fully known and canonical. Every variable is looked up as BAO_X first (even if it is set to nothing),
// then as VAULT_X, as OpenBao's own client does. Errors: Fault::input.
Result<Settings> read_settings(const Value& config, const Environment& environment);

}  // namespace plumb::vault
