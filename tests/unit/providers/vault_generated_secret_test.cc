// Generated secrets against a server that says what it is told to.
#include <catch2/catch.hpp>

#include "engine/model/json_text.h"
#include "engine/provider_api/values.h"
#include "providers/vault/types.h"
#include "tests/unit/providers/vault_server.h"

using namespace plumb;
using namespace plumb::vault;
using test::ReceivedRequest;
using test::VaultServer;

namespace {

constexpr const char* kData = "POST /v1/secret/data/app";
constexpr const char* kDestroy = "POST /v1/secret/destroy/app";

Value rule(ValueMap words) { return Value(ValueMap{{"generate", Value(std::move(words))}}); }
Value given(const char* text) { return Value(ValueMap{{"value", text}}); }

struct Fixture {
  vault::TypePtr type = make_generated_secret();
  VaultServer server;
  Value pin = rule({{"length", 4}, {"lower", false}, {"upper", false}, {"special", false}});
  Value key = rule({{"kind", "hex"}, {"bytes", 4}});
  Value fields = Value(ValueMap{{"key", key}, {"pin", pin}, {"user", given("app")}});

  Fixture() {
    server.on(kData, [](const ReceivedRequest& request) {
      const std::int64_t seen = parse_json(request.body)->get("options").get("cas").as_integer();
      return R"({"data":{"version":)" + std::to_string(seen + 1) + R"(,"created_time":"2026-01-01T00:00:00Z"}})";
    });
    server.answer(kDestroy, 204, "");
  }

  static Value place() { return Value(ValueMap{{"namespace", ""}, {"mount", "secret"}, {"name", "app"}}); }

  ChangeRequest create() const {
    ChangeRequest out;
    out.type = &type->schema();
    out.desired = with(with(place(), "fields", fields), "rotation", Value(1));
    return out;
  }
  // What the server holds is version 3.
  ChangeRequest update(Value data, const std::string& changed) const {
    ChangeRequest out = create();
    out.operation = Operation::update;
    out.prior = with(with(out.desired, "data", std::move(data)), "version", Value(3));
    out.changed = {Path(changed)};
    return out;
  }
  ApplyResult apply(const ChangeRequest& change) {
    ApplyResult out = type->apply(server.client(), change);
    if (out.value) CHECK(out.value->get("data").sensitive());
    return out;
  }
  Value sent() const { return parse_json(server.last_body(kData))->get("data"); }

  ReadResult read(const std::string& data, Value known) {
    server.answer(
        "GET /v1/secret/data/app", 200,
        R"({"data":{"data":)" + data + R"(,"metadata":{"version":3,"created_time":"2026-01-01T00:00:00Z"}}})");
    const ReadKey key_of{place(), {}, std::move(known)};
    return type->read(server.client(), Keys(&key_of, 1)).front();
  }
  std::vector<std::string> warnings(const ChangeRequest& change) {
    PlanFacts facts;
    const ChangeRequest* one = &change;
    PlanFacts* place_of = &facts;
    type->facts(server.client(), std::span(&one, 1), std::span(&place_of, 1));
    return facts.warnings;
  }
};

Value data_of(const char* key, const char* pin, const char* user) {
  return Value(ValueMap{{"key", key}, {"pin", pin}, {"user", user}}).with_sensitive();
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE_METHOD(Fixture, "vault generated: a create makes what has a rule, and claims the key") {
  const ApplyResult made = apply(create());
  REQUIRE(made.value);
  CHECK(made.value->get("version") == Value(1));
  CHECK(sent().get("user") == Value("app"));
  CHECK(sent().get("pin").as_string().size() == 4);
  CHECK(sent().get("key").as_string().size() == 8);
  CHECK(made.value->get("data") == sent());
  CHECK(parse_json(server.last_body(kData))->get("options").get("cas") == Value(0));
  CHECK(made.evidence.at(Path("data")) == json_text(sent()));
}

TEST_CASE_METHOD(Fixture, "vault generated: an update makes only what is missing or breaks its rule") {
  const ApplyResult mended = apply(update(data_of("0011aabb", "12x4", "app"), "fields"));
  REQUIRE(mended.value);
  CHECK(sent().get("key") == Value("0011aabb"));
  CHECK_FALSE(sent().get("pin") == Value("12x4"));
  CHECK(mended.value->get("version") == Value(4));
  CHECK(parse_json(server.last_body(kData))->get("options").get("cas") == Value(3));

  const int before = server.count(kData);
  const ApplyResult same = apply(update(data_of("0011aabb", "1234", "app"), "fields"));
  REQUIRE(same.value);
  CHECK(same.value->get("version") == Value(3));  // nothing to write
  CHECK(server.count(kData) == before);

  CHECK(apply(update(data_of("0011aabb", "1234", "other"), "fields")).value);
  CHECK(sent() == Value(ValueMap{{"key", "0011aabb"}, {"pin", "1234"}, {"user", "app"}}));
  CHECK(apply(update(with(data_of("0011aabb", "1234", "app"), "extra", Value("x")), "fields")).value);
  CHECK(sent().find("extra") == nullptr);
}

TEST_CASE_METHOD(Fixture, "vault generated: another rotation makes all generated fields anew") {
  ChangeRequest change = update(data_of("0011aabb", "1234", "app"), "rotation");
  change.desired = with(with(change.desired, "rotation", Value(2)), "grace", Value("24h"));
  CHECK(warnings(change) == Texts{"makes anew: key, pin"});
  const ApplyResult rotated = apply(change);
  REQUIRE(rotated.value);
  CHECK_FALSE(sent().get("key") == Value("0011aabb"));
  CHECK(sent().get("user") == Value("app"));
  const Value previous = rotated.value->get("previous_versions");
  REQUIRE(previous.as_list().size() == 1);
  CHECK(previous.as_list()[0].get("version") == Value(3));
  CHECK(server.count(kDestroy) == 0);

  change.desired = with(change.desired, "grace", Value("0s"));
  const ApplyResult at_once = apply(change);
  REQUIRE(at_once.value);
  CHECK(at_once.value->get("previous_versions") == Value::list());
  CHECK(server.last_body(kDestroy) == R"({"versions":[3]})");
}

TEST_CASE_METHOD(Fixture, "vault generated: the first value to rotate by is only recorded") {
  ChangeRequest first = update(data_of("0011aabb", "1234", "app"), "rotate_when");
  first.desired = with(first.desired, "rotate_when", Value("spring"));
  CHECK(apply(first).value);
  CHECK(server.count(kData) == 0);
  ChangeRequest next = first;
  next.prior = with(next.prior, "rotate_when", Value("winter"));
  CHECK(apply(next).value);
  CHECK(server.count(kData) == 1);
}

TEST_CASE_METHOD(Fixture, "vault generated: fields are read in the words of configuration") {
  const Value known(ValueMap{{"fields", fields}, {"rotation", 1}});
  const ReadResult same = read(R"({"key":"0011aabb","pin":"1234","user":"app"})", known);
  CHECK(same.value.get("fields") == fields);
  CHECK(same.value.get("rotation") == Value(1));
  CHECK(same.value.get("expired_versions") == Value::list());
  CHECK(same.evidence.at(Path("data")) == R"({"key":"0011aabb","pin":"1234","user":"app"})");

  const Value odd = read(R"({"key":"0011aab","user":"theirs","extra":"x"})", known).value.get("fields");
  CHECK(odd.get("key") == Value::map());
  CHECK(odd.get("extra") == Value::map());
  CHECK(odd.find("pin") == nullptr);
  CHECK(odd.get("user").get("value") == Value("theirs"));
  CHECK(odd.get("user").get("value").sensitive());

  // Nobody knows how it was made: no value of it is told but in `data`.
  const ReadResult found = read(R"({"key":"0011aabb"})", Value());
  CHECK(found.value.get("fields") == Value(ValueMap{{"key", Value::map()}}));
  CHECK(found.value.get("data").sensitive());
  // Nor after an import that only told of names.
  const Value names(ValueMap{{"fields", Value(ValueMap{{"key", Value::map()}})}});
  CHECK(read(R"({"key":"0011aabb"})", names).value.get("fields") == names.get("fields"));
  ChangeRequest taken = update(data_of("0011aabb", "bad", "app"), "fields");
  taken.prior = with(taken.prior, "fields", Value(ValueMap{{"key", Value::map()}, {"pin", Value::map()}}));
  CHECK(warnings(taken) == Texts{"keeps what is there and fits its rule: key", "makes anew: pin"});
}

TEST_CASE_METHOD(Fixture, "vault generated: versions whose grace is over are found while they are there") {
  const auto previous = [](int version, const char* until) {
    return Value(ValueMap{{"until", until}, {"version", version}});
  };
  const Value known(ValueMap{
      {"fields", fields},
      {"previous_versions", Value::list({previous(1, "2020-01-01T00:00:00Z"), previous(2, "2020-01-01T00:00:00Z"),
                                         previous(3, "2999-01-01T00:00:00Z")})}});
  server.answer("GET /v1/secret/metadata/app", 200,
                R"({"data":{"current_version":4,"versions":{"1":{"destroyed":true},"2":{"destroyed":false},)"
                R"("3":{"destroyed":false},"4":{"destroyed":false}}}})");
  const ReadResult found = read(R"({"key":"0011aabb","pin":"1234","user":"app"})", known);
  CHECK(found.value.get("expired_versions") == Value::list({2}));
  CHECK(found.value.get("previous_versions").as_list().size() == 2);

  ChangeRequest change = update(data_of("0011aabb", "1234", "app"), "expired_versions");
  change.prior = with(change.prior, "previous_versions", found.value.get("previous_versions"));
  change.desired = with(change.desired, "grace", Value("24h"));
  const ApplyResult done = apply(change);
  REQUIRE(done.value);
  CHECK(server.last_body(kDestroy) == R"({"versions":[2]})");
  CHECK(done.value->get("expired_versions") == Value::list());
  CHECK(done.value->get("previous_versions").as_list().size() == 1);
  CHECK(server.count(kData) == 0);

  server.answer(kDestroy, 403, R"({"errors":["1 error occurred:\n\t* permission denied\n\n"]})");
  const ApplyResult denied = apply(change);
  REQUIRE(denied.error);
  REQUIRE(denied.value);
  CHECK(denied.error->message == "POST secret/destroy/app: permission denied");
  CHECK(denied.value->get("previous_versions").as_list().size() == 2);
}

TEST_CASE_METHOD(Fixture, "vault generated: what can be said without a server") {
  const auto of = [&](ValueMap attributes) {
    Texts out;
    for (const TypeError& error : type->check(Value(std::move(attributes)))) {
      out.push_back(error.path.str() + ": " + error.message);
    }
    return out;
  };
  CHECK(of({{"mount", "secret"}, {"name", "app"}, {"fields", fields}}).empty());
  CHECK(of({{"expired_versions", Value::list({1})}}) == Texts{"expired_versions: is found by plan, not set"});
  CHECK(of({{"rotate_when", Value("x").with_sensitive()}}) ==
        Texts{"rotate_when: is a secret, and would be kept in state to be compared"});
  // What was unknown to plan is checked in apply.
  ChangeRequest change = create();
  change.desired = with(change.desired, "fields", Value::map());
  const ApplyResult refused = apply(change);
  REQUIRE(refused.error);
  CHECK(refused.error->message == "fields: names no field");
  CHECK(server.count(kData) == 0);
}
