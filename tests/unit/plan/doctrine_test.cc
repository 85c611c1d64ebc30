// What becomes of secrets over plans and applies of a whole stack: none of them stays behind.
#include <catch2/catch.hpp>

#include "engine/plan/expectations.h"
#include "engine/plan/plan_file.h"
#include "tests/support/plan_lines.h"
#include "tests/support/stack_fixture.h"

using namespace plumb;
using namespace plumb::test;

namespace {

const std::string kVar = "variables:\n  pw: { type: string, sensitive: true }\n";
const std::string kSafe = "fake.safe.s";

class Doctrine : public StackFixture {
 public:
  Doctrine() { password("correct horse"); }

  void password(const std::string& text) { variables = {{"pw", text}}; }

  [[nodiscard]] Value held(const std::string& attribute, const std::string& type = "fake.safe",
                           const std::string& name = "s") const {
    const auto object = fake->object(type, name);
    REQUIRE(object.has_value());
    return object->get(attribute);
  }

  [[nodiscard]] InstanceRecord record(const std::string& address) const {
    return state().instances.at(Address::parse(address).value());
  }

  // Nothing that the store holds tells it, and nothing is sealed.
  void nowhere(const std::string& secret) const {
    CHECK(stored_bytes().find(secret) == std::string::npos);
    CHECK(stored_bytes().find("\"sealed\"") == std::string::npos);
  }

  std::unique_ptr<Run> quiet(const std::string& yaml) {
    auto run = plan(yaml);
    INFO(run->errors());
    REQUIRE(run->plan);
    CHECK(brief(*run->plan).empty());
    CHECK(run->plan->graph.steps.empty());
    return run;
  }

  std::string planned(const std::string& yaml) {
    const auto run = plan(yaml);
    INFO(run->errors());
    REQUIRE(run->plan);
    return brief(*run->plan);
  }

  std::unique_ptr<Run> save(const std::string& yaml) {
    options.expect = "plan-id";
    auto run = plan(yaml);
    options.expect.reset();
    INFO(run->errors());
    REQUIRE(run->plan.has_value());
    return run;
  }

  std::string moved(const Run& saved, const std::string& yaml) {
    options.expect = "plan-id";
    options.only = scope_of(*saved.plan);
    const auto now = plan(yaml);
    options.expect.reset();
    options.only.reset();
    INFO(now->errors());
    REQUIRE(now->plan.has_value());
    std::string out;
    for (const Mismatch& mismatch : mismatches(*saved.plan, *now->plan)) out += mismatch.message + "\n";
    return out;
  }
};

std::string data_stack(const std::string& more = {}) {
  return kVar + "resources:\n  fake.safe.s: { name: s, data: { key: '${var.pw}', user: app }" + more + " }\n";
}

std::string code_stack(const std::string& version, const std::string& more = {}) {
  return kVar + "resources:\n  fake.safe.s: { name: s, code: '${var.pw}'" +
         (version.empty() ? "" : ", code_version: " + version) + more + " }\n";
}

Value safe(ValueMap data) { return Value(ValueMap{{"name", "s"}, {"data", Value(std::move(data))}}); }

}  // namespace

TEST_CASE_METHOD(Doctrine, "secrets that can be read: drift, and what is accepted of it") {
  settle(data_stack());
  nowhere("correct horse");
  CHECK(record(kSafe).digests.size() == 1);
  fake->change("fake.safe", "s", "data", Value(ValueMap{{"key", "battery staple"}, {"user", "app"}}));
  const auto run = plan(data_stack());
  REQUIRE(run->plan);
  CHECK(brief(*run->plan) == "update fake.safe.s: data.key\ndrift changed fake.safe.s: data.key\n");
  CHECK(run->plan->drift[0].changes[0].after.sensitive());
  // Accepted, it is no drift any more, and still not what configuration says.
  const auto accepted = run->session->accepted_record(Address::parse(kSafe).value());
  REQUIRE(accepted);
  State with = state();
  with.instances.at(accepted->address) = *accepted;
  planted = with;
  CHECK(planned(data_stack()) == "update fake.safe.s: data.key\n");
  password("battery staple");
  CHECK(planned(data_stack()).empty());
}

TEST_CASE_METHOD(Doctrine, "what the server vouches for is not fetched, and compared all the same") {
  settle(data_stack());
  fake->vouch();
  fake->clear_log();
  quiet(data_stack());
  CHECK(fake->log_text() == std::vector<std::string>{"configure", "read fake.safe (1)"});
  password("battery staple");
  CHECK(planned(data_stack()) == "update fake.safe.s: data\n");
  settle(data_stack());
  CHECK(held("data").get("key") == Value("battery staple"));
  fake->change("fake.safe", "s", "data", Value(ValueMap{{"key", "by hand"}, {"user", "app"}}));
  CHECK(planned(data_stack()) == "update fake.safe.s: data.key\ndrift changed fake.safe.s: data.key\n");
}

TEST_CASE_METHOD(Doctrine, "what state cannot compare unseen is fetched after all") {
  settle(data_stack());
  fake->vouch();
  has_key = false;
  fake->clear_log();
  const auto run = plan(data_stack());
  REQUIRE(run->plan);
  CHECK(brief(*run->plan).empty());
  CHECK(fake->log_text() == std::vector<std::string>{"configure", "read fake.safe (1)", "read fake.safe (1)"});
  CHECK(run->errors().find("not verified, taken as unchanged: fake.safe.s: data") != std::string::npos);
  password("battery staple");
  CHECK(planned(data_stack()) == "update fake.safe.s: data.key\n");
}

TEST_CASE_METHOD(Doctrine, "an unmoved secret of a saved plan moves before it is applied") {
  settle(data_stack());
  fake->vouch();
  const auto saved = save(data_stack(", note: n"));
  CHECK(moved(*saved, data_stack(", note: n")).empty());
  fake->change("fake.safe", "s", "data", Value(ValueMap{{"key", "by hand"}, {"user", "app"}}));
  CHECK(moved(*saved, data_stack(", note: n")) == "fake.safe.s: `data` changed on the server\n");
}

TEST_CASE_METHOD(Doctrine, "a write-only secret goes by its version") {
  settle(code_stack("1"));
  CHECK(held("code") == Value("correct horse"));
  CHECK(record(kSafe).digests.empty());
  nowhere("correct horse");
  // Another value alone is nothing at all; nor is it sent with another change.
  password("battery staple");
  quiet(code_stack("1"));
  CHECK(planned(code_stack("1", ", note: n")) == "update fake.safe.s: note\n");
  settle(code_stack("1", ", note: n"));
  CHECK(held("code") == Value("correct horse"));
  // What the server holds does not matter either.
  fake->change("fake.safe", "s", "code", Value("by hand"));
  quiet(code_stack("1", ", note: n"));
  const auto run = plan(code_stack("2", ", note: n"));
  REQUIRE(run->plan);
  CHECK(brief(*run->plan) == "update fake.safe.s: code, code_version\n");
  CHECK(run->change(kSafe)->paths[0].after.sensitive());
  CHECK(run->change(kSafe)->paths[0].why == Why::configuration);
  settle(code_stack("2", ", note: n"));
  CHECK(held("code") == Value("battery staple"));
}

TEST_CASE_METHOD(Doctrine, "without its version a write-only secret goes by its digest") {
  settle(code_stack(""));
  CHECK(record(kSafe).digests.size() == 1);
  password("battery staple");
  CHECK(planned(code_stack("")) == "update fake.safe.s: code\n");
  settle(code_stack("1"));
  CHECK(held("code") == Value("battery staple"));
  CHECK(record(kSafe).digests.empty());
  // It leaves configuration, with the version or without.
  CHECK(planned(kVar + "resources:\n  fake.safe.s: { name: s, code_version: 1 }\n") == "update fake.safe.s: code\n");
  settle(kVar + "resources:\n  fake.safe.s: { name: s }\n");
  CHECK(held("code").is_null());
}

TEST_CASE_METHOD(Doctrine, "a root password is sent at creation, and then only when its version changes") {
  const auto stack = [](const std::string& version) {
    return kVar + "resources:\n  fake.safe.s: { name: s, root: '${var.pw}', root_version: " + version + " }\n";
  };
  settle(stack("1"));
  CHECK(held("root") == Value("correct horse"));
  CHECK(record(kSafe).digests.empty());
  password("battery staple");
  CHECK(quiet(stack("1"))->errors().empty());
  settle(stack("2"));
  CHECK(held("root") == Value("battery staple"));
  // Without a version it is never sent again.
  const std::string bare = kVar + "resources:\n  fake.safe.s: { name: s, root: '${var.pw}' }\n";
  settle(bare);
  password("another one");
  CHECK(quiet(bare)->errors().empty());
  CHECK(held("root") == Value("battery staple"));
}

TEST_CASE_METHOD(Doctrine, "a half-made object is sent its secrets again") {
  fake->add({.call = FakeCall::create,
             .times = 1,
             .moment = FakeRule::Moment::halfway,
             .error = Error{"the disk is full", "free some space"}});
  CHECK(apply(code_stack("1"))->outcome.failed == 1);
  fake->change("fake.safe", "s", "code", Value());
  CHECK(planned(code_stack("1")) == "update fake.safe.s: code\n");
  settle(code_stack("1"));
  CHECK(held("code") == Value("correct horse"));
}

TEST_CASE_METHOD(Doctrine, "what is taken in keeps its versioned secret") {
  fake->put("fake.safe", Value(ValueMap{{"name", "s"}, {"code", "theirs"}}));
  const std::string adopted = code_stack("1", ", lifecycle: { adopt: always }");
  CHECK(planned(adopted) == "adopt fake.safe.s\n");
  settle(adopted);
  CHECK(held("code") == Value("theirs"));
}

TEST_CASE_METHOD(Doctrine, "an import takes the version as configuration has it, and keeps no secret") {
  fake->put("fake.safe",
            Value(ValueMap{{"name", "s"}, {"code", "theirs"}, {"data", ValueMap{{"key", "correct horse"}}}}));
  const std::string yaml = kVar +
                           "resources:\n  fake.safe.s: { name: s, data: { key: '${var.pw}' }, code: '${var.pw}', "
                           "code_version: 1 }\n";
  const auto before = plan(yaml);
  Session session(SessionInputs{&before->stack,
                                before->session
                                    ? std::map<std::string, Value>{{"pw", Value("correct horse").with_sensitive()}}
                                    : std::map<std::string, Value>{},
                                &before->state,
                                &registry,
                                std::string(32, 'k'),
                                "",
                                nullptr,
                                {}});
  const Address address = Address::parse(kSafe).value();
  const auto found = session.read_one(address, Value(ValueMap{{"name", "s"}}));
  REQUIRE(found.has_value());
  State with = state();
  auto imported = session.imported_record(address, with, *found);
  REQUIRE(imported.has_value());
  CHECK(imported->attributes == Value(ValueMap{{"code_version", 1}, {"name", "s"}, {"version", 1}}));
  CHECK_FALSE(imported->attributes.any_sensitive());
  with.instances.emplace(address, *imported);
  planted = with;
  fake->vouch();  // nobody digested `data`: it is fetched after all
  CHECK(planned(yaml).empty());
}

TEST_CASE_METHOD(Doctrine, "a secret that the server keeps is in no state, and known in every plan") {
  variables.clear();
  const auto stack = [](int turn) {
    return "resources:\n  fake.safe.s: { name: s, turn: " + std::to_string(turn) +
           " }\n  fake.thing.t: { name: t, secret: '${fake.safe.s.seal}' }\n";
  };
  settle(stack(1));
  CHECK(held("secret", "fake.thing", "t") == Value("sealed by the server 1"));
  nowhere("sealed by the server");
  CHECK(record(kSafe).attributes.find("seal") == nullptr);
  options.refresh = Refresh::none;
  quiet(stack(1));
  options.refresh = Refresh::changed;
  quiet(stack(1));
  options.refresh = Refresh::full;
  const auto run = plan(stack(2));
  REQUIRE(run->plan);
  CHECK(brief(*run->plan) == "update fake.safe.s: turn\nupdate fake.thing.t: secret\n");
  CHECK(run->change("fake.thing.t")->paths[0].after.is_unknown());
  CHECK(run->change("fake.thing.t")->paths[0].after.sensitive());
  settle(stack(2));
  CHECK(held("secret", "fake.thing", "t") == Value("sealed by the server 2"));
  // Changed on the server, it is sent on.
  fake->change("fake.safe", "s", "seal", Value("by somebody else"));
  CHECK(planned(stack(2)) == "update fake.thing.t: secret\n");
  settle(stack(2));
  CHECK(held("secret", "fake.thing", "t") == Value("by somebody else"));
  nowhere("by somebody else");
}

TEST_CASE_METHOD(Doctrine, "what keeps a secret cannot be read: its readers stay as they are, or are blocked") {
  variables.clear();
  const auto stack = [](const std::string& more) {
    return "resources:\n  fake.safe.s: { name: s }\n  fake.thing.t: { name: t, secret: '${fake.safe.s.seal}'" + more +
           " }\n";
  };
  settle(stack(""));
  fake->add({.call = FakeCall::read, .type = "fake.safe", .error = Error{"no right to read", "ask for it"}});
  CHECK(planned(stack("")) == "blocked(no-op) fake.safe.s: no right to read\nunreadable fake.safe.s\n");
  CHECK(planned(stack(", note: n")) ==
        "blocked(no-op) fake.safe.s: no right to read\n"
        "blocked(update) fake.thing.t: it would have to send a secret that could not be read\n"
        "unreadable fake.safe.s\n");
}

TEST_CASE_METHOD(Doctrine, "a saved plan holds no kept secret, and tells when it moves") {
  variables.clear();
  const std::string yaml =
      "resources:\n  fake.safe.s: { name: s }\n  fake.thing.t: { name: t, secret: '${fake.safe.s.seal}', note: n }\n";
  settle("resources:\n  fake.safe.s: { name: s }\n");
  const auto saved = save(yaml);
  PlanFile file;
  file.plan = *saved->plan;
  file.id = "plan-id";
  const auto text = write_plan_file(file, [](const std::string& line) { return line; });
  CHECK(text.find("sealed by the server") == std::string::npos);
  CHECK(text.find("\"create\"") != std::string::npos);
  CHECK(moved(*saved, yaml).empty());
  fake->change("fake.safe", "s", "seal", Value("by somebody else"));
  CHECK(moved(*saved, yaml) == "fake.thing.t: what it reads of fake.safe.s changed\n");
}

TEST_CASE_METHOD(Doctrine, "destroy reads the secret that configures a provider") {
  variables.clear();
  inner->require_token("sealed by the server 1");
  const std::string yaml =
      "providers:\n  inner: { token: '${fake.safe.s.seal}' }\n"
      "resources:\n  fake.safe.s: { name: s }\n  inner.thing.t: { name: t }\n";
  settle(yaml);
  CHECK(inner->size("inner.thing") == 1);
  options.mode = PlanMode::destroy;
  const auto run = apply(yaml);
  INFO(run->errors() << run->event_text());
  REQUIRE(run->plan);
  CHECK(run->outcome.failed == 0);
  CHECK(inner->size("inner.thing") == 0);
  CHECK(fake->size("fake.safe") == 0);
}

TEST_CASE_METHOD(Doctrine, "secret answers of data sources are in no state") {
  variables.clear();
  fake->put("fake.safe", safe({{"pw", "correct horse"}, {"token", "let me in"}}));
  inner->require_token("let me in");
  const auto stack = [](const std::string& note) {
    return "providers:\n  inner: { token: '${data.fake.safe.d.data.token}' }\n"
           "data:\n  fake.safe.d: { name: s, depends_on: [fake.thing.sibling] }\n"
           "resources:\n  fake.thing.sibling: { name: sibling, note: " +
           note +
           " }\n  inner.thing.t: { name: t }\n"
           "  fake.thing.u: { name: u, secret: '${data.fake.safe.d.data.pw}' }\n";
  };
  settle(stack("one"));
  CHECK(held("secret", "fake.thing", "u") == Value("correct horse"));
  nowhere("correct horse");
  nowhere("let me in");
  CHECK(record("data.fake.safe.d").attributes == Value(ValueMap{{"name", "s"}, {"version", 1}}));
  // The question is the same and only a sibling changes: asked again in plan, so that nothing behind it is unknown.
  CHECK(planned(stack("two")) == "update fake.thing.sibling: note\n");
  settle(stack("two"));
  options.refresh = Refresh::none;
  quiet(stack("two"));
  options.refresh = Refresh::full;
  // Another answer is sent on.
  fake->change("fake.safe", "s", "data", Value(ValueMap{{"pw", "battery staple"}, {"token", "let me in"}}));
  CHECK(planned(stack("two")) == "update fake.thing.u: secret\n");
  settle(stack("two"));
  nowhere("battery staple");
  // What is not there any more may be what the sibling makes.
  fake->erase("fake.safe", "s");
  const auto gone = plan(stack("three"));
  REQUIRE(gone->plan);
  CHECK(gone->change("data.fake.safe.d")->reason == "fake.thing.sibling changes, which it depends on");
  fake->put("fake.safe", safe({{"pw", "battery staple"}, {"token", "let me in"}}));
  options.mode = PlanMode::destroy;
  const auto run = apply(stack("two"));
  INFO(run->errors() << run->event_text());
  REQUIRE(run->plan);
  CHECK(run->outcome.failed == 0);
  CHECK(inner->size("inner.thing") == 0);
}

TEST_CASE_METHOD(Doctrine, "secrets that are new at every read do not spoil a saved plan") {
  variables.clear();
  fake->put("fake.safe", safe({{"pw", "first"}, {"token", "let me in"}}));
  inner->require_token("let me in");
  const auto stack = [](const std::string& secret) {
    return "providers:\n  inner: { token: '${data.fake.safe.d.data.token}' }\n"
           "data:\n  fake.safe.d: { name: s }\n"
           "resources:\n  inner.thing.t: { name: t }\n  fake.safe.new: { name: new, " +
           secret + " }\n";
  };
  const std::string versioned = stack("code: '${data.fake.safe.d.data.pw}', code_version: 1");
  const std::string digested = stack("code: '${data.fake.safe.d.data.pw}'");
  const auto a = save(versioned);
  const auto b = save(digested);
  fake->change("fake.safe", "s", "data", Value(ValueMap{{"pw", "second"}, {"token", "let me in"}}));
  CHECK(moved(*a, versioned).empty());
  CHECK(moved(*b, digested) == "fake.safe.new: what it reads of data.fake.safe.d changed\n");
  settle(versioned);
  fake->change("fake.safe", "s", "data", Value(ValueMap{{"pw", "third"}, {"token", "let me in"}}));
  CHECK(planned(versioned).empty());
}

TEST_CASE_METHOD(Doctrine,
                 "a lost reply to an update of secrets: what has not moved, or cannot be seen, is sent again") {
  using Moment = FakeRule::Moment;
  const Moment moment = GENERATE(Moment::before, Moment::after);
  const Error lost{"lost", "look", {}, Fault::provider, Retry::outcome_unknown};
  settle(data_stack());
  fake->vouch();
  password("battery staple");
  fake->add({.call = FakeCall::update, .times = 1, .moment = moment, .error = lost});
  settle(data_stack());
  CHECK(held("data").get("key") == Value("battery staple"));
  CHECK(held("version") == Value(2));
  CHECK(fake->count(FakeCall::update) == (moment == Moment::after ? 1 : 2));
  // The server verifies the code, so that it can be told whether it arrived.
  settle(data_stack(", code: '${var.pw}', code_version: 1"));
  password("correct horse");
  fake->clear_log();
  fake->add({.call = FakeCall::update, .times = 1, .moment = moment, .error = lost});
  settle(data_stack(", code: '${var.pw}', code_version: 2"));
  CHECK(held("code") == Value("correct horse"));
}

TEST_CASE_METHOD(Doctrine, "an output of what a server keeps says where it is, and not what") {
  variables.clear();
  fake->put("fake.safe", Value(ValueMap{{"name", "theirs"}, {"data", ValueMap{{"pw", "correct horse"}}}}));
  const auto stack = [](int turn) {
    return "locals:\n  seal: '${fake.safe.s.seal}'\n"
           "data:\n  fake.safe.d: { name: theirs }\n"
           "resources:\n  fake.safe.s: { name: s, turn: " +
           std::to_string(turn) +
           " }\n  random.password.p: { length: 20 }\n"
           "outputs:\n"
           "  both: { sensitive: true, value: '${locals.seal .. data.fake.safe.d.data.pw}' }\n"
           "  own: { sensitive: true, value: '${random.password.p.value}' }\n"
           "  version: { value: '${data.fake.safe.d.version}' }\n";
  };
  settle(stack(1));
  const State after = state();
  CHECK(after.outputs.at("both").reference == "data.fake.safe.d, fake.safe.s");
  CHECK(after.outputs.at("both").sensitive);
  CHECK(after.outputs.at("both").value.is_null());
  CHECK(after.outputs.at("own").reference.empty());
  CHECK(after.outputs.at("own").value.as_string().size() == 20);
  CHECK(after.outputs.at("version").value == Value(1));
  CHECK(stored_bytes().find("sealed by the server") == std::string::npos);
  CHECK(stored_bytes().find("correct horse") == std::string::npos);
  CHECK(stored_bytes().find("\"reference\":\"data.fake.safe.d, fake.safe.s\"") != std::string::npos);
  // Another seal is no other output: nothing of it is stored.
  CHECK(planned(stack(2)) == "update fake.safe.s: turn\n");
}
