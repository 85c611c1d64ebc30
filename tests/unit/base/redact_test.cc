#include "engine/base/redact.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <thread>
#include <vector>

#include "engine/base/hash.h"
#include "engine/base/random.h"
#include "engine/base/text.h"

using namespace plumb;

namespace {

std::string lower_url(std::string text) {
  for (std::size_t i = 0; i + 2 < text.size(); ++i) {
    if (text[i] != '%') continue;
    for (const std::size_t at : {i + 1, i + 2}) text[at] = static_cast<char>(std::tolower(text[at]));
  }
  return text;
}

std::string plus_url(std::string text) {
  for (std::size_t at = 0; (at = text.find("%20", at)) != std::string::npos;) text.replace(at, 3, "+");
  return text;
}

// As writers of plain ASCII do it.
std::string every_byte_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) out += "\\u00" + hex({&c, 1});
  return out;
}

const std::string awkward = "p\"a ss\\w/ord+\t%41&<x>";

}  // namespace

TEST_CASE("a secret is hidden in every encoding") {
  Redactor redactor;
  redactor.add(awkward);
  const std::vector<std::string> forms = {awkward,
                                          json_escape(awkward),
                                          json_escape(json_escape(awkward)),
                                          every_byte_escaped(awkward),
                                          url_encode(awkward),
                                          lower_url(url_encode(awkward)),
                                          plus_url(url_encode(awkward)),
                                          base64(awkward),
                                          base64url(awkward)};
  for (const std::string& form : forms) {
    CAPTURE(form);
    CHECK(redactor.redact(form) == "(sensitive)");
    CHECK(redactor.redact("<" + form + ">") == "<(sensitive)>");
    CHECK(redactor.redact("password: " + form + " refused by \\ % +") == "password: (sensitive) refused by \\ % +");
  }
}

TEST_CASE("a secret of UTF-8 is hidden however JSON spells it") {
  Redactor redactor;
  redactor.add("p\xc3\xa4sswort\xf0\x9f\x98\x80");
  CHECK(redactor.redact("p\xc3\xa4sswort\xf0\x9f\x98\x80") == "(sensitive)");
  CHECK(redactor.redact(R"("p\u00e4sswort\ud83d\uDE00")") == "\"(sensitive)\"");
  CHECK(redactor.redact(R"("p\u00E4sswort\ud83d")") == R"("p\u00E4sswort\ud83d")");
}

TEST_CASE("base64 is found at every alignment, phase and size") {
  for (std::size_t size = 8; size < 16; ++size) {
    const std::string secret = std::string("\xff\x80s3cr.t!\xfe~~@{}", 15).substr(0, size);
    Redactor redactor;
    redactor.add(secret);
    for (std::size_t before = 0; before < 7; ++before) {
      for (std::size_t after = 0; after < 4; ++after) {
        const std::string plain = std::string(before, '\x11') + secret + std::string(after, '\x11');
        for (const std::string& blob : {base64(plain), base64url(plain)}) {
          for (const char* const lead : {"", "x", "xy", "Basic ", "a=xyz"}) {
            const std::string shown = redactor.redact(lead + blob);
            CAPTURE(size, before, after, lead, shown);
            // What is left are the characters that hold nothing of the secret.
            const std::size_t left = before * 8 / 6;
            const std::size_t right = blob.size() - ((before + size) * 8 + 5) / 6;
            const bool padded = after == 0;
            CHECK(shown == lead + blob.substr(0, left) + "(sensitive)" +
                               (padded ? std::string() : blob.substr(blob.size() - right)));
          }
        }
      }
    }
  }
}

TEST_CASE("base64 is found over line breaks") {
  Redactor redactor;
  redactor.add("correct horse battery staple");
  std::string blob = base64("user:correct horse battery staple");
  blob.insert(30, "\r\n");
  blob.insert(10, "\n");
  const std::string shown = redactor.redact(blob);
  CHECK(shown.find("(sensitive)") != std::string::npos);
  CHECK(shown.size() < 20);
}

TEST_CASE("the lines of a secret are hidden one by one") {
  Redactor redactor;
  redactor.add("-----BEGIN KEY-----\nMIIEvQIBADANBg\r\nkqhkiG9w0BAQ\nshort\n-----END KEY-----\n");
  CHECK(redactor.redact("MIIEvQIBADANBg") == "(sensitive)");
  CHECK(redactor.redact("at kqhkiG9w0BAQ: no") == "at (sensitive): no");
  CHECK(redactor.redact("short") == "short");
  CHECK(redactor.redact("-----BEGIN KEY-----") == "-----BEGIN KEY-----");
  CHECK(redactor.redact(base64("kqhkiG9w0BAQ")) == "(sensitive)");
  CHECK(redactor.redact("-----BEGIN KEY-----\nMIIEvQIBADANBg\r\nkqhkiG9w0BAQ\nshort\n-----END KEY-----\n") ==
        "(sensitive)");
}

TEST_CASE("what is no secret stays as it is") {
  Redactor redactor;
  CHECK(redactor.redact("nothing known") == "nothing known");
  redactor.add("");
  redactor.add("seven77");
  CHECK(redactor.redact("seven77") == "seven77");
  redactor.add("eight888");
  for (const std::string& text : {std::string(), std::string("eight88"), std::string("eight8 88"),
                                  std::string("\\u00zz \\ %4 %zz ===="), std::string("\0\xff", 2)}) {
    CHECK(redactor.redact(text) == text);
  }
}

TEST_CASE("bytes that are no UTF-8 are hidden raw, and as JSON writes them") {
  Redactor redactor;
  const std::string secret = "key\xff\xfe\x80tail";
  redactor.add(secret);
  CHECK(redactor.redact(secret) == "(sensitive)");
  CHECK(redactor.redact(base64(secret)) == "(sensitive)");
  CHECK(redactor.redact(json_escape(secret)) == "(sensitive)");
}

TEST_CASE("overlapping, nested and repeated secrets leave nothing of themselves") {
  Redactor redactor;
  redactor.add("abcdefghij");
  redactor.add("ghijklmnop");
  redactor.add("cdefghij");
  redactor.add("aaaaaaaa");
  CHECK(redactor.redact("-abcdefghijklmnop-") == "-(sensitive)-");
  CHECK(redactor.redact("abcdefghij abcdefghij") == "(sensitive) (sensitive)");
  CHECK(redactor.redact("abcdefghiXcdefghijZ") == "abcdefghiX(sensitive)Z");
  CHECK(redactor.redact(std::string(100, 'a') + "b") == "(sensitive)b");
  CHECK(redactor.redact("abcdefghabcdefghij") == "abcdefgh(sensitive)");
}

TEST_CASE("secrets added between calls are all known") {
  Redactor redactor;
  std::vector<std::string> secrets;
  for (int i = 0; i < 300; ++i) {
    secrets.push_back("secret-" + random_id());
    redactor.add(secrets.back());
    redactor.add(secrets.back());
    CHECK(redactor.redact("<" + secrets[secrets.size() / 2] + "|" + secrets.back() + ">") ==
          "<(sensitive)|(sensitive)>");
  }
  for (const std::string& secret : secrets) CHECK(redactor.redact(base64(secret)) == "(sensitive)");
}

TEST_CASE("a call costs the same for one secret and for ten thousand") {
  const auto seconds = [](std::size_t count) {
    Redactor redactor;
    for (std::size_t i = 0; i < count; ++i) redactor.add("common prefix of all " + std::to_string(i));
    static_cast<void>(redactor.redact("build it now"));
    std::string text;
    while (text.size() < 200'000) text += "common prefix of all others ";
    const auto start = std::chrono::steady_clock::now();
    CHECK(redactor.redact(text).size() >= 200'000);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  CHECK(seconds(10'000) < 20 * seconds(1) + 0.5);
}

TEST_CASE("threads may add and redact at once") {
  Redactor redactor;
  std::vector<std::thread> threads;
  std::vector<int> missed(4, 0);
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 100; ++i) {
        const std::string secret = "thread " + std::to_string(t) + " secret " + std::to_string(i) + "!";
        redactor.add(secret);
        if (redactor.redact(secret) != "(sensitive)") ++missed[t];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(missed == std::vector<int>(4, 0));
}
