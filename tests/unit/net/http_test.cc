#include "engine/net/http.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <thread>

#include "engine/base/clock.h"
#include "engine/net/http_header.h"
#include "tests/unit/net/http_helpers.h"

using namespace plumb;
using namespace plumb::test;
using namespace std::chrono_literals;

TEST_CASE("a request goes out as it was written") {
  HttpServer server(echo());
  HttpSettings settings;
  settings.address = "/base/";
  settings.headers = {{"X-Token", "t1"}, {"X-Empty", ""}};
  const auto client = client_of(server, settings);
  auto request = write("POST", "/v1/a%2Fb/../c?x=1", "{\"a\":1}");
  request.headers = {{"x-token", "t2"}};
  const auto answer = client->send(request);
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(answer->body == "POST /base/v1/a%2Fb/../c?x=1 {\"a\":1}");
  const auto seen = server.requests().at(0);
  CHECK(seen.header("X-Token") == "t2");
  CHECK(seen.header("Host") == "127.0.0.1:" + std::to_string(server.port()));
  CHECK(seen.header("Content-Type") == "application/json");
  CHECK(std::count_if(seen.headers.begin(), seen.headers.end(),
                      [](const auto& one) { return one.first == "X-Empty"; }) == 1);
  client->set_header("X-TOKEN", "t3");
  REQUIRE(client->send(get("/")));
  CHECK(server.requests().at(1).header("X-Token") == "t3");
  CHECK(server.requests().at(1).header("Content-Type").empty());
  CHECK(client->sent() == 2);
}

TEST_CASE("methods of all kinds") {
  HttpServer server(echo());
  const auto client = client_of(server);
  for (const char* method : {"GET", "LIST", "DELETE", "PUT", "POST", "PATCH"}) {
    auto request = write(method, "/x", "");
    auto answer = client->send(request);
    REQUIRE(answer);
    CHECK(answer->body == std::string(method) + " /x ");
    request.body = "b";
    answer = client->send(request);
    REQUIRE(answer);
    CHECK(answer->body == std::string(method) + " /x b");
  }
  const auto head = client->send(write("HEAD", "/x", ""));
  REQUIRE(head);
  CHECK(*head->header("content-length") == "8");
  CHECK(head->body.empty());
  CHECK(server.connections() == 1);
}

TEST_CASE("a large body comes whole, both ways, at once") {
  HttpServer server(echo());
  const auto client = client_of(server);
  const std::string body(3'000'000, 'x');
  const auto start = system_clock().ticks();
  const auto answer = client->send(write("PUT", "/big", body));
  REQUIRE(answer);
  CHECK(answer->body == "PUT /big " + body);
  CHECK(system_clock().ticks() - start < 900ms);  // no second is lost to `Expect`
}

TEST_CASE("answers come in the order of the requests, under the cap, over few connections") {
  HttpServer server([](const ReceivedRequest& request) {
    ServerAnswer out;
    out.body = request.target;
    out.delay = request.target.back() % 2 == 0 ? 4ms : 1ms;
    return out;
  });
  HttpSettings settings;
  settings.connections = 3;
  const auto client = client_of(server, settings);
  std::vector<HttpRequest> requests;
  for (int i = 0; i < 60; ++i) requests.push_back(get("/" + std::to_string(i)));
  const auto answers = client->send_all(requests);
  REQUIRE(answers.size() == 60);
  for (int i = 0; i < 60; ++i) {
    REQUIRE(answers[i]);
    CHECK(answers[i]->body == "/" + std::to_string(i));
  }
  CHECK(server.most_at_once() == 3);
  CHECK(server.connections() == 3);
  CHECK(client->send_all({}).empty());
  client->close_idle();
  REQUIRE(client->send(get("/")));
  CHECK(server.connections() == 4);
}

TEST_CASE("the cap counts all threads, and none of them starves") {
  HttpServer server([](const ReceivedRequest&) {
    ServerAnswer out;
    out.delay = 1ms;
    return out;
  });
  HttpSettings settings;
  settings.connections = 4;
  const auto client = client_of(server, settings);
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      if (t % 2 == 0) {
        for (int i = 0; i < 20; ++i) good += client->send(get("/")) ? 1 : 0;
      } else {
        const std::vector<HttpRequest> requests(20, get("/all"));
        for (const auto& one : client->send_all(requests)) good += one ? 1 : 0;
      }
      client->set_header("X-Thread", std::to_string(t));
    });
  }
  for (auto& one : threads) one.join();
  CHECK(good == 160);
  CHECK(server.most_at_once() == 4);
  CHECK(client->sent() == 160);
}

TEST_CASE("one request does not wait for a thousand of another thread") {
  HttpServer server([](const ReceivedRequest&) {
    ServerAnswer out;
    out.delay = 5ms;
    return out;
  });
  HttpSettings settings;
  settings.connections = 2;
  const auto client = client_of(server, settings);
  std::atomic<bool> done{false};
  std::thread many([&] {
    const std::vector<HttpRequest> requests(200, get("/many"));
    const auto answers = client->send_all(requests);
    done = std::all_of(answers.begin(), answers.end(), [](const auto& one) { return one.has_value(); });
  });
  while (server.requests().size() < 10) std::this_thread::sleep_for(1ms);
  const auto one = client->send(get("/one"));
  const bool before = !done;
  many.join();
  CHECK(one);
  CHECK(before);
  CHECK(done);
}

TEST_CASE("other answers are answers") {
  for (const int code : {204, 307, 400, 403, 404, 412, 500, 501}) {
    HttpServer server([&](const ReceivedRequest&) { return status(code, {{"Location", "/elsewhere"}}); });
    const auto client = client_of(server);
    const auto answer = client->send(get("/x"));
    REQUIRE(answer);
    CHECK(answer->status == code);
    CHECK(*answer->header("LOCATION") == "/elsewhere");
    CHECK(server.requests().size() == 1);
  }
}

TEST_CASE("a server that hangs runs into the timeout, which is named") {
  HttpServer server([](const ReceivedRequest&) { return ends(Ending::hang); });
  HttpSettings settings;
  settings.timeout = 200ms;
  settings.retry_total = 100ms;
  const auto client = client_of(server, settings);
  auto answer = client->send(get("/x?secret=1"));
  REQUIRE(!answer);
  CHECK(answer.error().message == "GET " + server.address() + "/x: no answer within 200 ms");
  CHECK(answer.error().next_step == "see why the server is slow, or raise the timeout");
  CHECK(answer.error().retry == Retry::later);
  CHECK(answer.error().fault == Fault::unreachable);
  auto request = get("/y");
  request.timeout = 50ms;
  settings.attempts = 1;
  answer = client_of(server, settings)->send(request);
  REQUIRE(!answer);
  CHECK(answer.error().message == "GET " + server.address() + "/y: no answer within 50 ms");
}

TEST_CASE("nobody at the port") {
  HttpSettings settings;
  settings.address = "http://127.0.0.1:1/base";
  settings.attempts = 2;
  const auto client = HttpClient::make(settings);
  REQUIRE(client);
  for (const bool reads : {true, false}) {
    auto request = write("DELETE", "/x?y", "");
    request.reads = reads;
    const auto answer = (*client)->send(request);
    REQUIRE(!answer);
    CHECK(answer.error().message == "DELETE http://127.0.0.1:1/base/x: cannot connect: Connection refused");
    CHECK(answer.error().next_step == "check that the server runs and listens at 127.0.0.1:1");
    CHECK(answer.error().fault == Fault::unreachable);
    CHECK(answer.error().retry == Retry::later);
  }
  CHECK((*client)->sent() == 0);
}

TEST_CASE("a name without an address") {
  HttpSettings settings;
  settings.address = "http://nowhere.invalid";
  settings.attempts = 1;
  const auto client = HttpClient::make(settings);
  REQUIRE(client);
  const auto answer = (*client)->send(get("/x"));
  REQUIRE(!answer);
  CHECK(answer.error().message == "GET http://nowhere.invalid/x: no address is known for nowhere.invalid");
  CHECK(answer.error().next_step == "check the host's name, and that this machine's DNS works");
  CHECK(answer.error().fault == Fault::unreachable);
}

TEST_CASE("an answer that is too large is dropped while it comes") {
  HttpServer server([](const ReceivedRequest&) {
    ServerAnswer out;
    out.body.assign(1'000'001, 'x');
    return out;
  });
  HttpSettings settings;
  settings.largest_answer = 1'000'000;
  auto answer = client_of(server, settings)->send(get("/x"));
  REQUIRE(!answer);
  CHECK(answer.error().message == "GET " + server.address() + "/x: the answer is larger than 1.0 MB");
  CHECK(answer.error().next_step == "ask for less at once");
  CHECK(answer.error().fault == Fault::provider);
  CHECK(answer.error().retry == Retry::never);
  CHECK(server.requests().size() == 1);
  settings.largest_answer = 1'000'001;
  answer = client_of(server, settings)->send(get("/x"));
  REQUIRE(answer);
  CHECK(answer->body.size() == 1'000'001);
}

TEST_CASE("what is no HTTP is said so") {
  HttpServer server([](const ReceivedRequest&) {
    ServerAnswer out;
    out.raw = "SSH-2.0-OpenSSH_9.2\r\n\r\n";
    out.ending = Ending::close;
    return out;
  });
  const auto answer = client_of(server)->send(get("/x"));
  REQUIRE(!answer);
  CHECK(answer.error().message == "GET " + server.address() + "/x: what answers is no HTTP server");
  CHECK(answer.error().retry == Retry::never);
}

TEST_CASE("interim answers are passed over, header values are trimmed") {
  HttpServer server([](const ReceivedRequest&) {
    ServerAnswer out;
    out.raw =
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
        "HTTP/1.1 200 OK\r\nX-A:  b c \t\r\nX-None:\r\nContent-Length: 2\r\n\r\nok";
    return out;
  });
  const auto answer = client_of(server)->send(get("/x"));
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(answer->header("Link") == nullptr);
  CHECK(*answer->header("x-a") == "b c");
  CHECK(answer->header("x-none")->empty());
  CHECK(answer->body == "ok");
}

TEST_CASE("headers and paths that would change the request are refused") {
  HttpServer server(echo());
  const auto client = client_of(server);
  auto request = get("/x");
  request.headers = {{"X-Token", "secret\r\nX-Other: 1"}};
  auto answer = client->send(request);
  REQUIRE(!answer);
  CHECK(answer.error().message == "the HTTP header X-Token has a line end in its value");
  answer = client->send(get("/a b?secret"));
  REQUIRE(!answer);
  CHECK(answer.error().message == "a request for \"/a b\" is not encoded");
  CHECK(answer.error().fault == Fault::internal);
  CHECK(server.requests().empty());
}

TEST_CASE("an IPv6 server") {
  HttpServer server(echo(), HttpServer::Host::ip6);
  const auto answer = client_of(server)->send(get("/x"));
  REQUIRE(answer);
  CHECK(server.requests().at(0).header("Host") == "[::1]:" + std::to_string(server.port()));
}

TEST_CASE("a content type of one's own") {
  HttpServer server(echo());
  HttpSettings settings;
  settings.headers = {{"content-type", "application/merge-patch+json"}};
  const auto client = client_of(server, settings);
  auto request = write("PATCH", "/x", "{}");
  REQUIRE(client->send(request));
  request.headers = {{"Content-Type", "text/plain"}};
  REQUIRE(client->send(request));
  for (const auto& [at, type] : {std::pair{0, "application/merge-patch+json"}, {1, "text/plain"}}) {
    const auto seen = server.requests().at(at);
    CHECK(seen.header("Content-Type") == type);
    CHECK(std::count_if(seen.headers.begin(), seen.headers.end(),
                        [](const auto& one) { return net::same_header(one.first, "Content-Type"); }) == 1);
  }
}

TEST_CASE("the environment's proxy does not lead to loopback") {
  HttpServer proxy([](const ReceivedRequest&) { return status(203); });
  HttpServer server(echo());
  ::setenv("http_proxy", proxy.address().c_str(), 1);
  const auto direct = client_of(server)->send(get("/x"));
  HttpSettings settings;
  settings.address = "http://vault.invalid:8200";
  const auto client = HttpClient::make(settings);
  const auto through = client ? (*client)->send(get("/x")) : Result<HttpResponse>(fail("no client"));
  ::unsetenv("http_proxy");
  REQUIRE(direct);
  CHECK(direct->status == 200);
  REQUIRE(through);
  CHECK(through->status == 203);
  CHECK(proxy.requests().size() == 1);
  CHECK(proxy.requests().at(0).target == "http://vault.invalid:8200/x");
}
