// What the tests of the HTTP client share.
#pragma once

#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/net/http.h"
#include "tests/support/http_server.h"

namespace plumb::test {

using Ending = ServerAnswer::Ending;

inline std::unique_ptr<HttpClient> client_of(const HttpServer& server, HttpSettings settings = {}) {
  settings.address = server.address() + settings.address;
  auto made = HttpClient::make(std::move(settings));
  REQUIRE(made);
  return std::move(*made);
}

inline HttpRequest get(std::string path) {
  HttpRequest out;
  out.path = std::move(path);
  return out;
}

inline HttpRequest write(std::string method, std::string path, std::string body) {
  HttpRequest out;
  out.method = std::move(method);
  out.path = std::move(path);
  out.body = std::move(body);
  out.reads = false;
  return out;
}

inline HttpServer::Handler echo() {
  return [](const ReceivedRequest& request) {
    ServerAnswer out;
    out.body = request.method + " " + request.target + " " + request.body;
    return out;
  };
}

// The first answers in turn, then 200.
inline HttpServer::Handler script(std::vector<ServerAnswer> answers) {
  auto next = std::make_shared<std::atomic<std::size_t>>(0);
  return [next, answers = std::move(answers)](const ReceivedRequest&) {
    const auto at = next->fetch_add(1);
    return at < answers.size() ? answers[at] : ServerAnswer{};
  };
}

inline ServerAnswer status(int code, std::vector<std::pair<std::string, std::string>> headers = {}) {
  ServerAnswer out;
  out.status = code;
  out.headers = std::move(headers);
  return out;
}

inline ServerAnswer ends(Ending ending) {
  ServerAnswer out;
  out.body = "a body that is cut";
  out.ending = ending;
  return out;
}

}  // namespace plumb::test
