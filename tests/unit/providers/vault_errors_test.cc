#include <catch2/catch.hpp>

#include "providers/vault/errors.h"

using namespace plumb;
using namespace plumb::vault;

namespace {

Call call(std::string method, std::string path) {
  Call out;
  out.method = std::move(method);
  out.path = std::move(path);
  return out;
}

HttpResponse response(int status, std::string body, std::vector<HttpHeader> headers = {}) {
  HttpResponse out;
  out.status = status;
  out.body = std::move(body);
  out.headers = std::move(headers);
  return out;
}

}  // namespace

TEST_CASE("a missing right names the path and what it takes") {
  Call read = call("GET", "secret/data/app?version=3");
  read.space = "team";
  const Error error = error_of(read, response(403, R"({"errors":["1 error occurred:\n\t* permission denied\n\n"]})"));
  CHECK(error.message == "GET secret/data/app in namespace team: permission denied");
  CHECK(error.next_step == "Give the token a policy with: path \"secret/data/app\" { capabilities = [\"read\"] }");
  CHECK(error.fault == Fault::denied);
  CHECK(error.retry == Retry::never);
  CHECK(error_of(call("POST", "a"), response(403, "{}")).next_step ==
        "Give the token a policy with: path \"a\" { capabilities = [\"create\", \"update\"] }");
}

TEST_CASE("a token that is none is a refusal of the credentials") {
  const Error error = error_of(call("GET", "a"), response(403, R"({"errors":["permission denied","invalid token"]})"));
  CHECK(error.fault == Fault::refused);
}

TEST_CASE("too many requests wait as long as the server wishes") {
  const Error error =
      error_of(call("POST", "a"),
               response(429, R"({"errors":["request path: rate limit quota exceeded"]})", {{"retry-after", "7"}}));
  CHECK(error.message == "POST a: request path: rate limit quota exceeded");
  CHECK(error.retry == Retry::later);
  CHECK(error.retry_after == std::chrono::seconds(7));
}

TEST_CASE("a sealed server is unreachable for now") {
  const Error error = error_of(call("POST", "a"), response(503, R"({"errors":["Vault is sealed"]})"));
  CHECK(error.message == "POST a: Vault is sealed");
  CHECK(error.next_step == "Unseal the server, and run again");
  CHECK(error.fault == Fault::unreachable);
  CHECK(error.retry == Retry::later);
}

TEST_CASE("an internal error of a write may have happened") {
  CHECK(error_of(call("POST", "a"), response(500, R"({"errors":["internal error"]})")).retry == Retry::outcome_unknown);
  CHECK(error_of(call("GET", "a"), response(500, "<html>")).retry == Retry::later);
  CHECK(error_of(call("DELETE", "a"), response(502, "")).message == "DELETE a: the server answers 502");
}

TEST_CASE("a lost check-and-set is somebody else's write") {
  const Error error =
      error_of(call("POST", "secret/data/a"),
               response(400, R"({"errors":["check-and-set parameter did not match the current version"]})"));
  CHECK(error.next_step == "Somebody else wrote it in between: plan again");
  CHECK(error.retry == Retry::never);
}

TEST_CASE("a store that is being upgraded is waited for") {
  const Error error = error_of(
      call("GET", "secret/data/a"),
      response(
          400,
          R"({"errors":["Upgrading from non-versioned to versioned data. This backend will be unavailable for a brief period and will resume service shortly."]})"));
  CHECK(error.retry == Retry::later);
}

TEST_CASE("a path that the router would clean up is no standby") {
  const Error error = error_of(call("GET", "a//b"), response(307, "", {{"Location", "/v1/a/b"}}));
  CHECK(error.message == "GET a//b: the server knows this path as /v1/a/b");
  CHECK(error.fault == Fault::provider);
}

TEST_CASE("standbys say where to go") {
  CHECK(error_of(call("GET", "a"), response(307, "", {{"Location", "https://active.test/v1/a"}})).next_step ==
        "Give the address of the active server, it names https://active.test/v1/a");
  CHECK(error_of(call("GET", "a"), response(472, "")).fault == Fault::unreachable);
}
