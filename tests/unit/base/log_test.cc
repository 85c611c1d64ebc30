#include "engine/base/log.h"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>

#include "engine/base/redact.h"

using namespace plumb;

namespace {

// What a process of its own, with this PLUMB_LOG, writes to stderr: the level is read once for the life of a process.
std::string logged_with(const char* level) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::dup2(ends[1], STDERR_FILENO);
    ::setenv("PLUMB_LOG", level, 1);
    Redactor redactor;
    redactor.add("hunter2hunter2");
    log_redact_with(&redactor);
    PLUMB_LOG(debug, "sent hunter2hunter2");
    PLUMB_LOG(info, "two\nlines {} %s");
    PLUMB_LOG(warn, "careful");
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string out;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
    out.append(buffer, static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  return out;
}

bool holds(const std::string& text, const char* words) { return text.find(words) != std::string::npos; }

}  // namespace

TEST_CASE("traces are redacted and take one line each") {
  const std::string out = logged_with("debug");
  CHECK(holds(out, "sent (sensitive)\n"));
  CHECK(holds(out, "two\\nlines {} %s\n"));
  CHECK(holds(out, "careful\n"));
  CHECK_FALSE(holds(out, "hunter2"));
}

TEST_CASE("PLUMB_LOG chooses the least level, and none is the default") {
  const std::string out = logged_with("warn");
  CHECK(holds(out, "careful"));
  CHECK_FALSE(holds(out, "lines"));
  CHECK(logged_with("").empty());
  CHECK(logged_with("loud").empty());
}
