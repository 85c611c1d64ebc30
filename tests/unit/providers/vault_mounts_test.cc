#include <catch2/catch.hpp>

#include "providers/vault/mounts.h"
#include "providers/vault/types.h"
#include "tests/support/http_server.h"

using namespace plumb;
using namespace plumb::vault;
using plumb::test::HttpServer;
using plumb::test::ReceivedRequest;
using plumb::test::ServerAnswer;

namespace {

Value options(const char* version) { return Value(ValueMap{{"version", version}}); }

Value engine(const char* type) { return Value(ValueMap{{"path", "kv"}, {"type", type}}); }

Value engine(const char* type, Value its_options) {
  return Value(ValueMap{{"options", std::move(its_options)}, {"path", "kv"}, {"type", type}});
}

// `path: message` of all that is wrong.
std::vector<std::string> wrong(const vault::TypePtr& type, const Value& desired) {
  std::vector<std::string> out;
  for (const TypeError& error : type->check(desired)) {
    CHECK_FALSE(error.next_step.empty());
    out.push_back(error.path.str() + ": " + error.message);
  }
  return out;
}

using Messages = std::vector<std::string>;

constexpr const char* kUnsealed =
    R"({"initialized":true,"sealed":false,"version":"2.7.2","commit_date":"2026-10-26","cluster_id":"c1"})";

// Tells of mounts, by namespace, and counts who asks.
struct Peer {
  HttpServer server{[](const ReceivedRequest& request) {
    ServerAnswer out;
    if (request.target == "/v1/sys/seal-status") {
      out.body = kUnsealed;
    } else if (request.target == "/v1/auth/token/lookup-self") {
      out.body = R"({"data":{"ttl":0}})";
    } else if (request.target != "/v1/sys/mounts") {
      out.status = 404;
    } else if (request.header("X-Vault-Namespace") == "gone") {
      out.status = 404;
      out.body = R"({"errors":["namespace not found"]})";
    } else if (request.header("X-Vault-Namespace") == "shut") {
      out.status = 403;
      out.body = R"({"errors":["1 error occurred:\n\t* permission denied\n\n"]})";
    } else {
      out.body = R"({"data":{"moved/":{"type":"kv","accessor":"kv_1","options":null,"config":{"max_lease_ttl":60}},
                             "old/":{"type":"transit","accessor":"t_2","options":{},"config":{}},
                             "sys/":{"type":"ns_system","accessor":"s_3","seal_wrap":true,"config":{}}}})";
    }
    return out;
  }};
  std::unique_ptr<Client> client = [this] {
    Settings settings;
    settings.http.address = server.address();
    settings.http.attempts = 1;
    settings.login.token = "given";
    return std::move(Client::open(std::move(settings))).value();
  }();

  [[nodiscard]] std::size_t asked() const {
    const auto all = server.requests();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [](const auto& one) { return one.target == "/v1/sys/mounts"; }));
  }
};

ReadKey key(const char* space, const char* path, std::string accessor = {}) {
  return {Value(ValueMap{{"namespace", space}, {"path", path}}), std::move(accessor), {}};
}

}  // namespace

TEST_CASE("every spelling of a key-value store is one") {
  const Value two = engine("kv", options("2"));
  CHECK(canonical_engine(engine("kv-v2")) == two);
  CHECK(canonical_engine(engine("kv-v2", options("2"))) == two);
  CHECK(canonical_engine(engine("kv", options("2"))) == two);
  CHECK(canonical_engine(two) == two);
  const Value one = engine("kv", options("1"));
  CHECK(canonical_engine(engine("kv")) == one);
  CHECK(canonical_engine(engine("kv-v1")) == one);
  CHECK(canonical_engine(engine("kv", Value())) == one);
  CHECK(canonical_engine(engine("transit")) == engine("transit"));
  // What is not known cannot be merged with what is.
  CHECK(canonical_engine(engine("kv-v2", Value::unknown())) == engine("kv-v2", Value::unknown()));
}

TEST_CASE("a store of a version it is not is an error") {
  const auto type = make_mount();
  CHECK(wrong(type, engine("kv-v2", options("1"))) ==
        Messages{"options.version: kv-v2 is version 2, and this says \"1\""});
  CHECK(wrong(type, engine("kv-v1", options("2"))) ==
        Messages{"options.version: kv-v1 is version 1, and this says \"2\""});
  CHECK(wrong(type, engine("kv", options("3"))) == Messages{"options.version: a key-value store has version 1 or 2"});
  CHECK(wrong(type, engine("kv-v2", options("2"))).empty());
  CHECK(wrong(type, Value(ValueMap{{"path", Value::unknown()}, {"type", Value::unknown()}})).empty());
}

TEST_CASE("leases have an order") {
  const auto type = make_mount();
  const auto mount = [](const char* usual, const char* longest) {
    return Value(ValueMap{{"default_lease_ttl", usual}, {"max_lease_ttl", longest}, {"path", "pki"}, {"type", "pki"}});
  };
  CHECK(wrong(type, mount("2h", "1h")) == Messages{"default_lease_ttl: it is longer than max_lease_ttl (1h)"});
  CHECK(wrong(type, mount("1h", "2h")).empty());
  CHECK(wrong(type, mount("2h", "0s")).empty());
}

TEST_CASE("mounts that always exist are described by the server, and stay as they are") {
  const auto type = make_mount();
  const Value sys = type->complete(Value(ValueMap{{"path", "sys"}, {"type", "system"}}));
  CHECK(sys.get("seal_wrap") == Value(true));
  CHECK(sys.get("passthrough_request_headers") == Value::list({"Accept"}));
  CHECK(wrong(type, sys).empty());
  CHECK(wrong(type, Value(ValueMap{{"max_lease_ttl", "1h"}, {"path", "sys"}, {"type", "kv"}})) ==
        Messages{"type: `sys` always exists, with the type system",
                 "max_lease_ttl: `sys` always exists, and this cannot be changed"});
  CHECK(wrong(type, Value(ValueMap{{"path", "more"}, {"type", "identity"}})) ==
        Messages{"type: there is just one of type identity, and it always exists"});
  CHECK(wrong(type, Value(ValueMap{{"path", "sys/mine"}, {"type", "kv"}})) ==
        Messages{"path: nothing can be mounted below `sys`"});

  const auto method = make_auth_method();
  const Value token = method->complete(Value(ValueMap{{"max_lease_ttl", "1h"}, {"type", "token"}}));
  CHECK(token.get("path") == Value("token"));
  CHECK(token.get("description") == Value("token based credentials"));
  CHECK(wrong(method, token).empty());
  CHECK(wrong(method, Value(ValueMap{{"path", "auth/ci"}, {"type", "jwt"}})) ==
        Messages{"path: \"auth/ci\" names the folder of all auth methods"});
}

TEST_CASE("one call tells of all mounts of a namespace") {
  const Peer peer;
  const auto type = make_mount();
  const std::vector<ReadKey> keys{key("", "plain", "kv_1"), key("", "old"),   key("", "none"),
                                  key("gone", "old"),       key("shut", "x"), key("", "sys")};
  const Results results = type->read(*peer.client, keys);
  CHECK(peer.asked() == 3);
  REQUIRE(results.size() == keys.size());
  // Found by its accessor, where it was moved to; in the spelling of configuration.
  CHECK(results[0].value.get("path") == Value("moved"));
  CHECK(results[0].value.get("options") == options("1"));
  CHECK(results[0].value.get("max_lease_ttl") == Value("1m"));
  CHECK(results[0].value.get("default_lease_ttl") == Value("0s"));
  CHECK(results[0].value.get("listing_visibility") == Value("hidden"));
  CHECK(results[0].server_id == "kv_1");
  CHECK(results[1].server_id == "t_2");
  CHECK(results[2].status == ReadResult::Status::absent);
  CHECK(results[3].status == ReadResult::Status::absent);
  CHECK(results[4].status == ReadResult::Status::unreadable);
  CHECK(results[4].error.fault == Fault::denied);
  CHECK(results[5].value.get("type") == Value("system"));
}
