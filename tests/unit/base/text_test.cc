#include "engine/base/text.h"

#include <catch2/catch.hpp>
#include <chrono>

#include "engine/base/clock.h"

using namespace plumb;
using namespace std::chrono_literals;

TEST_CASE("JSON escapes what must be and keeps the rest") {
  CHECK(json_escape("plain \xc3\xa9 / text") == "plain \xc3\xa9 / text");
  CHECK(json_escape("a\"b\\c\nd\te\rf") == R"(a\"b\\c\nd\te\rf)");
  CHECK(json_escape(std::string_view("\0\x1f\x7f", 3)) == R"(\u0000\u001f\u007f)");
  CHECK(json_escape("a\xff\x62") == "a\xef\xbf\xbd\x62");
  CHECK(json_escape("\xf0\x9f\x98\x80") == "\xf0\x9f\x98\x80");
}

TEST_CASE("UTF-8 is told from what only looks like it") {
  for (const char* good :
       {"", "a", "\xc2\x80", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    CHECK(valid_utf8(good));
  }
  // A lone continuation, overlong forms, surrogates, too high, cut short.
  for (const char* bad :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80", "\xff", "\xc2", "\xe2\x82", "\xf0\x9f\x98", "\xc2\x41"}) {
    CHECK_FALSE(valid_utf8(bad));
  }
}

TEST_CASE("text for a terminal cannot move the cursor or turn around") {
  CHECK(printable("\x1b[31mred") == R"(\x1b[31mred)");
  CHECK(printable("a\xe2\x80\xae\x62") == R"(a\u202eb)");
  CHECK(printable("a\xe2\x81\xa6\x62") == R"(a\u2066b)");
  CHECK(printable("\xc2\x9b") == R"(\u009b)");
  CHECK(printable("a\nb\tc") == R"(a\nb\tc)");
  CHECK(printable("a\nb\rc", true) == "a\nb\\rc");
  CHECK(printable("\xff\xc3\xa9") == "\\xff\xc3\xa9");
}

TEST_CASE("counts agree with their nouns") {
  CHECK(counted(1, "instance") == "1 instance");
  CHECK(counted(0, "instance") == "0 instances");
  CHECK(counted(3, "policy", "policies") == "3 policies");
  CHECK(join({}, ", ").empty());
  CHECK(join({"a", "b", "c"}, ", ") == "a, b, c");
  CHECK(url_encode("a b/\xc3\xa9~-_.+") == "a%20b%2F%C3%A9~-_.%2B");
}

TEST_CASE("globs match paths") {
  CHECK(glob_match("*.yaml", "plumb.yaml"));
  CHECK_FALSE(glob_match("*.yaml", "sub/plumb.yaml"));
  CHECK(glob_match("**/*.yaml", "plumb.yaml"));
  CHECK(glob_match("**/*.yaml", "a/b/plumb.yaml"));
  CHECK_FALSE(glob_match("**/b.yaml", "a/bb.yaml"));
  CHECK_FALSE(glob_match("**/b.yaml", "a/xb.yaml"));
  CHECK(glob_match("a/**/z", "a/z"));
  CHECK(glob_match("a/**/z", "a/b/c/z"));
  CHECK(glob_match("a/**", "a/b/c"));
  CHECK_FALSE(glob_match("a/**", "b/a/c"));
  CHECK(glob_match("labels.*", "labels.team"));
  CHECK(glob_match("**", ""));
  CHECK(glob_match("", ""));
  CHECK_FALSE(glob_match("", "a"));
  CHECK(glob_match("?at", "cat"));
  CHECK_FALSE(glob_match("a?b", "a/b"));
  CHECK(glob_match("a*b*c", "aXbYbZc"));
  CHECK_FALSE(glob_match("a*b*c", "aXbYbZ"));
  CHECK(glob_match("**/a*b/*.x", "q/aab/r/a1b/f.x"));
}

TEST_CASE("a glob of many stars is not exponential") {
  std::string glob;
  for (int i = 0; i < 40; ++i) glob += "*a";
  CHECK_FALSE(glob_match(glob + "b", std::string(5000, 'a')));
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += "**a";
  CHECK_FALSE(glob_match(deep + "b", std::string(5000, 'a')));
}

TEST_CASE("times, durations and sizes read well") {
  CHECK(rfc3339(Clock::Time(1'795'262'400s + 999ms)) == "2026-11-21T12:00:00Z");
  CHECK(rfc3339(Clock::Time{}) == "1970-01-01T00:00:00Z");
  CHECK(duration_text(0ns) == "0 ms");
  CHECK(duration_text(-5s) == "0 ms");
  CHECK(duration_text(12ms) == "12 ms");
  CHECK(duration_text(999'900us) == "1.0 s");
  CHECK(duration_text(3400ms) == "3.4 s");
  CHECK(duration_text(59'970ms) == "1 min");
  CHECK(duration_text(125s) == "2 min 5 s");
  CHECK(duration_text(3599s + 900ms) == "1 h");
  CHECK(duration_text(2h + 3min) == "2 h 3 min");
  CHECK(size_text(0) == "0 B");
  CHECK(size_text(812) == "812 B");
  CHECK(size_text(4'200'000) == "4.2 MB");
  CHECK(size_text(999'999) == "1.0 MB");
  CHECK(size_text(UINT64_MAX) == "18.4 EB");
}

TEST_CASE("the system's clock runs") {
  const auto before = system_clock().ticks();
  CHECK(system_clock().now() > Clock::Time(1'700'000'000s));
  CHECK(system_clock().ticks() >= before);
}
