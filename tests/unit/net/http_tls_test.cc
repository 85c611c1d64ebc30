#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>

#include "engine/base/file_system.h"
#include "tests/support/certificates.h"
#include "tests/unit/net/http_helpers.h"

using namespace plumb;
using namespace plumb::test;

namespace {

// Made once: keys cost time.
struct Certificates {
  TestCertificate authority = make_authority("authority");
  TestCertificate other = make_authority("another authority");
  TestCertificate by_ip = issue(authority, "IP:127.0.0.1");
  TestCertificate by_name = issue(authority, "DNS:vault.test");
  TestCertificate client = issue(authority, "DNS:client");
  TestCertificate stranger = issue(other, "DNS:client");
};

const Certificates& certificates() {
  static const Certificates all;
  return all;
}

ServerTls tls_of(const TestCertificate& one, std::string client_authority = {}) {
  return {one.certificate, one.key, std::move(client_authority)};
}

HttpSettings trusting(const TestCertificate& authority) {
  HttpSettings out;
  out.tls.ca_pem = authority.certificate;
  return out;
}

// A directory of the test's own, gone with it.
struct Folder {
  std::string path;
  Folder() {
    char name[] = "/tmp/plumb-tls-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~Folder() {
    auto names = real_file_system().list(path);
    for (const auto& name : names ? *names : std::vector<std::string>{}) ::unlink((path + "/" + name).c_str());
    ::rmdir(path.c_str());
  }
  std::string file(const std::string& name, const std::string& text) const {
    REQUIRE(replace_file(real_file_system(), path + "/" + name, text, 0600));
    return path + "/" + name;
  }
};

Error refused(HttpSettings settings) {
  settings.address = "https://127.0.0.1:1";
  const auto made = HttpClient::make(std::move(settings));
  REQUIRE(!made);
  CHECK(made.error().fault == Fault::input);
  return made.error();
}

}  // namespace

TEST_CASE("a certificate of a trusted authority for the address") {
  HttpServer server(echo(), tls_of(certificates().by_ip));
  const auto client = client_of(server, trusting(certificates().authority));
  const auto answer = client->send(get("/x"));
  REQUIRE(answer);
  CHECK(answer->body == "GET /x ");
  REQUIRE(client->send(write("POST", "/x", "body")));
  CHECK(server.connections() == 1);
}

TEST_CASE("a file of authorities, or a directory of them") {
  const Folder folder;
  HttpServer server(echo(), tls_of(certificates().by_ip));
  HttpSettings settings;
  settings.tls.ca_file = folder.file("ca.pem", certificates().other.certificate + certificates().authority.certificate);
  CHECK(client_of(server, settings)->send(get("/x")));
  settings.tls.ca_file = folder.file("other.pem", certificates().other.certificate);
  CHECK(!client_of(server, settings)->send(get("/x")));
  settings.tls.ca_file.clear();
  settings.tls.ca_path = folder.path;  // nothing there has a hashed name
  CHECK(!client_of(server, settings)->send(get("/x")));
  folder.file(subject_hash(certificates().authority) + ".0", certificates().authority.certificate);
  CHECK(client_of(server, settings)->send(get("/x")));
}

TEST_CASE("an authority that nobody trusts") {
  HttpServer server(echo(), tls_of(certificates().by_ip));
  for (const auto& settings : {trusting(certificates().other), HttpSettings{}}) {
    for (const bool reads : {true, false}) {
      auto request = get("/x");
      request.reads = reads;
      const auto answer = client_of(server, settings)->send(request);
      REQUIRE(!answer);
      CHECK(answer.error().message ==
            "GET " + server.address() +
                "/x: the server's certificate is not trusted: unable to get local issuer certificate");
      CHECK(answer.error().next_step == "name the authority that signed it in ca_pem, ca_file or ca_path");
      CHECK(answer.error().fault == Fault::input);
      CHECK(answer.error().retry == Retry::never);
    }
  }
  CHECK(server.connections() == 4);  // not tried again
  CHECK(server.requests().empty());
  HttpSettings blind;
  blind.tls.verify = false;
  CHECK(client_of(server, blind)->send(get("/x")));
}

TEST_CASE("a certificate for another name") {
  HttpServer server(echo(), tls_of(certificates().by_name));
  auto settings = trusting(certificates().authority);
  settings.tls.names.server_name = "tls_server_name";
  auto answer = client_of(server, settings)->send(get("/x"));
  REQUIRE(!answer);
  CHECK(answer.error().message == "GET " + server.address() + "/x: the server's certificate is not for 127.0.0.1");
  CHECK(answer.error().next_step ==
        "use the name that stands in the certificate, in the address or in tls_server_name");
  CHECK(answer.error().fault == Fault::input);
  CHECK(answer.error().retry == Retry::never);
  settings.tls.server_name = "vault.test";
  answer = client_of(server, settings)->send(get("/x"));
  REQUIRE(answer);
  CHECK(server.requests().at(0).header("Host") == "127.0.0.1:" + std::to_string(server.port()));
  CHECK(server.names_asked() == std::vector<std::string>{"", "vault.test"});
  settings.tls.server_name = "other.test";
  answer = client_of(server, settings)->send(get("/x"));
  REQUIRE(!answer);
  CHECK(answer.error().message == "GET " + server.address() + "/x: the server's certificate is not for other.test");
}

TEST_CASE("a client certificate") {
  HttpServer server(echo(), tls_of(certificates().by_ip, certificates().authority.certificate));
  auto settings = trusting(certificates().authority);
  SECTION("none") {
    for (const bool reads : {true, false}) {
      auto request = get("/x");
      request.reads = reads;
      const auto answer = client_of(server, settings)->send(request);
      REQUIRE(!answer);
      CHECK(answer.error().message == "GET " + server.address() + "/x: the server asks for a client certificate");
      CHECK(answer.error().next_step == "set certificate_file and key_file");
      CHECK(answer.error().fault == Fault::refused);
      CHECK(answer.error().retry == Retry::never);
    }
    CHECK(server.connections() == 2);
  }
  SECTION("of another authority") {
    settings.tls.certificate_pem = certificates().stranger.certificate;
    settings.tls.key_pem = certificates().stranger.key;
    const auto answer = client_of(server, settings)->send(get("/x"));
    REQUIRE(!answer);
    CHECK(answer.error().message == "GET " + server.address() + "/x: the server refuses our client certificate");
    CHECK(answer.error().next_step == "check that the server trusts the certificate in certificate_file");
    CHECK(answer.error().fault == Fault::refused);
    CHECK(answer.error().retry == Retry::never);
  }
  SECTION("the right one, as text, as files, in one file with its key") {
    const Folder folder;
    const auto& client = certificates().client;
    settings.tls.certificate_pem = client.certificate;
    settings.tls.key_pem = client.key;
    CHECK(client_of(server, settings)->send(get("/x")));
    settings.tls.certificate_pem = settings.tls.key_pem = "";
    settings.tls.certificate_file = folder.file("client.pem", client.certificate);
    settings.tls.key_file = folder.file("client.key", client.key);
    CHECK(client_of(server, settings)->send(get("/x")));
    settings.tls.certificate_file = folder.file("both.pem", client.certificate + client.key);
    settings.tls.key_file = "";
    CHECK(client_of(server, settings)->send(get("/x")));
  }
}

TEST_CASE("TLS settings are checked before the first connection") {
  const Folder folder;
  HttpSettings settings;
  SECTION("a file that is not there") {
    settings.tls.ca_file = folder.path + "/none.pem";
    const auto error = refused(settings);
    CHECK(error.message.find(folder.path + "/none.pem") != std::string::npos);
    CHECK(error.next_step == "check the path in ca_pem, ca_file or ca_path");
  }
  SECTION("no certificate in it") {
    settings.tls.ca_file = folder.file("ca.pem", "hello");
    const auto error = refused(settings);
    CHECK(error.message == folder.path + "/ca.pem holds no certificate in PEM form");
  }
  SECTION("no directory") {
    settings.tls.ca_path = folder.file("ca.pem", "hello");
    CHECK(refused(settings).message == folder.path + "/ca.pem is no directory");
  }
  SECTION("a key without a certificate") {
    settings.tls.key_pem = certificates().client.key;
    const auto error = refused(settings);
    CHECK(error.message == "there is a client key in the PEM text of key_file but no certificate");
    CHECK(error.next_step == "set certificate_file too");
  }
  SECTION("a certificate without a key") {
    settings.tls.certificate_pem = certificates().client.certificate;
    CHECK(refused(settings).message == "the PEM text of certificate_file holds no private key in PEM form");
  }
  SECTION("a key of another certificate") {
    settings.tls.certificate_pem = certificates().client.certificate;
    settings.tls.key_pem = certificates().stranger.key;
    CHECK(refused(settings).message ==
          "the key in the PEM text of key_file does not belong to the certificate in the PEM text of certificate_file");
  }
  SECTION("a key with a passphrase") {
    settings.tls.certificate_pem = certificates().client.certificate;
    settings.tls.key_pem = with_passphrase(certificates().client.key, "hidden");
    CHECK(refused(settings).message == "the PEM text of key_file holds a key with a passphrase");
  }
  SECTION("a server name with a port") {
    settings.tls.server_name = "vault.test:8200";
    CHECK(refused(settings).message == "\"vault.test:8200\" is no host name");
  }
}

TEST_CASE("https to a server that does not speak it, and the reverse") {
  HttpServer plain(echo());
  HttpSettings settings;
  settings.address = "https" + plain.address().substr(4);
  auto client = HttpClient::make(settings);
  REQUIRE(client);
  auto answer = (*client)->send(get("/x"));
  REQUIRE(!answer);
  const auto where = "127.0.0.1:" + std::to_string(plain.port());
  CHECK(answer.error().message.starts_with("GET https://" + where + "/x: no TLS connection: "));
  CHECK(answer.error().message.find("wrong version number") != std::string::npos);
  CHECK(answer.error().next_step ==
        "check that the server speaks TLS at " + where + ", or write http:// where it does not");
  CHECK(answer.error().fault == Fault::unreachable);
  CHECK(answer.error().retry == Retry::never);
  HttpServer secret(echo(), tls_of(certificates().by_ip));
  settings.address = "http" + secret.address().substr(5);
  settings.attempts = 1;
  client = HttpClient::make(settings);
  REQUIRE(client);
  answer = (*client)->send(get("/x"));
  REQUIRE(!answer);
  CHECK(answer.error().fault == Fault::unreachable);
  CHECK(secret.requests().empty());
}

TEST_CASE("a lost answer over TLS is sent once where it writes") {
  HttpServer server(script({ServerAnswer{}, ends(Ending::no_answer)}), tls_of(certificates().by_ip));
  const auto client = client_of(server, trusting(certificates().authority));
  REQUIRE(client->send(get("/first")));
  const auto answer = client->send(write("POST", "/second", "{}"));
  REQUIRE(!answer);
  CHECK(answer.error().retry == Retry::outcome_unknown);
  CHECK(server.requests().size() == 2);
}
