// What `plumb import --write` does, on the fake server: read without a block, write the block, import, plan nothing.
#include <catch2/catch.hpp>

#include "engine/cli/imported_block.h"
#include "engine/model/identity.h"
#include "engine/plan/unconfigured.h"
#include "tests/support/memory_file_system.h"
#include "tests/support/plan_lines.h"
#include "tests/support/stack_fixture.h"

using namespace plumb;
using namespace plumb::test;

namespace {

struct Wanted {
  std::string address;
  std::string id;
};

class Importer : public StackFixture {
 public:
  // On this configuration and `known`.
  std::unique_ptr<Session> session(const std::string& yaml) { return std::make_unique<Session>(inputs(yaml)); }

  SessionInputs inputs(const std::string& yaml) {
    MemoryFileSystem memory;
    memory.put("/s/plumb.yaml", yaml);
    Diagnostics diagnostics;
    stacks_.push_back(std::make_unique<StackConfig>(load_stack("/s", memory, diagnostics)));
    REQUIRE_FALSE(diagnostics.has_errors());
    SessionInputs in;
    in.stack = stacks_.back().get();
    in.state = &known;
    in.registry = &registry;
    in.options.allow_literal_secrets = true;
    return in;
  }

  const TypeSchema& type(const Wanted& wanted) { return *registry.type(Address::parse(wanted.address)->type).value(); }

  std::string block(const std::string& yaml, const Wanted& wanted) {
    const auto found = read_unconfigured(inputs(yaml), "fake", type(wanted), *parse_identity(type(wanted), wanted.id));
    REQUIRE(found.has_value());
    REQUIRE(found->status == ReadResult::Status::present);
    return cli::imported_block(type(wanted), *Address::parse(wanted.address), "fake", found->value, 2);
  }

  void import(const std::string& yaml, const Wanted& wanted) {
    const auto one = session(yaml);
    const Address address = *Address::parse(wanted.address);
    const auto found = one->read_one(address, *parse_identity(type(wanted), wanted.id));
    REQUIRE(found.has_value());
    auto record = one->imported_record(address, known, *found);
    REQUIRE(record.has_value());
    fold(known, OutcomeDone{"", *record});
  }

  State known;

 private:
  std::vector<std::unique_ptr<StackConfig>> stacks_;
};

}  // namespace

TEST_CASE_METHOD(Importer, "what import writes is what is there: plan finds nothing") {
  fake->put("fake.box", ValueMap{{"name", "on: off"}, {"label", "${not.an.expression}"}});
  fake->put("fake.thing", ValueMap{{"name", "NO"},
                                   {"size", 7},
                                   {"note", "two\nlines\n"},
                                   {"tags", ValueMap{{"1.10", " x"}, {"a", "# b"}}},
                                   {"zone", "eu"},
                                   {"box", "on: off"}});
  fake->put("fake.thing", ValueMap{{"name", "plain"}, {"size", 1}});
  fake->put("fake.link", ValueMap{{"from", "NO"}, {"to", "plain"}, {"admin", true}});
  const std::vector<Wanted> wanted{{"fake.box.b", "on: off"},
                                   {"fake.thing.a", "NO"},
                                   {"fake.thing.p", "plain"},
                                   {"fake.link.l", "from=NO,to=plain"}};
  std::string yaml = "resources:\n";
  for (const Wanted& one : wanted) yaml += block("stack: s\n", one);
  INFO(yaml);
  for (const Wanted& one : wanted) import(yaml, one);
  planted = known;
  const auto planned = plan(yaml);
  INFO(planned->errors());
  REQUIRE(planned->plan.has_value());
  CHECK(brief(*planned->plan) == "");

  // A secret cannot be written, so it shows as long as nobody gives it.
  fake->change("fake.thing", "plain", "secret", Value("hunter2hunter2"));
  CHECK(block("providers:\n  fake:\n", wanted[2]).find("hunter2") == std::string::npos);
  CHECK(brief(*plan(yaml)->plan) == "update fake.thing.p: secret\n");
}

TEST_CASE_METHOD(Importer, "what cannot be read without a block says why") {
  const auto error = [&](const std::string& yaml, const std::string& provider, const Wanted& wanted) {
    const auto found = read_unconfigured(inputs(yaml), provider, type(wanted), ValueMap{{"name", "a"}});
    return found.has_value() ? std::string() : found.error().message;
  };
  const Wanted thing{"fake.thing.a", "a"};
  CHECK(error("stack: s\n", "fale", thing) == "there is no provider instance \"fale\"");
  CHECK(error("providers:\n  second: { type: fake }\n", "secnd", thing) ==
        "there is no provider instance \"secnd\" (did you mean \"second\"?)");
  CHECK(error("providers:\n  inner:\n", "inner", thing) == "provider \"inner\" is of kind inner, not fake");
  CHECK(error("stack: s\n", "core", {"core.value.a", "a"}) ==
        "a core.value exists only in state: there is nothing to import");
  fake->require_token("right");
  CHECK(error("stack: s\n", "fake", thing).starts_with("provider \"fake\": "));
  const auto absent = read_unconfigured(inputs("providers:\n  second: { type: fake, token: right }\n"), "second",
                                        type(thing), ValueMap{{"name", "a"}});
  REQUIRE(absent.has_value());
  CHECK(absent->status == ReadResult::Status::absent);
}
