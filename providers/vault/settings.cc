#include "providers/vault/settings.h"

#include <cstdlib>

#include "engine/base/file_system.h"
#include "engine/provider_api/values.h"
#include "providers/vault/wire.h"

namespace plumb::vault {

namespace {

constexpr std::uint64_t kLongestToken = 64 * 1024;

class Reader {
 public:
  Reader(const Value& config, const Environment& environment) : config_(config), environment_(environment) {}

  // The configuration's text, else the variable's.
  std::optional<std::string> text(const char* attribute, const char* variable) const {
    if (auto set = text_of(config_, attribute)) return set;
    return variable == nullptr ? std::nullopt : from_environment(variable);
  }

  std::optional<std::string> from_environment(const std::string& variable) const {
    if (auto bao = environment_("BAO_" + variable)) return bao;
    return environment_("VAULT_" + variable);
  }

  // Which of the two was read, for messages.
  std::string variable_name(const std::string& variable) const {
    return (environment_("BAO_" + variable) ? "BAO_" : "VAULT_") + variable;
  }

  std::optional<std::string> home() const { return environment_("HOME"); }
  const Value& config() const { return config_; }

 private:
  const Value& config_;
  const Environment& environment_;
};

Result<std::string> token_in(const std::string& file) {
  auto text = PLUMB_TRY(real_file_system().read(file, kLongestToken));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.pop_back();
  if (text.empty()) return fail(file + " holds no token", "Log in, or set `token`");
  return text;
}

struct Method {
  const char* attribute;
  Login::Method method;
  const char* mount;
};

constexpr Method kMethods[] = {
    {"auth_login_approle", Login::Method::approle, "approle"},
    {"auth_login_userpass", Login::Method::userpass, "userpass"},
    {"auth_login_jwt", Login::Method::jwt, "jwt"},
    {"auth_login_kubernetes", Login::Method::kubernetes, "kubernetes"},
    {"auth_login_cert", Login::Method::cert, "cert"},
};

constexpr const char* kPodToken = "/var/run/secrets/kubernetes.io/serviceaccount/token";

Result<Login> login_of(const Method& method, const Value& block) {
  Login out;
  out.method = method.method;
  out.mount = trimmed_slashes(text_or(block, "mount", method.mount));
  out.username = text_or(block, "username");
  out.jwt_file = text_or(block, "jwt_file");
  for (const char* field : {"role_id", "secret_id", "password", "role", "jwt", "name"}) {
    if (const auto set = text_of(block, field)) out.fields.emplace_back(field, *set);
  }
  const bool jwt = block.get("jwt").is_string();
  if (method.method == Login::Method::kubernetes && !jwt && out.jwt_file.empty()) out.jwt_file = kPodToken;
  if (method.method == Login::Method::jwt && jwt == !out.jwt_file.empty()) {
    return fail(std::string(method.attribute) + " needs exactly one of `jwt` and `jwt_file`", "Set one of them");
  }
  if (method.method == Login::Method::kubernetes && jwt && !out.jwt_file.empty()) {
    return fail(std::string(method.attribute) + " takes one of `jwt` and `jwt_file`, not both", "Set one of them");
  }
  return out;
}

Result<Login> read_login(const Reader& reader) {
  std::optional<Login> found;
  std::string first;
  const auto second = [&](const std::string& name) {
    return fail("the provider is told to use both `" + first + "` and `" + name + "`", "Keep one of them");
  };
  for (const Method& method : kMethods) {
    const Value* block = reader.config().find(method.attribute);
    if (block == nullptr || block->is_null()) continue;
    if (found) return second(method.attribute);
    found = PLUMB_TRY(login_of(method, *block));
    first = method.attribute;
  }
  Login token;
  if (auto text = text_of(reader.config(), "token")) {
    if (found) return second("token");
    token.token = std::move(*text);
    token.token_from = first = "`token`";
    found = token;
  }
  if (const auto file = text_of(reader.config(), "token_file")) {
    if (found) return second("token_file");
    token.token = PLUMB_TRY(token_in(*file));
    token.token_from = *file;
    found = token;
  }
  if (found) return std::move(*found);
  if (auto text = reader.from_environment("TOKEN"); text && !text->empty()) {
    token.token = std::move(*text);
    token.token_from = reader.variable_name("TOKEN");
    return token;
  }
  if (const auto home = reader.home()) {
    const std::string file = *home + "/.vault-token";
    if (auto text = token_in(file)) {
      token.token = std::move(*text);
      token.token_from = file;
      return token;
    }
  }
  return fail("there is no token to speak to the server with",
              "Set `token`, `token_file` or one of `auth_login_...`, the variable VAULT_TOKEN, or log in so that "
              "~/.vault-token is there");
}

bool is_true(const std::string& text) { return text == "1" || text == "true" || text == "TRUE" || text == "t"; }

Result<void> read_limits(const Reader& reader, HttpSettings& http) {
  if (const auto limit = integer_of(reader.config(), "max_connections")) {
    if (*limit < 1) return fail("`max_connections` must be at least 1", "Write a number above 0");
    http.connections = static_cast<std::size_t>(*limit);
  }
  std::optional<std::int64_t> retries = integer_of(reader.config(), "max_retries");
  if (!retries) {
    if (const auto text = reader.from_environment("MAX_RETRIES"); text && !text->empty()) {
      retries = std::strtoll(text->c_str(), nullptr, 10);
    }
  }
  if (retries) http.attempts = static_cast<std::size_t>(std::max<std::int64_t>(*retries, 0)) + 1;
  if (const auto text = reader.text("timeout", "CLIENT_TIMEOUT"); text && !text->empty()) {
    const auto seconds = seconds_of(*text);
    if (!seconds || *seconds < 1) return fail("the timeout `" + *text + "` is no duration", "Write it as 60s or 2m");
    http.timeout = std::chrono::seconds(*seconds);
  }
  return {};
}

void read_tls(const Reader& reader, HttpTls& tls) {
  tls.names = {"`ca_cert_file`, `ca_cert_dir` or `ca_cert`", "`tls_server_name`", "`client_cert_file`",
               "`client_key_file`"};
  tls.ca_pem = reader.text("ca_cert", "CACERT_BYTES").value_or("");
  tls.ca_file = reader.text("ca_cert_file", "CACERT").value_or("");
  tls.ca_path = reader.text("ca_cert_dir", "CAPATH").value_or("");
  tls.server_name = reader.text("tls_server_name", "TLS_SERVER_NAME").value_or("");
  tls.certificate_file = reader.text("client_cert_file", "CLIENT_CERT").value_or("");
  tls.key_file = reader.text("client_key_file", "CLIENT_KEY").value_or("");
  if (const auto set = flag_of(reader.config(), "skip_tls_verify")) {
    tls.verify = !*set;
  } else if (const auto text = reader.from_environment("SKIP_VERIFY")) {
    tls.verify = !is_true(*text);
  }
}

}  // namespace

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* const found = std::getenv(name.c_str());
    return found == nullptr ? std::nullopt : std::optional<std::string>(found);
  };
}

Result<Settings> read_settings(const Value& config, const Environment& environment) {
  const Reader reader(config, environment);
  Settings out;
  out.http.address = reader.text("address", "ADDR").value_or("");
  if (out.http.address.empty()) {
    return fail("no address of the server is set", "Set `address` in the provider's block, or the variable VAULT_ADDR");
  }
  while (out.http.address.ends_with('/')) out.http.address.pop_back();
  if (clear_text_beyond_loopback(out.http.address) && !flag_of(config, "allow_clear_text").value_or(false)) {
    return fail("the address " + out.http.address + " would send tokens and secrets in clear text",
                "Use https://, or set `allow_clear_text: true` if the network is yours alone");
  }
  out.space = trimmed_slashes(reader.text("namespace", "NAMESPACE").value_or(""));
  out.http.headers.push_back({"X-Vault-Request", "true"});
  if (const Value* headers = config.find("headers"); headers != nullptr && headers->is_map()) {
    for (const auto& [name, value] : headers->as_map()) {
      if (value.is_string()) out.http.headers.push_back({name, value.as_string()});
    }
  }
  read_tls(reader, out.http.tls);
  PLUMB_CHECK(read_limits(reader, out.http));
  out.login = PLUMB_TRY(read_login(reader));
  return out;
}

}  // namespace plumb::vault
