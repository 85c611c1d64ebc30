#include "engine/provider_api/fake.h"

#include <catch2/catch.hpp>
#include <thread>

#include "engine/provider_api/contract.h"

using namespace plumb;

namespace {

struct Fixture {
  std::shared_ptr<FakeServer> server = std::make_shared<FakeServer>();
  FakeKind kind{server};
  std::unique_ptr<Provider> provider = kind.make();
  const TypeSchema& thing = *kind.schema().find("fake.thing");
  const TypeSchema& box = *kind.schema().find("fake.box");

  Fixture() { REQUIRE(provider->configure(Value::map()).has_value()); }

  ChangeRequest request(Operation operation, const TypeSchema& type, Value prior, Value desired) const {
    ChangeRequest out;
    out.operation = operation;
    out.type = &type;
    out.prior = std::move(prior);
    out.desired = std::move(desired);
    return out;
  }
  ApplyResult create(const TypeSchema& type, ValueMap desired) {
    return provider->apply(request(Operation::create, type, Value(), Value(std::move(desired))));
  }
  ApplyResult remove(const TypeSchema& type, const char* name) {
    return provider->apply(request(Operation::remove, type, Value(ValueMap{{"name", name}}), Value()));
  }
  ReadResult read(const char* name, std::string id = {}) {
    const std::vector<ReadKey> keys{{Value(ValueMap{{"name", name}}), std::move(id)}};
    return provider->read_many(thing, keys)[0];
  }
};

const Error kFull{"the disk is full", "Free some space", {}, Fault::provider};

}  // namespace

TEST_CASE("the default schema keeps the rules") {
  CHECK(check_schema(fake_schema()).empty());
  CHECK(check_schema(fake_schema("other")).empty());
  CHECK(FakeKind("other").schema().find("other.thing") != nullptr);
}

TEST_CASE_METHOD(Fixture, "an object lives from create to remove, and every answer keeps the contract") {
  const Value planned(ValueMap{{"name", "a"},
                               {"size", 3},
                               {"owner", Value::unknown()},
                               {"secret", Value("hush hush").with_sensitive()},
                               {"tags", Value(ValueMap{{"k", "v"}})}});
  auto made = create(thing, {{"name", "a"},
                             {"size", 3},
                             {"secret", Value("hush hush").with_sensitive()},
                             {"tags", Value(ValueMap{{"k", "v"}})}});
  REQUIRE_FALSE(made.error);
  CHECK(check_apply(thing, planned, made).empty());
  CHECK(made.value->get("owner") == Value("server"));
  CHECK(made.value->get("id") == Value(made.server_id));
  CHECK(made.value->get("secret").is_null());

  std::vector<ReadResult> seen{read("a")};
  const std::vector<ReadKey> keys{{Value(ValueMap{{"name", "a"}}), {}}};
  check_read(thing, keys, seen);
  REQUIRE(seen[0].status == ReadResult::Status::present);
  CHECK(seen[0].server_id == made.server_id);
  const std::string evidence = seen[0].evidence.at(Path("secret"));
  CHECK(provider->verify(thing, Path("secret"), Value("hush hush"), evidence));
  CHECK_FALSE(provider->verify(thing, Path("secret"), Value("hush husk"), evidence));
  CHECK(server->object("fake.thing", "a")->get("secret") == Value("hush hush"));
  CHECK_FALSE(server->object("fake.thing", "a")->any_sensitive());

  ValueMap desired = seen[0].value.as_map();
  desired.set("name", "b");
  desired.set("note", "moved");
  auto moved = provider->apply(request(Operation::update, thing, seen[0].value, Value(desired)));
  REQUIRE_FALSE(moved.error);
  CHECK(moved.server_id == made.server_id);
  CHECK(read("a").status == ReadResult::Status::absent);
  CHECK(read("a", made.server_id).value.get("name") == Value("b"));
  CHECK(read("b").value.get("note") == Value("moved"));

  REQUIRE_FALSE(remove(thing, "b").error);
  CHECK(server->size("fake.thing") == 0);
  CHECK(read("b").status == ReadResult::Status::absent);
  CHECK(remove(thing, "b").error);
}

TEST_CASE_METHOD(Fixture, "the server refuses what a real one would") {
  CHECK(create(thing, {{"name", "a"}, {"box", "lost"}}).error);
  CHECK(server->size("fake.thing") == 0);
  REQUIRE_FALSE(create(box, {{"name", "b"}}).error);
  REQUIRE_FALSE(create(thing, {{"name", "a"}, {"box", "b"}}).error);
  CHECK(create(thing, {{"name", "a"}}).error->message.find("already exists") != std::string::npos);
  CHECK(remove(box, "b").error->message.find("not empty") != std::string::npos);

  const Value prior = *server->object("fake.thing", "a");
  ValueMap desired = prior.as_map();
  desired.set("zone", "south");
  CHECK(provider->apply(request(Operation::update, thing, prior, Value(desired))).error);
  REQUIRE_FALSE(remove(thing, "a").error);
  CHECK_FALSE(remove(box, "b").error);
}

TEST_CASE_METHOD(Fixture, "the world changes behind the engine's back") {
  server->put("fake.thing", Value(ValueMap{{"name", "a"}, {"size", 1}}));
  const std::string id = server->server_id("fake.thing", "a");
  CHECK(server->change("fake.thing", "a", "size", Value(9)));
  CHECK(read("a").value.get("size") == Value(9));
  CHECK_FALSE(server->change("fake.thing", "b", "size", Value(9)));
  CHECK(server->erase("fake.thing", "a"));
  CHECK_FALSE(server->erase("fake.thing", "a"));
  server->put("fake.thing", Value(ValueMap{{"name", "a"}}));
  CHECK(server->server_id("fake.thing", "a") != id);
  CHECK(read("a", id).server_id != id);  // replaced outside
}

TEST_CASE_METHOD(Fixture, "links are known by two names") {
  const TypeSchema& link = *kind.schema().find("fake.link");
  REQUIRE_FALSE(create(link, {{"from", "a"}, {"to", "b"}}).error);
  CHECK(server->object("fake.link", "from=a,to=b").has_value());
  CHECK(provider->list(link).objects.size() == 1);
  CHECK(provider->list(link).complete);
}

TEST_CASE_METHOD(Fixture, "the n-th call fails, and those to one object") {
  server->add({.call = FakeCall::create, .skip = 1, .times = 1, .error = kFull});
  server->add({.call = FakeCall::create, .identity = "d", .error = kFull});
  CHECK_FALSE(create(thing, {{"name", "a"}}).error);
  CHECK(create(thing, {{"name", "b"}}).error->message == kFull.message);
  CHECK_FALSE(create(thing, {{"name", "c"}}).error);
  CHECK(create(thing, {{"name", "d"}}).error);
  CHECK(create(thing, {{"name", "d"}}).error);
  CHECK(server->size("fake.thing") == 2);
  server->clear_rules();
  CHECK_FALSE(create(thing, {{"name", "d"}}).error);
}

TEST_CASE_METHOD(Fixture, "a lost reply hides what was done, half-way tells both") {
  server->add({.identity = "a", .moment = FakeRule::Moment::after, .error = kFull});
  server->add({.identity = "b", .moment = FakeRule::Moment::halfway, .error = kFull});
  const auto lost = create(thing, {{"name", "a"}});
  CHECK(lost.error);
  CHECK_FALSE(lost.value);
  CHECK(server->object("fake.thing", "a").has_value());
  const auto half = create(thing, {{"name", "b"}});
  CHECK(half.error);
  REQUIRE(half.value);
  CHECK_FALSE(half.server_id.empty());
}

TEST_CASE_METHOD(Fixture, "reads fail as a whole or for one object, and may lie") {
  server->put("fake.thing", Value(ValueMap{{"name", "a"}}));
  server->put("fake.thing", Value(ValueMap{{"name", "b"}}));
  const std::vector<ReadKey> keys{{Value(ValueMap{{"name", "a"}}), {}}, {Value(ValueMap{{"name", "b"}}), {}}};
  server->add({.call = FakeCall::read, .identity = "b", .error = kFull});
  auto results = provider->read_many(thing, keys);
  CHECK(results[0].status == ReadResult::Status::present);
  CHECK(results[1].status == ReadResult::Status::unreadable);
  server->clear_rules();
  server->add({.call = FakeCall::read, .type = "fake.thing", .error = kFull});
  results = provider->read_many(thing, keys);
  CHECK(results[0].status == ReadResult::Status::unreadable);
  server->clear_rules();
  server->add({.call = FakeCall::read,
               .answer = [](const Value& value) { return with_value_at(value, Path("size"), Value("huge")); }});
  results = provider->read_many(thing, keys);
  check_read(thing, keys, results);
  CHECK(results[0].status == ReadResult::Status::unreadable);
}

TEST_CASE_METHOD(Fixture, "configure is refused by rule or for want of the token") {
  server->require_token("open sesame");
  CHECK(kind.make()->configure(Value::map()).error().fault == Fault::refused);
  const auto info = kind.make()->configure(Value(ValueMap{{"token", Value("open sesame").with_sensitive()}}));
  REQUIRE(info.has_value());
  CHECK(info->identity == "fake-server");
  server->set_identity("another");
  server->add({.call = FakeCall::configure, .times = 1, .error = Error{"down", "start it", {}, Fault::unreachable}});
  const Value config(ValueMap{{"token", "open sesame"}});
  CHECK(kind.make()->configure(config).error().fault == Fault::unreachable);
  CHECK(kind.make()->configure(config)->identity == "another");
}

TEST_CASE_METHOD(Fixture, "plan facts block by rule") {
  server->add({.call = FakeCall::plan_facts, .identity = "b", .error = kFull});
  const std::vector<ChangeRequest> changes{request(Operation::create, thing, Value(), Value(ValueMap{{"name", "a"}})),
                                           request(Operation::create, thing, Value(), Value(ValueMap{{"name", "b"}}))};
  const auto facts = provider->plan_facts(changes);
  REQUIRE(facts.size() == 2);
  CHECK_FALSE(facts[0].blocked);
  CHECK(facts[1].blocked->message == kFull.message);
  CHECK(server->writes() == 0);
}

TEST_CASE_METHOD(Fixture, "every call is logged and counted") {
  create(thing, {{"name", "a"}});
  read("a");
  remove(thing, "a");
  CHECK(server->log_text() ==
        std::vector<std::string>{"configure", "create fake.thing a", "read fake.thing (1)", "remove fake.thing a"});
  CHECK(server->count(FakeCall::create) == 1);
  CHECK(server->count(FakeCall::update) == 0);
  CHECK(server->writes() == 2);
  server->clear_log();
  CHECK(server->log().empty());
  CHECK(server->writes() == 0);
}

TEST_CASE_METHOD(Fixture, "calls run at once, and hooks run inside of them") {
  std::atomic<int> inside{0};
  // Both wait for each other, so both are in flight.
  server->add({.call = FakeCall::create, .run = [&inside](const FakeEvent&) {
                 ++inside;
                 const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
                 while (inside < 2 && std::chrono::steady_clock::now() < until) std::this_thread::yield();
               }});
  std::thread other([this] { create(thing, {{"name", "a"}}); });
  create(thing, {{"name", "b"}});
  other.join();
  CHECK(inside == 2);
  CHECK(server->most_at_once() == 2);
  CHECK(server->size("fake.thing") == 2);
}
