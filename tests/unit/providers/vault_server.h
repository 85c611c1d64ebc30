// A server that says what a test tells it to, under the paths of Vault's API, and a client logged in to it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "providers/vault/client.h"
#include "tests/support/http_server.h"

namespace plumb::test {

class VaultServer {
 public:
  using Answering = std::function<std::string(const ReceivedRequest&)>;  // a body, sent with 200

  explicit VaultServer(bool openbao = true)
      : server_([this](const ReceivedRequest& request) { return handle(request); }) {
    answer("GET /v1/sys/seal-status", 200,
           std::string(R"({"sealed":false,"initialized":true,"cluster_id":"c","version":)") +
               (openbao ? R"("2.7.2","commit_date":"x"})" : R"("1.13.0"})"));
    answer("GET /v1/auth/token/lookup-self", 200, R"({"data":{"ttl":0,"renewable":false}})");
  }

  void answer(const std::string& what, int status, std::string body) {
    on_answer(what, [status, body = std::move(body)](const ReceivedRequest&) {
      ServerAnswer out;
      out.status = status;
      out.body = body;
      return out;
    });
  }
  void on(const std::string& what, Answering answering) {
    on_answer(what, [answering = std::move(answering)](const ReceivedRequest& request) {
      ServerAnswer out;
      out.body = answering(request);
      return out;
    });
  }
  void on_answer(const std::string& what, HttpServer::Handler handler) {
    const std::lock_guard lock(mutex_);
    handlers_[what] = std::move(handler);
  }

  // `METHOD TARGET`, target with its query.
  [[nodiscard]] int count(const std::string& what) const {
    int out = 0;
    for (const ReceivedRequest& request : server_.requests()) out += request.method + ' ' + request.target == what;
    return out;
  }
  [[nodiscard]] std::string last_body(const std::string& what) const {
    std::string out;
    for (const ReceivedRequest& request : server_.requests()) {
      if (request.method + ' ' + request.target == what) out = request.body;
    }
    return out;
  }

  vault::Client& client() {
    if (client_ == nullptr) {
      vault::Settings settings;
      settings.http.address = server_.address();
      settings.http.retry_total = std::chrono::milliseconds(0);
      settings.login.token = "token";
      settings.login.token_from = "token";
      client_ = vault::Client::open(std::move(settings)).value();
    }
    return *client_;
  }

 private:
  ServerAnswer handle(const ReceivedRequest& request) {
    HttpServer::Handler handler;
    {
      const std::lock_guard lock(mutex_);
      const auto found = handlers_.find(request.method + ' ' + request.target);
      if (found != handlers_.end()) handler = found->second;
    }
    if (handler) return handler(request);
    ServerAnswer out;
    out.status = 404;
    out.body = R"({"errors":[]})";
    return out;
  }

  std::mutex mutex_;
  std::map<std::string, HttpServer::Handler> handlers_;
  HttpServer server_;
  std::unique_ptr<vault::Client> client_;
};

}  // namespace plumb::test
