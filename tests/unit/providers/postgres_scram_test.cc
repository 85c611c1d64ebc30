#include "providers/postgres/scram.h"

#include <catch2/catch.hpp>

#include "engine/base/hash.h"

using namespace plumb;
using namespace plumb::postgres;

// RFC 7677, section 3: user `user`, password `pencil`.
TEST_CASE("a SCRAM verifier agrees with RFC 7677") {
  const auto salt = from_base64("W22ZaJ0SNY7soEsUEjb6gQ==").value();
  const auto verifier = scram_verifier("pencil", salt, 4096);
  REQUIRE(verifier.starts_with("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"));
  const auto keys = verifier.substr(verifier.rfind('$') + 1);
  const auto stored = from_base64(keys.substr(0, keys.find(':'))).value();
  const auto server = from_base64(keys.substr(keys.find(':') + 1)).value();
  const std::string message =
      "n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
      "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
  // The server's signature, and the client's proof undone: both are printed in the RFC.
  CHECK(base64(bytes(hmac_sha256(server, message))) == "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
  const auto signature = hmac_sha256(stored, message);
  auto client_key = from_base64("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=").value();
  for (std::size_t i = 0; i < client_key.size(); ++i) client_key[i] = static_cast<char>(client_key[i] ^ signature[i]);
  CHECK(std::string(bytes(sha256(client_key))) == stored);
}

TEST_CASE("a verifier tells the right password from a wrong one") {
  const auto verifier = new_verifier("correct horse");
  CHECK(verifier != new_verifier("correct horse"));  // salted
  CHECK(matches(evidence_of(verifier, "app"), "correct horse"));
  CHECK_FALSE(matches(evidence_of(verifier, "app"), "correct horsE"));
  CHECK_FALSE(matches(evidence_of(verifier, "app"), ""));
  CHECK(matches(scram_verifier("x", "salt", 10), "x"));
}

TEST_CASE("old MD5 verifiers are salted with the role's name") {
  const std::string verifier = "md56a422f785c9e20873908ce25d1736ae2";  // of "secretapp"
  CHECK(matches(evidence_of(verifier, "app"), "secret"));
  CHECK_FALSE(matches(evidence_of(verifier, "app"), "other"));
  CHECK_FALSE(matches(evidence_of(verifier, "apq"), "secret"));
  CHECK_FALSE(matches(verifier, "secret"));  // without the name
}

TEST_CASE("forms nobody knows match nothing") {
  for (const auto* evidence :
       {"", "plain", "SCRAM-SHA-256$", "SCRAM-SHA-256$x:AA==$b:c", "SCRAM-SHA-256$0:AA==$b:c",
        "SCRAM-SHA-256$99999999999:AA==$b:c", "SCRAM-SHA-256$1:?$b:c", "SCRAM-SHA-512$1:a$b:c", "md5", "md5 app"}) {
    CHECK_FALSE(matches(evidence, ""));
    CHECK_FALSE(matches(evidence, evidence));
  }
}
