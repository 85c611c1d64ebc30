// Secrets of key-value stores against a server that says what it is told to.
#include "providers/vault/kv.h"

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

Value identity(const std::string& name) {
  return Value(ValueMap{{"namespace", ""}, {"mount", "secret"}, {"name", name}});
}

ReadKey key(const std::string& name, Value known = {}) { return {identity(name), {}, std::move(known)}; }

Value known_version(std::int64_t version) { return Value(ValueMap{{"version", version}}); }

std::string metadata(int version, const std::string& deletion = {}) {
  const std::string number = std::to_string(version);
  return R"({"current_version":)" + number +
         R"(,"custom_metadata":null,"max_versions":0,"cas_required":false,"delete_version_after":"0s","versions":{")" +
         number + R"(":{"created_time":"2026-01-01T00:00:00.1Z","deletion_time":")" + deletion +
         R"(","destroyed":false}}})";
}

std::string data(int version, const std::string& fields) {
  return R"({"data":{"data":)" + fields + R"(,"metadata":{"version":)" + std::to_string(version) +
         R"(,"created_time":"2026-01-01T00:00:00.1Z","custom_metadata":null,"deletion_time":"","destroyed":false}}})";
}

std::string written(int version) {
  return R"({"data":{"version":)" + std::to_string(version) + R"(,"created_time":"2026-01-01T00:00:00.2Z"}})";
}

constexpr const char* kLost = R"({"errors":["check-and-set parameter did not match the current version"]})";

struct Fixture {
  vault::TypePtr type = make_kv_secret_v2();

  ChangeRequest create(const std::string& name) const {
    ChangeRequest out;
    out.type = &type->schema();
    ValueMap desired = identity(name).as_map();
    desired.set("data", Value(ValueMap{{"a", "first secret"}}).with_sensitive());
    out.desired = Value(std::move(desired));
    return out;
  }
  ChangeRequest update(const std::string& name, std::int64_t version) const {
    ChangeRequest out = create(name);
    out.operation = Operation::update;
    out.prior = with(identity(name), "version", Value(version));
    out.changed = {Path("data")};
    return out;
  }
};

std::vector<std::string> messages(const std::vector<TypeError>& errors) {
  std::vector<std::string> out;
  for (const TypeError& error : errors) out.push_back(error.path.str() + ": " + error.message);
  return out;
}

}  // namespace

TEST_CASE_METHOD(Fixture, "kv v2: one scan tells of all keys, of the folder they lie in") {
  VaultServer server;
  server.on("SCAN /v1/secret/detailed-metadata/team/", [](const ReceivedRequest&) {
    return R"({"data":{"keys":[],"key_info":{"data/app":)" + metadata(3) + R"(,"b":)" + metadata(2) + R"(,"c":)" +
           metadata(1, "2020-01-01T00:00:00Z") + "}}}";
  });
  server.answer("GET /v1/secret/data/team/b", 200, data(2, R"({"a":"other"})"));
  server.answer("GET /v1/secret/data/team/c", 404, data(1, "null"));
  const std::vector<ReadKey> keys = {key("team/data/app", known_version(3)), key("team/b", known_version(1)),
                                     key("team/c", known_version(1)), key("team/d")};
  const Results results = type->read(server.client(), keys);
  REQUIRE(results.size() == 4);
  CHECK(results[0].status == ReadResult::Status::present);
  CHECK(results[0].unmoved == std::vector<Path>{Path("data")});
  CHECK(results[0].value.find("data") == nullptr);
  CHECK(results[0].value.get("version") == Value(3));
  CHECK(results[1].unmoved.empty());
  CHECK(results[1].value.get("data") == Value(ValueMap{{"a", "other"}}));
  CHECK(results[1].value.get("data").sensitive());
  CHECK(results[2].status == ReadResult::Status::absent);  // its newest version is deleted
  CHECK(results[3].status == ReadResult::Status::absent);
  CHECK(server.count("GET /v1/secret/data/team/data/app") == 0);
}

TEST_CASE_METHOD(Fixture, "kv v2: a server without scans is asked for each key") {
  VaultServer server(false);
  std::vector<ReadKey> keys;
  for (const char* name : {"a", "b", "c", "d", "e f"}) {
    keys.push_back(key(name, known_version(1)));
    server.answer(std::string("GET /v1/secret/metadata/") + (name[0] == 'e' ? "e%20f" : name), 200,
                  R"({"data":)" + metadata(1) + "}");
  }
  for (const ReadResult& result : type->read(server.client(), keys)) {
    CHECK(result.status == ReadResult::Status::present);
    CHECK(result.unmoved == std::vector<Path>{Path("data")});
  }
}

TEST_CASE_METHOD(Fixture, "kv v2: where metadata may not be seen, the values tell the version") {
  VaultServer server;
  server.answer("SCAN /v1/secret/detailed-metadata/", 403,
                R"({"errors":["1 error occurred:\n\t* permission denied\n\n"]})");
  for (const char* name : {"a", "b", "c", "d"}) {
    server.answer(std::string("GET /v1/secret/metadata/") + name, 403,
                  R"({"errors":["1 error occurred:\n\t* permission denied\n\n"]})");
  }
  server.answer("GET /v1/secret/data/a", 200, data(4, R"({"a":"b"})"));
  server.answer("GET /v1/secret/data/b", 403, R"({"errors":["1 error occurred:\n\t* permission denied\n\n"]})");
  const Value known(ValueMap{{"version", 4}, {"max_versions", 7}});
  const std::vector<ReadKey> keys = {key("a", known), key("b"), key("c"), key("d")};
  const Results results = type->read(server.client(), keys);
  CHECK(results[0].status == ReadResult::Status::present);
  CHECK(results[0].value.get("version") == Value(4));
  CHECK(results[0].value.get("max_versions") == Value(7));
  CHECK(results[0].unread ==
        std::vector<Path>{Path("max_versions"), Path("cas_required"), Path("delete_version_after")});
  CHECK(results[1].status == ReadResult::Status::unreadable);
  CHECK(results[1].error.fault == Fault::denied);
  CHECK(results[1].error.message == "GET secret/data/b: permission denied");
  CHECK(results[2].status == ReadResult::Status::absent);
}

TEST_CASE_METHOD(Fixture, "kv v2: a failed scan makes nothing absent") {
  VaultServer server;
  server.answer("SCAN /v1/secret/detailed-metadata/", 500, R"({"errors":["storage is gone"]})");
  const std::vector<ReadKey> keys = {key("a"), key("b"), key("c"), key("d")};
  for (const ReadResult& result : type->read(server.client(), keys)) {
    CHECK(result.status == ReadResult::Status::unreadable);
    CHECK(result.error.message == "SCAN secret/detailed-metadata/: storage is gone");
  }
}

TEST_CASE_METHOD(Fixture, "kv v2: a token that may not read values learns of other versions") {
  VaultServer server;
  server.answer("GET /v1/secret/metadata/a", 200, R"({"data":)" + metadata(2) + "}");
  server.answer("GET /v1/secret/data/a", 403, R"({"errors":["1 error occurred:\n\t* permission denied\n\n"]})");
  const std::vector<ReadKey> keys = {key("a", known_version(1))};
  const Results denied = type->read(server.client(), keys);
  CHECK(denied[0].unread == std::vector<Path>{Path("data")});

  const std::vector<ReadKey> blind = {key("a", Value(ValueMap{{"version", 2}, {"disable_read", true}})),
                                      key("a", Value(ValueMap{{"version", 1}, {"disable_read", true}}))};
  const Results results = type->read(server.client(), blind);
  CHECK(results[0].unmoved == std::vector<Path>{Path("data")});
  CHECK(results[1].unread == std::vector<Path>{Path("data")});
  CHECK(server.count("GET /v1/secret/data/a") == 1);
}

TEST_CASE_METHOD(Fixture, "kv v2: a create claims the key, and goes on where a deleted one stopped") {
  VaultServer server;
  server.answer("POST /v1/secret/data/new", 200, written(1));
  const ApplyResult made = type->apply(server.client(), create("new"));
  REQUIRE(made.value);
  CHECK(made.value->get("version") == Value(1));
  CHECK(made.value->get("created_time") == Value("2026-01-01T00:00:00.2Z"));
  CHECK(server.last_body("POST /v1/secret/data/new") == R"({"data":{"a":"first secret"},"options":{"cas":0}})");
  CHECK(server.count("POST /v1/secret/metadata/new") == 0);

  server.on_answer("POST /v1/secret/data/old", [](const ReceivedRequest& request) {
    test::ServerAnswer out;
    const bool right = parse_json(request.body)->get("options").get("cas") == Value(5);
    out.status = right ? 200 : 400;
    out.body = right ? written(6) : kLost;
    return out;
  });
  server.answer("GET /v1/secret/data/old", 404, data(5, "null"));
  server.answer("POST /v1/secret/metadata/old", 204, "");
  const ApplyResult again = type->apply(server.client(), create("old"));
  REQUIRE(again.value);
  CHECK(again.value->get("version") == Value(6));
  // Its labels are those of its earlier life: they are written as well.
  CHECK(server.last_body("POST /v1/secret/metadata/old") ==
        R"({"cas_required":false,"custom_metadata":{},"delete_version_after":0,"max_versions":0})");
}

TEST_CASE_METHOD(Fixture, "kv v2: what somebody else wrote is never replaced unseen") {
  VaultServer server;
  server.answer("POST /v1/secret/data/a", 400, kLost);
  server.answer("GET /v1/secret/data/a", 200, data(4, R"({"a":"theirs"})"));
  const ApplyResult made = type->apply(server.client(), create("a"));
  REQUIRE(made.error);
  CHECK_FALSE(made.value);
  CHECK(made.error->message == "secret/a exists: somebody wrote it in between");
  CHECK(made.error->next_step == "plan again");
  CHECK(made.error->retry == Retry::never);
  const ApplyResult moved = type->apply(server.client(), update("a", 3));
  REQUIRE(moved.error);
  CHECK(moved.error->message ==
        "secret/a was written by somebody else in between: version 3 is not the newest any more");
  CHECK(server.last_body("POST /v1/secret/data/a") == R"({"data":{"a":"first secret"},"options":{"cas":3}})");
}

TEST_CASE_METHOD(Fixture, "kv v2: what turns out to be there already is not written again") {
  VaultServer server;
  ChangeRequest change = update("a", 3);
  change.prior = with(change.prior, "data", change.desired.get("data"));
  const ApplyResult same = type->apply(server.client(), change);
  REQUIRE(same.value);
  CHECK(same.value->get("version") == Value(3));
  CHECK(server.count("POST /v1/secret/data/a") == 0);
}

TEST_CASE_METHOD(Fixture, "kv v2: a lost answer is settled by what is there") {
  VaultServer server;
  server.on_answer("POST /v1/secret/data/a", [](const ReceivedRequest&) {
    test::ServerAnswer out;
    out.ending = test::ServerAnswer::Ending::no_answer;
    return out;
  });
  server.answer("GET /v1/secret/data/a", 200, data(4, R"({"a":"first secret"})"));
  const ApplyResult landed = type->apply(server.client(), update("a", 3));
  REQUIRE(landed.value);
  CHECK_FALSE(landed.error);
  CHECK(landed.value->get("version") == Value(4));
  CHECK(server.count("POST /v1/secret/data/a") == 1);

  server.answer("GET /v1/secret/data/a", 200, data(3, R"({"a":"before"})"));
  const ApplyResult lost = type->apply(server.client(), update("a", 3));
  REQUIRE(lost.error);
  CHECK(lost.error->retry == Retry::outcome_unknown);
}

TEST_CASE_METHOD(Fixture, "kv v2: metadata is written whole, before a version that it gives an end") {
  VaultServer server;
  std::vector<std::string> order;
  const auto note = [&](const char* what, std::string body) {
    server.on(what, [&order, what, body = std::move(body)](const ReceivedRequest&) {
      order.emplace_back(what);
      return body;
    });
  };
  note("POST /v1/secret/data/a", written(1));
  note("POST /v1/secret/metadata/a", "");
  ChangeRequest change = create("a");
  change.desired = with(with(change.desired, "max_versions", Value(5)), "delete_version_after", Value("1h"));
  CHECK(type->apply(server.client(), change).value);
  CHECK(order == std::vector<std::string>{"POST /v1/secret/metadata/a", "POST /v1/secret/data/a"});
  CHECK(server.last_body("POST /v1/secret/metadata/a") ==
        R"({"cas_required":false,"custom_metadata":{},"delete_version_after":3600,"max_versions":5})");

  order.clear();
  change.desired = with(change.desired, "delete_version_after", Value("0s"));
  server.answer("POST /v1/secret/metadata/a", 403, R"({"errors":["1 error occurred:\n\t* permission denied\n\n"]})");
  const ApplyResult half = type->apply(server.client(), change);
  REQUIRE(half.error);
  REQUIRE(half.value);
  CHECK(half.value->get("max_versions") == Value(0));
  CHECK(half.error->message == "POST secret/metadata/a: permission denied");
}

TEST_CASE_METHOD(Fixture, "kv v2: a destroy marks as deleted, or removes all") {
  VaultServer server;
  server.answer("DELETE /v1/secret/data/a", 204, "");
  server.answer("DELETE /v1/secret/metadata/a", 204, "");
  ChangeRequest change;
  change.operation = Operation::remove;
  change.type = &type->schema();
  change.prior = identity("a");
  CHECK_FALSE(type->apply(server.client(), change).error);
  CHECK(server.count("DELETE /v1/secret/data/a") == 1);
  change.prior = with(change.prior, "delete_all_versions", Value(true));
  CHECK(type->needs(change).front().path == "secret/metadata/a");
  CHECK_FALSE(type->apply(server.client(), change).error);
  CHECK(server.count("DELETE /v1/secret/metadata/a") == 1);
  CHECK(server.count("DELETE /v1/secret/data/a") == 1);
}

TEST_CASE_METHOD(Fixture, "kv: places and numbers that a server would change are refused") {
  const auto of = [&](ValueMap attributes) { return messages(type->check(Value(std::move(attributes)))); };
  using Texts = std::vector<std::string>;
  CHECK(of({{"mount", "team/kv/"}, {"name", "a/data/b"}}).empty());
  CHECK(of({{"mount", ""}, {"name", "a/"}}) ==
        Texts{"mount: must not be empty", "name: must not begin or end with a slash"});
  CHECK(of({{"name", "a//b"}}) == Texts{"name: must not hold two slashes in a row"});
  CHECK(of({{"name", "a\nb"}}) == Texts{"name: must not hold control characters"});
  CHECK(of({{"max_versions", -1}}) == Texts{"max_versions: must not be negative"});
  const std::int64_t big = (std::int64_t{1} << 53) + 1;
  CHECK(of({{"data", Value(ValueMap{{"id", Value::list({1, big})}}).with_sensitive()}}) ==
        Texts{"data.id[1]: is a number that the server does not keep exactly"});
  const vault::TypePtr first = make_kv_secret();
  CHECK(messages(first->check(Value(ValueMap{{"path", "/a"}, {"data", Value::map()}}))) ==
        Texts{"path: must not begin or end with a slash", "data: is empty, and version 1 keeps no empty secrets"});
}

TEST_CASE_METHOD(Fixture, "kv: a mount of the other version blocks what would be made in it") {
  VaultServer server;
  server.answer("GET /v1/sys/internal/ui/mounts/secret", 200, R"({"data":{"type":"kv","options":{"version":"1"}}})");
  server.answer("GET /v1/sys/internal/ui/mounts/new", 403,
                R"({"errors":["1 error occurred:\n\t* permission denied\n\n"]})");
  const ChangeRequest one = create("a"), two = create("b");
  ChangeRequest other = create("c");
  other.desired = with(other.desired, "mount", Value("new"));
  const std::vector<const ChangeRequest*> changes = {&one, &two, &other};
  std::vector<PlanFacts> facts(3);
  const std::vector<PlanFacts*> places = {&facts[0], &facts[1], &facts[2]};
  type->facts(server.client(), changes, places);
  REQUIRE(facts[0].blocked);
  CHECK(facts[0].blocked->message == "the mount secret is a key-value store of version 1");
  CHECK(facts[0].blocked->next_step == "use vault.kv_secret, or upgrade the mount to version 2");
  CHECK(facts[1].blocked);
  CHECK_FALSE(facts[2].blocked);
  CHECK(server.count("GET /v1/sys/internal/ui/mounts/secret") == 1);
}
