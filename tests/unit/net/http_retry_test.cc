#include "engine/net/http_retry.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "engine/base/clock.h"
#include "tests/unit/net/http_helpers.h"

using namespace plumb;
using namespace plumb::test;
using namespace std::chrono_literals;

TEST_CASE("reads are repeated when the server is busy or goes away") {
  for (const int code : {429, 502, 503, 504}) {
    HttpServer server(script({status(code), status(code)}));
    const auto client = client_of(server);
    const auto answer = client->send(get("/x"));
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK(server.requests().size() == 3);
  }
  for (const auto ending : {Ending::no_answer, Ending::half}) {
    HttpServer server(script({ends(ending), ends(ending)}));
    const auto client = client_of(server);
    const auto answer = client->send(get("/x"));
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK(server.requests().size() == 3);
  }
}

TEST_CASE("the last answer is given when attempts run out") {
  HttpServer server([](const ReceivedRequest&) { return status(503); });
  HttpSettings settings;
  settings.attempts = 3;
  const auto client = client_of(server, settings);
  const auto answer = client->send(get("/x"));
  REQUIRE(answer);
  CHECK(answer->status == 503);
  CHECK(server.requests().size() == 3);
  CHECK(client->sent() == 3);
}

TEST_CASE("Retry-After is waited for, without a place of the cap") {
  HttpServer server(script({status(503, {{"Retry-After", "1"}})}));
  HttpSettings settings;
  settings.connections = 1;
  const auto client = client_of(server, settings);
  const auto start = system_clock().ticks();
  int waited = 0;
  std::thread waits([&] {
    const auto answer = client->send(get("/waits"));
    waited = answer ? answer->status : 0;
  });
  while (server.requests().empty()) std::this_thread::sleep_for(1ms);
  const auto passed = client->send(get("/passes"));
  const auto taken = system_clock().ticks() - start;
  waits.join();
  CHECK(waited == 200);
  CHECK(passed);
  CHECK(taken < 900ms);
  CHECK(system_clock().ticks() - start >= 1s);
  CHECK(server.requests().size() == 3);
}

TEST_CASE("a Retry-After beyond the total ends the attempts at once") {
  HttpServer server([](const ReceivedRequest&) { return status(429, {{"Retry-After", "31"}}); });
  const auto client = client_of(server);
  const auto answer = client->send(get("/x"));
  REQUIRE(answer);
  CHECK(answer->retry_after() == 31s);
  CHECK(server.requests().size() == 1);
}

TEST_CASE("no attempt starts later than the total") {
  HttpServer server([](const ReceivedRequest&) { return status(503); });
  HttpSettings settings;
  settings.attempts = 1000;
  settings.retry_total = 300ms;
  const auto client = client_of(server, settings);
  const auto start = system_clock().ticks();
  const auto answer = client->send(get("/x"));
  REQUIRE(answer);
  CHECK(answer->status == 503);
  CHECK(system_clock().ticks() - start < 2s);
  CHECK(server.requests().size() < 100);
}

TEST_CASE("what writes is never repeated") {
  SECTION("a busy server is the caller's business") {
    for (const int code : {429, 502, 503, 504}) {
      HttpServer server([&](const ReceivedRequest&) { return status(code); });
      const auto answer = client_of(server)->send(write("POST", "/x", "{}"));
      REQUIRE(answer);
      CHECK(answer->status == code);
      CHECK(server.requests().size() == 1);
    }
  }
  SECTION("a lost answer on a kept-alive connection") {
    for (const char* method : {"POST", "PUT", "DELETE", "LIST"}) {
      for (const char* body : {"", "{}"}) {
        HttpServer server(script({ServerAnswer{}, ends(Ending::no_answer)}));
        const auto client = client_of(server);
        REQUIRE(client->send(get("/first")));
        const auto answer = client->send(write(method, "/second?q=hidden", body));
        REQUIRE(!answer);
        CHECK(answer.error().retry == Retry::outcome_unknown);
        CHECK(answer.error().fault == Fault::unreachable);
        CHECK(answer.error().message == std::string(method) + " " + server.address() +
                                            "/second: the connection was lost before the answer was whole, so it may "
                                            "or may not have happened");
        CHECK(answer.error().next_step == "look at the server whether it happened before it is sent again");
        CHECK(server.requests().size() == 2);
        CHECK(client->sent() == 2);
        CHECK(client->send(get("/third")));
      }
    }
  }
  SECTION("a lost answer on a new connection, half an answer, no answer in time") {
    for (const auto ending : {Ending::no_answer, Ending::half, Ending::hang}) {
      HttpServer server(script({ends(ending)}));
      auto request = write("POST", "/x", "{}");
      request.timeout = 100ms;
      const auto answer = client_of(server)->send(request);
      REQUIRE(!answer);
      CHECK(answer.error().retry == Retry::outcome_unknown);
      CHECK(server.requests().size() == 1);
    }
  }
}

TEST_CASE("curl's own repeat of a read on a closed connection is counted") {
  HttpServer server(script({ServerAnswer{}, ends(Ending::no_answer)}));
  HttpSettings settings;
  settings.attempts = 1;
  const auto client = client_of(server, settings);
  REQUIRE(client->send(get("/first")));
  const auto answer = client->send(get("/second"));
  REQUIRE(answer);
  CHECK(server.requests().size() == 3);
  CHECK(client->sent() == 3);
}

TEST_CASE("a write after the server dropped its idle connections goes out on a new one") {
  HttpServer server(echo());
  const auto client = client_of(server);
  REQUIRE(client->send(get("/first")));
  server.drop_connections();
  std::this_thread::sleep_for(20ms);
  const auto answer = client->send(write("POST", "/second", "{}"));
  REQUIRE(answer);
  CHECK(server.connections() == 2);
}

TEST_CASE("waits are doubled, spread, and limited") {
  HttpSettings settings;
  settings.attempts = 100;
  settings.retry_total = 1h;
  for (const auto& [attempts, most] : std::vector<std::pair<std::size_t, std::chrono::milliseconds>>{
           {1, 100ms}, {2, 200ms}, {3, 400ms}, {6, 3200ms}, {7, 5000ms}, {99, 5000ms}}) {
    auto longest = 0ms;
    auto shortest = std::chrono::milliseconds(1h);
    for (int i = 0; i < 300; ++i) {
      const auto wait = net::next_attempt(settings, {attempts, 0ms, 0ms});
      REQUIRE(wait);
      longest = std::max(longest, *wait);
      shortest = std::min(shortest, *wait);
    }
    CHECK(longest <= most);
    CHECK(longest > most * 8 / 10);
    CHECK(shortest < most * 2 / 10);
  }
}

TEST_CASE("waits respect the server's wish, the attempts and the total") {
  HttpSettings settings;
  settings.attempts = 3;
  settings.retry_total = 10s;
  for (int i = 0; i < 100; ++i) {
    const auto wait = net::next_attempt(settings, {1, 1s, 2s});
    REQUIRE(wait);
    CHECK(*wait >= 2s);
    CHECK(*wait <= 2100ms);
  }
  CHECK(net::next_attempt(settings, {2, 1s, 9s}) == 9s);
  CHECK(!net::next_attempt(settings, {2, 1s, 9001ms}));
  CHECK(!net::next_attempt(settings, {3, 0s, 0s}));
  CHECK(!net::next_attempt(settings, {2, 10s, 0s}));
}

TEST_CASE("Retry-After in seconds and as a date") {
  const auto after = [](std::vector<HttpHeader> headers) {
    HttpResponse response;
    response.headers = std::move(headers);
    return response.retry_after();
  };
  CHECK(after({}) == 0ms);
  CHECK(after({{"retry-after", "7"}}) == 7s);
  CHECK(after({{"Retry-After", "0"}}) == 0s);
  CHECK(after({{"Retry-After", ""}}) == 0s);
  CHECK(after({{"Retry-After", "soon"}}) == 0s);
  CHECK(after({{"Retry-After", "-5"}}) == 0s);
  CHECK(after({{"Retry-After", "99999999999999999999999"}}) == 24h);
  const HttpHeader date{"Date", "Sat, 21 Nov 2026 12:00:00 GMT"};
  CHECK(after({date, {"Retry-After", "Sat, 21 Nov 2026 12:00:09 GMT"}}) == 9s);
  CHECK(after({date, {"Retry-After", "Saturday, 21-Nov-26 12:01:00 GMT"}}) == 60s);
  CHECK(after({date, {"Retry-After", "Sat, 21 Nov 2026 11:59:59 GMT"}}) == 0s);
  // Without a Date by our own clock.
  CHECK(after({{"Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT"}}) == 0s);
  CHECK(after({{"Retry-After", "Thu, 21 Oct 2100 07:28:00 GMT"}}) == 24h);
}
