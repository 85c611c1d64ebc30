#include <catch2/catch.hpp>

#include "providers/vault/policy_rules.h"
#include "providers/vault/types.h"
#include "tests/support/http_server.h"

using namespace plumb;
using namespace plumb::vault;
using plumb::test::HttpServer;
using plumb::test::ReceivedRequest;
using plumb::test::ServerAnswer;

namespace {

Value rule(const char* path, Value::List capabilities) {
  return Value(ValueMap{{"capabilities", Value(std::move(capabilities))}, {"path", path}});
}

Value with(const Value& rule, const char* name, Value value) {
  ValueMap out = rule.as_map();
  out.set(name, std::move(value));
  return Value(std::move(out));
}

std::vector<std::string> wrong(Value::List rules) {
  std::vector<std::string> out;
  for (const TypeError& error : check_policy_rules(Value(std::move(rules)), Path("rules"))) {
    CHECK_FALSE(error.next_step.empty());
    out.push_back(error.path.str() + ": " + error.message);
  }
  return out;
}

using Messages = std::vector<std::string>;

}  // namespace

TEST_CASE("rules are written out as HCL") {
  Value full = rule("secret/data/\"app\"/*", {"list", "create", "read"});
  full = with(full, "description", "What the app reads.\n\nAsk ops.");
  full = with(full, "required_parameters", Value::list({"a", "b"}));
  full = with(full, "allowed_parameters", Value(ValueMap{{"*", Value::list()}, {"ttl", Value::list({"1h", 5, true})}}));
  full = with(full, "denied_parameters", Value(ValueMap{{"x\\y", Value::list({"line\nend"})}}));
  full = with(full, "min_wrapping_ttl", "1s");
  full = with(full, "max_wrapping_ttl", "90s");
  CHECK(policy_text(Value::list({full, rule("sys/*", {"deny"})})) == Value(R"(# What the app reads.
#
# Ask ops.
path "secret/data/\"app\"/*" {
  capabilities = ["create", "read", "list"]
  required_parameters = ["a", "b"]
  allowed_parameters = {
    "*" = []
    "ttl" = ["1h", 5, true]
  }
  denied_parameters = {
    "x\\y" = ["line\nend"]
  }
  min_wrapping_ttl = "1s"
  max_wrapping_ttl = "90s"
}

path "sys/*" {
  capabilities = ["deny"]
}
)"));
}

TEST_CASE("marks of rules reach their text") {
  const Value secret = rule("a", {"read"}).with_sensitive();
  CHECK(policy_text(Value::list({secret})).sensitive());
  CHECK(policy_text(Value::list({rule("a", {Value::unknown()})})).is_unknown());
  CHECK(policy_text(Value::unknown()).is_unknown());
}

TEST_CASE("rules that mean nothing, or something else, are errors") {
  CHECK(wrong({}) == Messages{"rules: it holds no rule, and a policy cannot be empty"});
  CHECK(wrong({rule("a", {"reed"})}) ==
        Messages{"rules[0].capabilities[0]: there is no capability \"reed\" (did you mean \"read\"?)"});
  CHECK(wrong({rule("a", {})}) == Messages{"rules[0].capabilities: it names no capability"});
  CHECK(wrong({rule("a", {"deny", "read"})}) ==
        Messages{"rules[0].capabilities: `deny` stands beside others, and takes them all away"});
  CHECK(wrong({rule("a/*", {"read"}), rule("/a/*", {"list"})}) ==
        Messages{"rules[1].path: rule 0 has this path already"});
  CHECK(wrong({rule("", {"read"})}) == Messages{"rules[0].path: it is empty"});
  CHECK(wrong({rule("a/+*", {"read"})}) == Messages{"rules[0].path: `+*` means nothing"});
  CHECK(wrong({rule("a/*/b", {"read"})}) ==
        Messages{"rules[0].path: `*` stands for the rest of a path, and only at its end"});
  CHECK(wrong({rule("a/${x}", {"read"})}) == Messages{"rules[0].path: HCL cannot say a control byte or `${`"});
  CHECK(wrong({with(with(rule("a", {"read"}), "min_wrapping_ttl", "2h"), "max_wrapping_ttl", "1h")}) ==
        Messages{"rules[0].min_wrapping_ttl: it is longer than max_wrapping_ttl"});
  CHECK(wrong({with(rule("a", {"read"}), "max_wrapping_ttl", "soon")}) ==
        Messages{"rules[0].max_wrapping_ttl: \"soon\" is no duration"});
  CHECK(wrong({with(rule("a", {"read"}), "allowed_parameters", Value(ValueMap{{"x", Value::list({Value::map()})}}))}) ==
        Messages{"rules[0].allowed_parameters.x[0]: a parameter's value is a text, a number or a flag"});
  CHECK(
      wrong({rule("a/+/b/*", {"read", "list"}), Value::unknown(), with(rule("b", {"sudo"}), "path", Value::unknown())})
          .empty());
}

TEST_CASE("policies of the server's own are not for anybody to change") {
  const auto type = make_policy();
  const auto named = [&](const char* name) {
    std::vector<std::string> out;
    for (const TypeError& error : type->check(Value(ValueMap{{"name", name}, {"policy", "path \"a\" {}"}})))
      out.push_back(error.message);
    return out;
  };
  CHECK(named("Root") == Messages{"the policy `root` is the server's own, and cannot be changed"});
  CHECK(named("response-wrapping") ==
        Messages{"the policy `response-wrapping` is the server's own, and cannot be changed"});
  CHECK(named("") == Messages{"it is empty"});
  CHECK(named("default").empty());
  const auto empty = type->check(Value(ValueMap{{"name", "a"}, {"policy", " \n"}}));
  REQUIRE(empty.size() == 1);
  CHECK(empty.front().message == "it holds no rule, and a policy cannot be empty");
}

TEST_CASE("a policy as data has its text") {
  const auto type = make_policy();
  const Value rules = Value::list({rule("a", {"read"})});
  CHECK(type->complete(Value(ValueMap{{"name", "x"}, {"rules", rules}})).get("policy") ==
        Value("path \"a\" {\n  capabilities = [\"read\"]\n}"));
  const Value unknown(ValueMap{{"name", "x"}, {"rules", Value::list({rule("a", {Value::unknown()})})}});
  CHECK(type->complete(unknown).get("policy").is_unknown());
}

namespace {

// A server with the policies p0 to p19; without the list of all texts where `bulk` is off.
struct Peer {
  explicit Peer(bool bulk) : bulk_(bulk) {}
  bool bulk_;
  HttpServer server{[this](const ReceivedRequest& request) { return answer(request); }};
  std::unique_ptr<Client> client = [this] {
    Settings settings;
    settings.http.address = server.address();
    settings.http.attempts = 1;
    settings.login.token = "given";
    return std::move(Client::open(std::move(settings))).value();
  }();

  static std::string one(int i) { return R"({"policy":"path \"a)" + std::to_string(i) + R"(\" {}"})"; }

  ServerAnswer answer(const ReceivedRequest& request) const {
    ServerAnswer out;
    const std::string folder = "/v1/sys/policies/acl/p";
    if (request.target == "/v1/sys/seal-status") {
      out.body = R"({"initialized":true,"sealed":false,"version":"2.7.2","commit_date":"d","cluster_id":"c"})";
    } else if (request.target == "/v1/auth/token/lookup-self") {
      out.body = R"({"data":{"ttl":0}})";
    } else if (request.method == "LIST" && request.target == "/v1/sys/policies/detailed/acl" && bulk_) {
      out.body = R"({"data":{"key_info":{)";
      for (int i = 0; i < 20; ++i) out.body += (i > 0 ? ",\"p" : "\"p") + std::to_string(i) + "\":" + one(i);
      out.body += "}}}";
    } else if (request.method == "LIST") {
      out.status = 403;
      out.body = R"({"errors":["1 error occurred:\n\t* permission denied\n\n"]})";
    } else if (request.target.starts_with(folder) && request.target.size() < folder.size() + 2) {
      out.body = "{\"data\":" + one(std::stoi(request.target.substr(folder.size()))) + "}";
    } else {
      out.status = 404;
    }
    return out;
  }
  [[nodiscard]] std::size_t asked(const std::string& method) const {
    const auto all = server.requests();
    return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const auto& request) {
      return request.method == method && request.target.starts_with("/v1/sys/policies/");
    }));
  }
};

std::vector<ReadKey> keys(int count) {
  std::vector<ReadKey> out;
  for (int i = 0; i < count; ++i) {
    out.push_back({Value(ValueMap{{"name", "p" + std::to_string(i)}, {"namespace", ""}}), {}, {}});
  }
  return out;
}

}  // namespace

TEST_CASE("OpenBao tells all policies in one call") {
  const Peer peer(true);
  const auto type = make_policy();
  const Results results = type->read(*peer.client, keys(9));
  CHECK(peer.asked("LIST") == 1);
  CHECK(peer.asked("GET") == 0);
  CHECK(results[8].value.get("policy") == Value("path \"a8\" {}"));
  CHECK(type->read(*peer.client, keys(2))[1].value.get("policy") == Value("path \"a1\" {}"));
  CHECK(peer.asked("LIST") == 1);
  CHECK(peer.asked("GET") == 2);
}

TEST_CASE("who may not list policies asks for each") {
  const Peer peer(false);
  const Results results = make_policy()->read(*peer.client, keys(11));
  CHECK(peer.asked("GET") == 11);
  CHECK(results[9].value.get("policy") == Value("path \"a9\" {}"));
  CHECK(results[10].status == ReadResult::Status::absent);
}
