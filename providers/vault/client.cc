#include "providers/vault/client.h"

#include <algorithm>
#include <charconv>
#include <mutex>

#include "engine/base/log.h"
#include "engine/base/text.h"
#include "engine/model/json_text.h"
#include "engine/provider_api/values.h"
#include "providers/vault/errors.h"
#include "providers/vault/login.h"

namespace plumb::vault {

namespace {

using Ticks = std::chrono::steady_clock::time_point;

// A valid token without the right is told by an error inside of another; a token that is none by the bare words.
bool token_is_valid(const HttpResponse& response) {
  return response.status != 403 || response.body.find("occurred") != std::string::npos;
}

int number_at(std::string_view text) {
  int out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

// The JSON of an answer, or the error that it stands for.
Result<Answer> answer_of(const Call& call, Result<HttpResponse> response) {
  if (!response) return fail(std::move(response).error());
  const bool good = response->status >= 200 && response->status < 300;
  if (!good && response->status != 404) return fail(error_of(call, *response));
  Answer out;
  out.status = response->status;
  if (!response->body.empty()) {
    auto body = parse_json(response->body);
    if (body) {
      out.body = std::move(*body);
    } else if (good) {
      Error error{described(call) + ": the answer is no JSON",
                  "Check the address: is it a Vault or OpenBao server?",
                  {},
                  Fault::provider};
      if (!call.reads()) error.retry = Retry::outcome_unknown;
      return fail(std::move(error));
    }
  }
  if (call.reads()) return out;
  // A misspelt or too new parameter would be lost without a word.
  for (const std::string& warning : out.warnings()) {
    if (warning.find("ignored these unrecognized parameters") == std::string::npos) continue;
    return fail(Error{described(call) + ": " + warning,
                      "Remove them, or use a server version that knows them",
                      {},
                      Fault::provider,
                      Retry::outcome_unknown});
  }
  return out;
}

}  // namespace

std::vector<std::string> Answer::warnings() const { return texts_of(body, "warnings"); }

// The token in use, and how long it lasts.
struct Client::Token {
  std::mutex mutex;
  std::string text;
  std::uint64_t generation = 0;  // counts tokens, so that of many refused calls only one gets a new one
  std::chrono::seconds ttl{0};   // 0: for ever
  Ticks expires{};
  Ticks checked{};  // when a refusal was last found to be about a right, not about the token
  bool renewable = false;
  bool made = false;  // by a login of ours

  void lasts(std::chrono::seconds seconds, bool may_renew) {
    ttl = seconds;
    expires = std::chrono::steady_clock::now() + seconds;
    renewable = may_renew;
  }
};

Client::Client(Settings settings, std::unique_ptr<HttpClient> http)
    : settings_(std::move(settings)), http_(std::move(http)), token_(std::make_unique<Token>()) {}

Client::~Client() {
  if (!token_->made || token_->text.empty()) return;
  Call call;
  call.method = "POST";
  call.path = "auth/token/revoke-self";
  call.space = settings_.space;
  call.timeout = std::chrono::seconds(5);
  // Best effort: it ends by itself otherwise.
  if (auto answer = http_->send(request_of(call)); !answer) {
    PLUMB_LOG(debug, "vault: the token of the login was not given back");
  }
}

Error Client::no_namespaces(const std::string& space) const {
  return {server_.name() + " has no namespaces, and " + space + " is asked for",
          "Leave `namespace` out, or use OpenBao 2.3 or later",
          {},
          Fault::provider};
}

Result<std::unique_ptr<Client>> Client::open(Settings settings) {
  auto http = PLUMB_TRY(HttpClient::make(settings.http));
  std::unique_ptr<Client> client(new Client(std::move(settings), std::move(http)));
  PLUMB_CHECK(client->learn_server());
  if (!client->space().empty() && !client->server_.has_namespaces()) {
    Error error = client->no_namespaces(client->space());
    error.fault = Fault::refused;
    return fail(std::move(error));
  }
  if (client->settings_.login.method == Login::Method::token) {
    client->token_->text = client->settings_.login.token;
    PLUMB_CHECK(client->check_token());
  } else {
    PLUMB_CHECK(client->log_in());
  }
  return client;
}

Result<void> Client::learn_server() {
  HttpRequest request;
  request.path = "/v1/sys/seal-status";
  const auto response = PLUMB_TRY(http_->send(request));
  Call call;
  call.path = "sys/seal-status";
  if (response.status != 200) return fail(error_of(call, response));
  const auto body = parse_json(response.body);
  if (!body || body->find("sealed") == nullptr) {
    return fail("what answers at " + settings_.http.address + " is neither Vault nor OpenBao", "Check the address", {},
                Fault::unreachable);
  }
  server_.version = text_or(*body, "version");
  server_.identity = text_or(*body, "cluster_id");
  server_.major = number_at(server_.version);
  if (const auto dot = server_.version.find('.'); dot != std::string::npos) {
    server_.minor = number_at(std::string_view(server_.version).substr(dot + 1));
  }
  // Only OpenBao tells the date of its commit; Vault that of its build.
  server_.kind = body->find("commit_date") != nullptr ? Server::Kind::openbao : Server::Kind::vault;
  if (!flag_of(*body, "initialized").value_or(true)) {
    return fail("the server at " + settings_.http.address + " is not initialised",
                "Initialise it (`operator init`), and unseal it", {}, Fault::unreachable);
  }
  if (flag_of(*body, "sealed").value_or(false)) {
    return fail("the server at " + settings_.http.address + " is sealed", "Unseal it, and run again", {},
                Fault::unreachable);
  }
  return {};
}

Result<void> Client::check_token() {
  Call call;
  call.path = "auth/token/lookup-self";
  const auto response = PLUMB_TRY(http_->send(request_of(call)));
  if (response.status == 403 && token_is_valid(response)) return {};  // it may do other things
  if (response.status == 403) {
    return fail("the server at " + settings_.http.address + " refuses the token of " + settings_.login.token_from,
                "Give one that is valid", {}, Fault::refused);
  }
  if (response.status != 200) return fail(error_of(call, response));
  const auto body = parse_json(response.body);
  const Value data = body ? body->get("data") : Value();
  token_->lasts(std::chrono::seconds(integer_of(data, "ttl").value_or(0)), flag_of(data, "renewable").value_or(false));
  return {};
}

Result<void> Client::log_in() {
  const Login& login = settings_.login;
  HttpRequest request;
  request.method = "POST";
  request.path = "/v1/" + login_path(login);
  if (!settings_.space.empty()) request.headers.push_back({"X-Vault-Namespace", settings_.space});
  request.body = json_text(PLUMB_TRY(login_body(login)));
  const auto response = PLUMB_TRY(http_->send(request));
  auto got = PLUMB_TRY(logged_in(login, response));
  token_->text = std::move(got.token);
  token_->made = true;
  ++token_->generation;
  token_->lasts(got.ttl, got.renewable);
  return {};
}

Result<void> Client::keep_token() {
  const std::lock_guard lock(token_->mutex);
  const auto scarce = [&] {
    return token_->ttl.count() > 0 && (token_->expires - std::chrono::steady_clock::now()) * 3 < token_->ttl;
  };
  if (!scarce()) return {};
  if (token_->renewable) renew_token();
  if (!scarce() || settings_.login.method == Login::Method::token) return {};
  return log_in();
}

// What it is refused when this fails is told by the server, so errors need not be.
void Client::renew_token() {
  Call call;
  call.method = "POST";
  call.path = "auth/token/renew-self";
  call.body = Value::map();
  call.space = settings_.space;
  call.asks = true;  // a second renewal does no harm
  const auto response = http_->send(request_of(call));
  if (!response || response->status >= 500) return;  // perhaps next time
  const auto body = parse_json(response->body);
  const Value auth = body ? body->get("auth") : Value();
  const std::chrono::seconds left(integer_of(auth, "lease_duration").value_or(0));
  // It comes to the end of its longest life, measured against what it once had: no use asking again and again.
  if (response->status != 200 || left * 3 < token_->ttl) {
    token_->renewable = false;
  } else {
    token_->lasts(left, true);
  }
}

Result<bool> Client::refreshed_token(std::uint64_t used) {
  const std::lock_guard lock(token_->mutex);
  if (token_->generation != used) return true;
  const auto now = std::chrono::steady_clock::now();
  if (token_->checked != Ticks() && now - token_->checked < std::chrono::seconds(5)) return false;
  Call call;
  call.path = "auth/token/lookup-self";
  const auto response = PLUMB_TRY(http_->send(request_of(call)));
  if (token_is_valid(response)) {
    token_->checked = now;
    return false;
  }
  if (settings_.login.method == Login::Method::token) {
    return fail("the server refuses the token of " + settings_.login.token_from + ": it has expired or was revoked",
                "Give one that is valid, or let the provider log in", {}, Fault::refused);
  }
  PLUMB_CHECK(log_in());
  return true;
}

HttpRequest Client::request_of(const Call& call) const {
  HttpRequest out;
  out.method = call.method;
  out.path = "/v1/" + call.path;
  out.reads = call.reads();
  out.timeout = call.timeout;
  out.headers.push_back({"X-Vault-Token", token_->text});
  const std::string& space = call.space;
  if (!space.empty()) out.headers.push_back({"X-Vault-Namespace", space});
  if (!call.wrap_ttl.empty()) out.headers.push_back({"X-Vault-Wrap-TTL", call.wrap_ttl});
  if (call.method == "PATCH") out.content_type = "application/merge-patch+json";
  if (!call.body.is_null()) {
    out.body = json_text(call.body);
  } else if (call.method == "POST") {
    out.body = "{}";
  }
  return out;
}

Result<Answer> Client::call(const Call& call) { return std::move(call_all(std::span(&call, 1)).front()); }

std::vector<Result<Answer>> Client::refuse_namespaces(std::span<const Call> calls) {
  std::vector<Call> plain;
  for (const Call& call : calls) {
    if (call.space.empty()) plain.push_back(call);
  }
  auto answers = call_all(plain);
  std::vector<Result<Answer>> out;
  for (std::size_t i = 0, next = 0; i < calls.size(); ++i) {
    if (calls[i].space.empty()) {
      out.push_back(std::move(answers[next++]));
    } else {
      out.emplace_back(fail(no_namespaces(calls[i].space)));
    }
  }
  return out;
}

Result<Answer> Client::expect(const Call& call) {
  auto answer = this->call(call);
  if (!answer || answer->found()) return answer;
  return fail(Error{described(call) + " answers 404: there is nothing at this path",
                    "make what it lies in first (the mount, the namespace), or check its name",
                    {},
                    Fault::provider});
}

std::vector<Result<Answer>> Client::call_all(std::span<const Call> calls) {
  std::vector<Result<Answer>> out;
  out.reserve(calls.size());
  if (calls.empty()) return out;
  const auto elsewhere = [](const Call& call) { return !call.space.empty(); };
  if (!server_.has_namespaces() && std::any_of(calls.begin(), calls.end(), elsewhere)) return refuse_namespaces(calls);
  if (auto kept = keep_token(); !kept) {
    for (std::size_t i = 0; i < calls.size(); ++i) out.emplace_back(fail(kept.error()));
    return out;
  }
  std::vector<HttpRequest> requests;
  requests.reserve(calls.size());
  std::uint64_t generation = 0;
  {
    const std::lock_guard lock(token_->mutex);
    generation = token_->generation;
    for (const Call& call : calls) requests.push_back(request_of(call));
  }
  auto responses = http_->send_all(requests);
  std::vector<std::size_t> refused;
  for (std::size_t i = 0; i < responses.size(); ++i) {
    if (responses[i] && responses[i]->status == 403) refused.push_back(i);
  }
  if (!refused.empty()) {
    const auto fresh = refreshed_token(generation);
    if (!fresh) {
      for (const std::size_t i : refused) responses[i] = fail(fresh.error());
    } else if (*fresh) {  // a refused call did nothing: it may go again
      std::vector<HttpRequest> again;
      {
        const std::lock_guard lock(token_->mutex);
        for (const std::size_t i : refused) again.push_back(request_of(calls[i]));
      }
      auto second = http_->send_all(again);
      for (std::size_t i = 0; i < refused.size(); ++i) responses[refused[i]] = std::move(second[i]);
    }
  }
  for (std::size_t i = 0; i < calls.size(); ++i) out.push_back(answer_of(calls[i], std::move(responses[i])));
  return out;
}

Result<std::optional<Value>> Client::read(std::string path, std::string space) {
  Call one;
  one.path = std::move(path);
  one.space = std::move(space);
  auto answer = PLUMB_TRY(call(one));
  if (!answer.found()) return std::optional<Value>();
  return std::optional<Value>(answer.data());
}

Result<std::vector<std::string>> Client::list(std::string path, std::string space) {
  Call one;
  one.method = "LIST";
  one.path = std::move(path);
  one.space = std::move(space);
  auto answer = PLUMB_TRY(call(one));
  return texts_of(answer.data(), "keys");
}

}  // namespace plumb::vault
