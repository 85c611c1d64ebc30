#include "engine/base/hash.h"

#include <catch2/catch.hpp>
#include <string>

using namespace plumb;

namespace {

std::string hex_of(const Digest& digest) { return hex(bytes(digest)); }

}  // namespace

TEST_CASE("SHA-256 gives the answers of FIPS 180-2") {
  CHECK(hex_of(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hex_of(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex_of(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST_CASE("SHA-256 of a stream does not depend on the pieces") {
  Sha256 million;
  const std::string piece(997, 'a');
  for (int i = 0; i < 1'000'000 / 997; ++i) million.update(piece);
  million.update(std::string(1'000'000 % 997, 'a'));
  million.update("");
  CHECK(hex_of(million.finish()) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("HMAC-SHA-256 gives the answers of RFC 4231") {
  CHECK(hex_of(hmac_sha256(std::string(20, '\x0b'), "Hi There")) ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(hex_of(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hex_of(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  CHECK(hex_of(hmac_sha256("", "")) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST_CASE("HKDF-SHA-256 gives the answer of RFC 5869, case 3") {
  CHECK(hex_of(hkdf_sha256(std::string(22, '\x0b'), "")) ==
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
  CHECK(hkdf_sha256("key", "digest") != hkdf_sha256("key", "seal"));
}

TEST_CASE("PBKDF2-HMAC-SHA-256 gives the answers of RFC 7914 and of SCRAM") {
  CHECK(hex_of(pbkdf2_sha256("passwd", "salt", 1)) ==
        "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc");
  CHECK(hex_of(pbkdf2_sha256("Password", "NaCl", 80000)) ==
        "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56");
  // RFC 7677, section 3: the proof that the salted password of `pencil` leads to.
  const Digest salted = pbkdf2_sha256("pencil", from_base64("W22ZaJ0SNY7soEsUEjb6gQ==").value(), 4096);
  const Digest client = hmac_sha256(bytes(salted), "Client Key");
  const std::string nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
  const std::string message =
      "n=user,r=rOprNGfwEbeRWgbNEkqO,r=" + nonce + ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=" + nonce;
  const Digest signature = hmac_sha256(bytes(sha256(bytes(client))), message);
  Digest proof{};
  for (std::size_t i = 0; i < proof.size(); ++i) proof[i] = client[i] ^ signature[i];
  CHECK(base64(bytes(proof)) == "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
}

TEST_CASE("CRC-32C gives the answers of RFC 3720") {
  CHECK(crc32c("") == 0);
  CHECK(crc32c("123456789") == 0xe3069283);
  CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aa);
  CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43);
  std::string rising;
  for (char c = 0; c < 32; ++c) rising += c;
  CHECK(crc32c(rising) == 0x46dd794e);
}

TEST_CASE("base64 gives the answers of RFC 4648") {
  const std::pair<std::string, std::string> cases[] = {{"", ""},
                                                       {"f", "Zg=="},
                                                       {"fo", "Zm8="},
                                                       {"foo", "Zm9v"},
                                                       {"foob", "Zm9vYg=="},
                                                       {"fooba", "Zm9vYmE="},
                                                       {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, text] : cases) {
    CHECK(base64(plain) == text);
    CHECK(from_base64(text) == plain);
    CHECK(from_base64(base64url(plain)) == plain);
  }
  CHECK(base64("\xfb\xff") == "+/8=");
  CHECK(base64url("\xfb\xff") == "-_8");
  CHECK(from_base64("-_8") == "\xfb\xff");
}

TEST_CASE("what is no base64 or hex is refused") {
  for (const char* text : {"Z", "Zg=", "Zg===", "Z===", "Zm9v=", "Zm 9v", "Zh==", "=", "Zm=v"})
    CHECK(!from_base64(text));
  CHECK(from_hex("00fFAb") == std::string("\0\xff\xab", 3));
  for (const char* text : {"0", "0g", "0x"}) CHECK(!from_hex(text));
}

TEST_CASE("constant-time comparison compares") {
  CHECK(equal_in_constant_time("", ""));
  CHECK(equal_in_constant_time("secret", "secret"));
  CHECK_FALSE(equal_in_constant_time("secret", "secreT"));
  CHECK_FALSE(equal_in_constant_time("secret", "secrets"));
}
