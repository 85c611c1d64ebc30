#include "engine/net/http_address.h"

#include <catch2/catch.hpp>

#include "engine/net/http.h"

using namespace plumb;
using net::parse_http_address;

namespace {

std::string message(const std::string& address) {
  HttpSettings settings;
  settings.address = address;
  const auto made = HttpClient::make(settings);
  REQUIRE(!made);
  CHECK(made.error().fault == Fault::input);
  CHECK(!made.error().next_step.empty());
  return made.error().message;
}

}  // namespace

TEST_CASE("an address is taken apart") {
  const auto whole = [](const char* text) {
    const auto parsed = parse_http_address(text);
    REQUIRE(parsed);
    return parsed->str();
  };
  CHECK(whole("https://vault.test:8200") == "https://vault.test:8200");
  CHECK(whole("HTTPS://Vault.Test:443/") == "https://vault.test");
  CHECK(whole("http://vault:80/a/b//") == "http://vault/a/b");
  CHECK(whole("http://[::1]:8200/v") == "http://[::1]:8200/v");
  CHECK(whole("https://[2001:DB8::1]") == "https://[2001:db8::1]");
  CHECK(whole("https://host/a@b") == "https://host/a@b");
  CHECK(parse_http_address("https://h")->port == 443);
  CHECK(parse_http_address("https://[::1]")->host == "::1");
}

TEST_CASE("what is no address says why") {
  CHECK(message("") == "the address is empty");
  CHECK(message("vault.test:8200") == "address \"vault.test:8200\": it does not start with https:// or http://");
  CHECK(message("ftp://x") == "address \"ftp://x\": its scheme is not https or http");
  CHECK(message("https://") == "address \"https://\": it names no host");
  CHECK(message("https:///x") == "address \"https:///x\": it names no host");
  CHECK(message("https://a b") == "address \"https://a b\": \"a b\" is no host name");
  CHECK(message("https://a:0") == "address \"https://a:0\": \"0\" is no port from 1 to 65535");
  CHECK(message("https://a:65536") == "address \"https://a:65536\": \"65536\" is no port from 1 to 65535");
  CHECK(message("https://a:") == "address \"https://a:\": \"\" is no port from 1 to 65535");
  CHECK(message("https://a:8x") == "address \"https://a:8x\": \"8x\" is no port from 1 to 65535");
  CHECK(message("https://::1") == "address \"https://::1\": an IPv6 host stands in brackets, as in https://[::1]:8200");
  CHECK(message("https://[::1") == "address \"https://[::1\": the [ of its IPv6 host is not closed");
  CHECK(message("https://[::x]") == "address \"https://[::x]\": [::x] is no IPv6 address");
  CHECK(message("https://[::1]8200") == "address \"https://[::1]8200\": its host has text after the ]");
  CHECK(message("https://h/a b") == "address \"https://h/a b\": its path has a character that must be percent-encoded");
}

TEST_CASE("credentials and queries in an address are not repeated") {
  const std::string told = "the address holds a user or a password before its @";
  CHECK(message("https://user:hidden@vault.test") == told);
  CHECK(message("user:hidden@vault.test") == told);
  CHECK(message("ftp://hidden@vault.test:x") == told);
  CHECK(message("https://h?token=hidden") == "address \"https://h\": it has a query after its ?");
  CHECK(message("https://h/x#hidden") == "address \"https://h/x\": it has a fragment after its #");
}

TEST_CASE("segments and paths are encoded") {
  CHECK(url_segment("a b/c?d#e%é~") == "a%20b%2Fc%3Fd%23e%25%C3%A9~");
  CHECK(url_path("a b/c/ü") == "a%20b/c/%C3%BC");
  CHECK(url_path("/a//") == "/a//");
  CHECK(url_path("") == "");
}

TEST_CASE("only what is surely loopback counts as loopback") {
  for (const char* local :
       {"http://127.0.0.1:8200", "http://127.9.9.9", "http://localhost", "http://LocalHost:1/x", "http://[::1]:8200",
        "http://[0:0:0:0:0:0:0:1]", "https://vault.test", "https://10.0.0.1"}) {
    CAPTURE(local);
    CHECK(!clear_text_beyond_loopback(local));
  }
  for (const char* beyond :
       {"http://127.0.0.1.evil.com", "http://localhost.evil", "http://localhost.", "http://127.0.0.1.", "http://127.1",
        "http://2130706433", "http://0x7f000001", "http://0177.0.0.1", "http://127.000.000.001", "http://10.0.0.1",
        "http://128.0.0.1", "http://[::2]", "http://[::ffff:127.0.0.1]", "http://0.0.0.0", "http://vault.test",
        "HTTP://vault.test", "vault.test", "http://localhost@evil.com", ""}) {
    CAPTURE(beyond);
    CHECK(clear_text_beyond_loopback(beyond));
  }
}
