#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>

#include "providers/vault/client.h"
#include "tests/support/http_server.h"

using namespace plumb;
using namespace plumb::vault;
using plumb::test::HttpServer;
using plumb::test::ReceivedRequest;
using plumb::test::ServerAnswer;

namespace {

constexpr const char* kUnsealed =
    R"({"initialized":true,"sealed":false,"version":"2.7.2","commit_date":"2026-10-26","cluster_id":"c1"})";
constexpr const char* kDenied = R"({"errors":["1 error occurred:\n\t* permission denied\n\n"]})";
constexpr const char* kNoToken = R"({"errors":["permission denied"]})";

ServerAnswer json(int status, std::string body) {
  ServerAnswer out;
  out.status = status;
  out.body = std::move(body);
  return out;
}

// Answers what every connection asks at its begin; the rest is the test's.
struct Peer {
  std::function<ServerAnswer(const ReceivedRequest&)> rest = [](const ReceivedRequest&) { return json(404, ""); };
  std::string status = kUnsealed;
  std::atomic<int> logins{0};
  int login_ttl = 0;
  bool renewable = false;
  HttpServer server{[this](const ReceivedRequest& request) { return answer(request); }};

  ServerAnswer answer(const ReceivedRequest& request) {
    if (request.target == "/v1/sys/seal-status") return json(200, status);
    if (request.target == "/v1/auth/approle/login") {
      const std::string token = "login-" + std::to_string(++logins);
      return json(200, R"({"auth":{"client_token":")" + token + R"(","lease_duration":)" + std::to_string(login_ttl) +
                           R"(,"renewable":)" + (renewable ? "true" : "false") + "}}");
    }
    if (request.target == "/v1/auth/token/revoke-self") return json(204, "");
    return rest(request);
  }

  [[nodiscard]] Settings settings() const {
    Settings out;
    out.http.address = server.address();
    out.http.attempts = 1;
    out.login.token = "given";
    out.login.token_from = "`token`";
    return out;
  }
  [[nodiscard]] Settings approle() const {
    Settings out = settings();
    out.login = {};
    out.login.method = Login::Method::approle;
    out.login.mount = "approle";
    out.login.fields = {{"role_id", "r"}, {"secret_id", "s"}};
    return out;
  }
  [[nodiscard]] std::vector<std::string> seen() const {
    std::vector<std::string> out;
    for (const auto& one : server.requests()) {
      out.push_back(one.method + ' ' + one.target + ' ' + one.header("X-Vault-Token"));
    }
    return out;
  }
};

Call get(std::string path) {
  Call out;
  out.path = std::move(path);
  return out;
}

}  // namespace

TEST_CASE("a connection learns what server it is, and checks its token") {
  Peer peer;
  peer.rest = [](const ReceivedRequest&) { return json(200, R"({"data":{"ttl":0}})"); };
  const auto client = Client::open(peer.settings());
  REQUIRE(client);
  CHECK((*client)->server().openbao());
  CHECK((*client)->server().openbao_since(2, 5));
  CHECK_FALSE((*client)->server().openbao_since(2, 8));
  CHECK((*client)->server().identity == "c1");
  CHECK(peer.seen() == std::vector<std::string>{"GET /v1/sys/seal-status ", "GET /v1/auth/token/lookup-self given"});
}

TEST_CASE("a token without the right to look itself up is a token all the same") {
  Peer peer;
  peer.rest = [](const ReceivedRequest&) { return json(403, kDenied); };
  CHECK(Client::open(peer.settings()));
}

TEST_CASE("servers that cannot be worked with say why") {
  Peer peer;
  const auto message = [&](Settings settings) {
    const auto client = Client::open(std::move(settings));
    REQUIRE_FALSE(client);
    return client.error();
  };
  peer.rest = [](const ReceivedRequest&) { return json(403, kNoToken); };
  CHECK(message(peer.settings()).message == "the server at " + peer.server.address() + " refuses the token of `token`");
  CHECK(message(peer.settings()).fault == Fault::refused);
  peer.status = R"({"initialized":true,"sealed":true,"version":"1.13.0"})";
  CHECK(message(peer.settings()).message == "the server at " + peer.server.address() + " is sealed");
  CHECK(message(peer.settings()).fault == Fault::unreachable);
  peer.status = R"({"initialized":false,"sealed":true,"version":"1.13.0"})";
  CHECK(message(peer.settings()).message == "the server at " + peer.server.address() + " is not initialised");
  peer.status = "<html>";
  CHECK(message(peer.settings()).message ==
        "what answers at " + peer.server.address() + " is neither Vault nor OpenBao");
}

TEST_CASE("a login's token is used, and given back") {
  Peer peer;
  peer.rest = [](const ReceivedRequest&) { return json(200, R"({"data":{"a":1}})"); };
  {
    auto client = Client::open(peer.approle());
    REQUIRE(client);
    CHECK((*client)->read("secret/x", "").value()->get("a") == Value(1));
  }
  CHECK(peer.seen() == std::vector<std::string>{"GET /v1/sys/seal-status ", "POST /v1/auth/approle/login ",
                                                "GET /v1/secret/x login-1", "POST /v1/auth/token/revoke-self login-1"});
}

TEST_CASE("a refused login names the method") {
  Peer peer;
  Settings settings = peer.approle();
  settings.login.mount = "other";
  peer.rest = [](const ReceivedRequest&) { return json(400, R"({"errors":["invalid role or secret ID"]})"); };
  const auto client = Client::open(settings);
  REQUIRE_FALSE(client);
  CHECK(client.error().message ==
        "cannot log in by AppRole at auth/other: POST auth/other/login: invalid role or secret ID");
  CHECK(client.error().fault == Fault::refused);
}

TEST_CASE("an expired login is had again, and what was refused goes again") {
  Peer peer;
  peer.rest = [](const ReceivedRequest& request) {
    return request.header("X-Vault-Token") == "login-1" ? json(403, kNoToken) : json(200, R"({"data":{}})");
  };
  auto client = Client::open(peer.approle());
  REQUIRE(client);
  const std::vector<Call> calls{get("a"), get("b"), get("c")};
  for (const auto& answer : (*client)->call_all(calls)) CHECK(answer);
  CHECK(peer.logins == 2);
}

TEST_CASE("a missing right is no reason to log in again") {
  Peer peer;
  peer.rest = [](const ReceivedRequest& request) {
    return request.target == "/v1/a" ? json(403, kDenied) : json(200, R"({"data":{}})");
  };
  auto client = Client::open(peer.approle());
  REQUIRE(client);
  const auto answer = (*client)->call(get("a"));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().fault == Fault::denied);
  CHECK(peer.logins == 1);
}

TEST_CASE("a given token that has run out is told") {
  Peer peer;
  std::atomic<bool> alive{true};
  peer.rest = [&](const ReceivedRequest&) { return alive ? json(200, R"({"data":{"ttl":0}})") : json(403, kNoToken); };
  auto client = Client::open(peer.settings());
  REQUIRE(client);
  alive = false;
  const auto answer = (*client)->call(get("a"));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().message == "the server refuses the token of `token`: it has expired or was revoked");
  CHECK(answer.error().fault == Fault::refused);
}

TEST_CASE("a token that runs out is renewed, and one that cannot be is had again") {
  Peer peer;
  peer.login_ttl = 1;
  peer.renewable = true;
  std::atomic<int> renewals{0};
  std::atomic<bool> renews{true};
  peer.rest = [&](const ReceivedRequest& request) {
    if (request.target != "/v1/auth/token/renew-self") return json(200, R"({"data":{}})");
    ++renewals;
    return renews ? json(200, R"({"auth":{"lease_duration":1,"renewable":true}})") : json(400, R"({"errors":["no"]})");
  };
  auto client = Client::open(peer.approle());
  REQUIRE(client);
  std::this_thread::sleep_for(std::chrono::milliseconds(800));
  CHECK((*client)->call(get("a")));
  CHECK(renewals == 1);
  CHECK(peer.logins == 1);
  renews = false;
  std::this_thread::sleep_for(std::chrono::milliseconds(800));
  CHECK((*client)->call(get("a")));
  CHECK(renewals == 2);
  CHECK(peer.logins == 2);
}

TEST_CASE("calls carry what they must") {
  Peer peer;
  peer.rest = [](const ReceivedRequest&) { return json(200, R"({"data":{"ttl":0},"warnings":["be careful"]})"); };
  auto client = Client::open(peer.settings());
  REQUIRE(client);
  Call call;
  call.method = "PATCH";
  call.path = "secret/data/a";
  call.space = "team";
  call.wrap_ttl = "60s";
  call.body = Value(ValueMap{{"x", Value("secret").with_sensitive()}});
  const auto answer = (*client)->call(call);
  REQUIRE(answer);
  CHECK(answer->warnings() == std::vector<std::string>{"be careful"});
  const ReceivedRequest request = peer.server.requests().back();
  CHECK(request.header("X-Vault-Namespace") == "team");
  CHECK(request.header("X-Vault-Wrap-TTL") == "60s");
  CHECK(request.header("Content-Type") == "application/merge-patch+json");
  CHECK(request.body == R"({"x":"secret"})");
}

TEST_CASE("a parameter that the server ignored is an error") {
  Peer peer;
  peer.rest = [](const ReceivedRequest&) {
    return json(200, R"({"data":{"ttl":0},"warnings":["Endpoint ignored these unrecognized parameters: [policie]"]})");
  };
  auto client = Client::open(peer.settings());
  REQUIRE(client);
  Call call;
  call.method = "POST";
  call.path = "auth/token/create";
  const auto answer = (*client)->call(call);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().message == "POST auth/token/create: Endpoint ignored these unrecognized parameters: [policie]");
  CHECK(answer.error().retry == Retry::outcome_unknown);
}

TEST_CASE("a server without namespaces is not asked in one") {
  Peer peer;
  peer.status = R"({"initialized":true,"sealed":false,"version":"1.13.0","cluster_id":"c1"})";
  peer.rest = [](const ReceivedRequest&) { return json(200, R"({"data":{"ttl":0}})"); };
  auto client = Client::open(peer.settings());
  REQUIRE(client);
  Call other = get("a");
  other.space = "team";
  const std::vector<Call> calls{get("a"), other, get("b")};
  const auto answers = (*client)->call_all(calls);
  CHECK(answers[0]);
  REQUIRE_FALSE(answers[1]);
  CHECK(answers[1].error().message == "Vault 1.13.0 has no namespaces, and team is asked for");
  CHECK(answers[2]);
  CHECK(peer.seen().size() == 4);
  Settings inside = peer.settings();
  inside.space = "team";
  const auto refused = Client::open(inside);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().fault == Fault::refused);
  peer.status = R"({"initialized":true,"sealed":false,"version":"1.13.0+ent","cluster_id":"c1"})";
  CHECK(Client::open(inside));
}

TEST_CASE("an empty list answers 404") {
  Peer peer;
  peer.rest = [](const ReceivedRequest& request) {
    if (request.method == "LIST" && request.target == "/v1/a") return json(200, R"({"data":{"keys":["x","y/"]}})");
    return json(request.method == "LIST" ? 404 : 200, R"({"errors":[]})");
  };
  auto client = Client::open(peer.settings());
  REQUIRE(client);
  CHECK((*client)->list("a", "").value() == std::vector<std::string>{"x", "y/"});
  CHECK((*client)->list("b", "").value().empty());
}
