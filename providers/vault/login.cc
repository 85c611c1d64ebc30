#include "providers/vault/login.h"

#include "engine/base/file_system.h"
#include "engine/model/json_text.h"
#include "engine/provider_api/values.h"
#include "providers/vault/errors.h"

namespace plumb::vault {

std::string login_path(const Login& login) {
  std::string out = "auth/" + url_path(login.mount) + "/login";
  if (login.method == Login::Method::userpass) out += '/' + url_segment(login.username);
  return out;
}

Result<Value> login_body(const Login& login) {
  ValueMap body;
  for (const auto& [name, value] : login.fields) body.set(name, Value(value).with_sensitive());
  if (!login.jwt_file.empty()) {
    auto text = real_file_system().read(login.jwt_file, 64 * 1024);
    if (!text) {
      return fail("cannot log in by " + login_name(login) + ": " + text.error().message,
                  "Give the file that holds the token", {}, Fault::refused);
    }
    while (!text->empty() && (text->back() == '\n' || text->back() == '\r' || text->back() == ' ')) text->pop_back();
    body.set("jwt", Value(std::move(*text)).with_sensitive());
  }
  return Value(std::move(body));
}

std::string login_name(const Login& login) {
  const auto at = [&](const char* method) { return method + std::string(" at auth/") + login.mount; };
  switch (login.method) {
    case Login::Method::token:
      return "token";
    case Login::Method::approle:
      return at("AppRole");
    case Login::Method::userpass:
      return at("userpass");
    case Login::Method::jwt:
      return at("JWT");
    case Login::Method::kubernetes:
      return at("Kubernetes");
    case Login::Method::cert:
      return at("TLS certificate");
  }
  return {};
}

Result<LoggedIn> logged_in(const Login& login, const HttpResponse& response) {
  Call call;
  call.method = "POST";
  call.path = login_path(login);
  if (response.status < 200 || response.status > 299) {
    Error error = error_of(call, response);
    error.retry = response.status == 429 || response.status == 503 ? Retry::later : Retry::never;
    if (response.status == 404) error.message = call.method + ' ' + call.path + ": there is no such auth method";
    // Vault answers 500 to wrong credentials, and means no trouble of its own.
    if (response.status < 429 || response.status == 500) {
      error.fault = Fault::refused;
      error.next_step = "Check the credentials, and that the auth method and the role are there";
    }
    return fail(std::move(error).in("cannot log in by " + login_name(login)));
  }
  const auto body = parse_json(response.body);
  const Value auth = body ? body->get("auth") : Value();
  LoggedIn out;
  out.token = text_or(auth, "client_token");
  if (out.token.empty()) {
    return fail("cannot log in by " + login_name(login) + ": the server's answer holds no token",
                "Check the address: is it a Vault or OpenBao server?", {}, Fault::refused);
  }
  out.ttl = std::chrono::seconds(integer_of(auth, "lease_duration").value_or(0));
  out.renewable = flag_of(auth, "renewable").value_or(false);
  return out;
}

}  // namespace plumb::vault
