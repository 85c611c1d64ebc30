#include <catch2/catch.hpp>
#include <map>

#include "providers/vault/settings.h"

using namespace plumb;
using namespace plumb::vault;

namespace {

using Variables = std::map<std::string, std::string>;

Environment given(Variables variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional<std::string>(found->second);
  };
}

Value map(std::initializer_list<ValueMap::Entry> entries) { return Value(ValueMap(entries)); }

const Value kToken = map({{"address", "https://vault.test:8200"}, {"token", "t"}});

std::string message(const Value& config, const Variables& variables) {
  const auto settings = read_settings(config, given(variables));
  REQUIRE_FALSE(settings);
  return settings.error().message;
}

}  // namespace

TEST_CASE("BAO variables win over VAULT ones, even when they are empty") {
  const auto both = read_settings(Value::map(), given({{"VAULT_ADDR", "https://old.test"},
                                                       {"BAO_ADDR", "https://new.test/"},
                                                       {"VAULT_TOKEN", "old"},
                                                       {"BAO_TOKEN", "new"},
                                                       {"BAO_NAMESPACE", ""},
                                                       {"VAULT_NAMESPACE", "team"}}));
  REQUIRE(both);
  CHECK(both->http.address == "https://new.test");
  CHECK(both->login.token == "new");
  CHECK(both->login.token_from == "BAO_TOKEN");
  CHECK(both->space.empty());
}

TEST_CASE("configuration wins over variables") {
  const auto settings =
      read_settings(map({{"address", "https://vault.test"}, {"token", "mine"}, {"namespace", "/a/b/"}}),
                    given({{"VAULT_ADDR", "https://other.test"}, {"VAULT_TOKEN", "other"}, {"VAULT_NAMESPACE", "c"}}));
  REQUIRE(settings);
  CHECK(settings->http.address == "https://vault.test");
  CHECK(settings->login.token == "mine");
  CHECK(settings->space == "a/b");
}

TEST_CASE("TLS settings come from variables too") {
  const auto settings = read_settings(kToken, given({{"VAULT_CACERT", "ca.pem"},
                                                     {"VAULT_CAPATH", "certs"},
                                                     {"VAULT_CACERT_BYTES", "PEM"},
                                                     {"VAULT_CLIENT_CERT", "c.pem"},
                                                     {"VAULT_CLIENT_KEY", "c.key"},
                                                     {"VAULT_TLS_SERVER_NAME", "inner"},
                                                     {"VAULT_SKIP_VERIFY", "true"},
                                                     {"VAULT_CLIENT_TIMEOUT", "5"},
                                                     {"VAULT_MAX_RETRIES", "1"}}));
  REQUIRE(settings);
  CHECK(settings->http.tls.ca_file == "ca.pem");
  CHECK(settings->http.tls.ca_path == "certs");
  CHECK(settings->http.tls.ca_pem == "PEM");
  CHECK(settings->http.tls.certificate_file == "c.pem");
  CHECK(settings->http.tls.key_file == "c.key");
  CHECK(settings->http.tls.server_name == "inner");
  CHECK_FALSE(settings->http.tls.verify);
  CHECK(settings->http.timeout == std::chrono::seconds(5));
  CHECK(settings->http.attempts == 2);
}

TEST_CASE("what is missing is said") {
  CHECK(message(Value::map(), {}) == "no address of the server is set");
  CHECK(message(map({{"address", "https://vault.test"}}), {}) == "there is no token to speak to the server with");
  CHECK(message(map({{"address", "https://vault.test"}}), {{"HOME", "/nowhere/at/all"}}) ==
        "there is no token to speak to the server with");
}

TEST_CASE("clear text stays on this machine unless allowed") {
  CHECK(message(map({{"address", "http://vault.test:8200"}, {"token", "t"}}), {}) ==
        "the address http://vault.test:8200 would send tokens and secrets in clear text");
  CHECK(read_settings(map({{"address", "http://127.0.0.1:8200"}, {"token", "t"}}), given({})));
  CHECK(read_settings(map({{"address", "http://vault.test"}, {"token", "t"}, {"allow_clear_text", true}}), given({})));
}

TEST_CASE("one way to log in, not two") {
  const Value approle = map({{"role_id", "r"}, {"secret_id", Value("s").with_sensitive()}});
  CHECK(message(map({{"address", "https://vault.test"}, {"token", "t"}, {"auth_login_approle", approle}}), {}) ==
        "the provider is told to use both `auth_login_approle` and `token`");
  const auto settings = read_settings(map({{"address", "https://vault.test"}, {"auth_login_approle", approle}}),
                                      given({{"VAULT_TOKEN", "ignored"}}));
  REQUIRE(settings);
  CHECK(settings->login.method == Login::Method::approle);
  CHECK(settings->login.mount == "approle");
  CHECK(settings->login.fields ==
        std::vector<std::pair<std::string, std::string>>{{"role_id", "r"}, {"secret_id", "s"}});
}

TEST_CASE("a pod uses its own token") {
  const auto settings = read_settings(
      map({{"address", "https://vault.test"}, {"auth_login_kubernetes", map({{"role", "plumb"}, {"mount", "/k8s/"}})}}),
      given({}));
  REQUIRE(settings);
  CHECK(settings->login.mount == "k8s");
  CHECK(settings->login.jwt_file == "/var/run/secrets/kubernetes.io/serviceaccount/token");
}

TEST_CASE("JWT needs one source of its token") {
  const auto with = [](const Value& block) {
    return map({{"address", "https://vault.test"}, {"auth_login_jwt", block}});
  };
  CHECK(message(with(map({{"role", "ci"}})), {}) == "auth_login_jwt needs exactly one of `jwt` and `jwt_file`");
  CHECK(message(with(map({{"jwt", "a"}, {"jwt_file", "b"}})), {}) ==
        "auth_login_jwt needs exactly one of `jwt` and `jwt_file`");
  CHECK(read_settings(with(map({{"jwt_file", "b"}})), given({})));
}

TEST_CASE("limits that make no sense are refused") {
  CHECK(message(map({{"address", "https://vault.test"}, {"token", "t"}, {"max_connections", 0}}), {}) ==
        "`max_connections` must be at least 1");
  CHECK(message(kToken, {{"VAULT_CLIENT_TIMEOUT", "soon"}}) == "the timeout `soon` is no duration");
}
