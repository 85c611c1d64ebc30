// Data sources: read in plan where they can be, else in apply; the last answer stands while the question is the same.
#include <catch2/catch.hpp>

#include "tests/support/plan_lines.h"
#include "tests/support/stack_fixture.h"

using namespace plumb;
using plumb::test::brief;
using plumb::test::StackFixture;

namespace {

Value thing(const std::string& name, int size) { return Value(ValueMap{{"name", Value(name)}, {"size", Value(size)}}); }
bool says(const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; }

}  // namespace

TEST_CASE_METHOD(StackFixture, "a data source is read in plan, all of a type in one call") {
  fake->put("fake.thing", thing("a", 4));
  fake->put("fake.thing", thing("b", 5));
  const std::string stack =
      "data:\n  fake.thing.both: { for_each: [a, b], name: '${each.key}' }\n"
      "resources:\n  core.value.v: { input: '${data.fake.thing.both[\"b\"].size}' }\n";
  const auto run = plan(stack);
  REQUIRE(run->plan);
  CHECK(brief(*run->plan) == "create core.value.v\n");
  CHECK(run->change("core.value.v")->after.get("input").as_integer() == 5);
  CHECK(fake->count(FakeCall::read_data) == 1);
  settle(stack);
  CHECK(state().instances.contains(Address::parse("data.fake.thing.both[\"a\"]").value()));
  // Another answer is another value, and what asks no more leaves state without a word.
  fake->change("fake.thing", "b", "size", Value(6));
  CHECK(brief(*plan(stack)->plan) == "update core.value.v: input\n");
  const auto gone = settle("resources:\n  core.value.v: { input: 5 }\n");
  CHECK(brief(*gone->plan).empty());
  CHECK(state().instances.size() == 1);
}

TEST_CASE_METHOD(StackFixture, "a data source waits for apply when its question is unknown") {
  const std::string stack =
      "resources:\n  fake.thing.a: { name: a, size: 9 }\n"
      "  core.value.n: { input: a }\n"
      "  core.value.v: { input: '${data.fake.thing.x.size}' }\n"
      "data:\n  fake.thing.x: { name: '${core.value.n.output}', depends_on: [fake.thing.a] }\n";
  const auto run = settle(stack);
  CHECK(brief(*run->plan) == "create core.value.n\ncreate core.value.v\ncreate fake.thing.a\nread data.fake.thing.x\n");
  CHECK(run->change("data.fake.thing.x")->reason == "what it is asked is known only after apply");
  CHECK(state().instances.at(Address::parse("core.value.v").value()).attributes.get("output").as_integer() == 9);
}

TEST_CASE_METHOD(StackFixture, "the last answer stands while only a sibling changes") {
  fake->put("fake.thing", thing("base", 2));
  const auto stack = [](const std::string& note) {
    return "resources:\n  fake.thing.sibling: { name: s, note: " + note +
           " }\n  core.value.v: { input: '${data.fake.thing.x.size}' }\n"
           "data:\n  fake.thing.x: { name: base, depends_on: [fake.thing.sibling] }\n";
  };
  const auto first = settle(stack("one"));
  CHECK(first->change("data.fake.thing.x")->reason == "fake.thing.sibling changes, which it depends on");
  const auto second = settle(stack("two"));
  CHECK(brief(*second->plan) == "update fake.thing.sibling: note\n");
}

TEST_CASE_METHOD(StackFixture, "what cannot be read blocks what reads it") {
  const auto missing = plan(
      "data:\n  fake.thing.x: { name: nobody }\n"
      "resources:\n  core.value.v: { input: '${data.fake.thing.x.size}' }\n  core.value.w: { input: 1 }\n");
  REQUIRE(missing->plan);
  CHECK(brief(*missing->plan) ==
        "blocked(create) core.value.v: it waits for data.fake.thing.x, which is blocked\n"
        "create core.value.w\n"
        "blocked(read) data.fake.thing.x: there is nothing that it asks for\n");
  CHECK(missing->change("data.fake.thing.x")->blocked->message == "there is nothing that it asks for");
  CHECK(missing->change("data.fake.thing.x")->blocked->pos.str() == "plumb.yaml:2:3");
  fake->add({.call = FakeCall::read_data, .error = Error{"gone", "start it", {}, Fault::unreachable}});
  CHECK(says(plan("data:\n  fake.thing.x: { name: a }\n")->errors(), "plumb.yaml:2:3: data.fake.thing.x: gone"));
}

TEST_CASE_METHOD(StackFixture, "names of data sources are checked like others") {
  CHECK(says(plan("data:\n  fake.thin.x: { name: a }\n")->errors(), "there is no data source \"fake.thin\""));
  CHECK(says(plan("data:\n  fake.thing.x: { nam: a }\n")->errors(), "has no attribute \"nam\""));
  CHECK(says(plan("data:\n  fake.thing.x: { name: a, size: 3 }\n")->errors(), "`size` is told by the server"));
  CHECK(says(
      plan("data:\n  fake.thing.x: { name: a }\noutputs:\n  o: { value: '${data.fake.thing.y.size}' }\n")->errors(),
      "there is no data source data.fake.thing.y"));
  CHECK(says(
      plan("data:\n  fake.thing.x: { name: a }\noutputs:\n  o: { value: '${data.fake.thing.x.sise}' }\n")->errors(),
      "data.fake.thing has no attribute \"sise\""));
}

TEST_CASE_METHOD(StackFixture, "checks warn, keep their result, and see data of their own") {
  const std::string stack =
      "resources:\n  fake.thing.a: { name: a, size: 2 }\n"
      "checks:\n  big:\n    data:\n      fake.thing.seen: { name: a, depends_on: [fake.thing.a] }\n"
      "    assert: [{ condition: '${data.fake.thing.seen.size > 5}', message: 'a has size "
      "${data.fake.thing.seen.size}' }]\n"
      "  fine:\n    assert: [{ condition: '${fake.thing.a.size == 2}', message: never }]\n";
  const auto run = apply(stack);
  REQUIRE(run->plan);
  CHECK(run->outcome.exit_code(*run->plan) == 0);
  REQUIRE(run->plan->checks.size() == 2);
  CHECK(run->plan->checks[0].status != CheckResult::Status::passed);
  CHECK(run->plan->checks[1].status == CheckResult::Status::passed);
  CHECK(state().checks.at("big").status == "failed");
  CHECK(state().checks.at("big").messages == std::vector<std::string>{"a has size 2"});
  CHECK(state().checks.at("fine").status == "passed");
  // The next plan reads the same, and has nothing to do.
  const auto again = plan(stack);
  CHECK(brief(*again->plan).empty());
  CHECK(again->plan->checks[0].messages == std::vector<std::string>{"a has size 2"});
  // The check's data is nobody else's.
  CHECK(says(plan(stack + "outputs:\n  o: { value: '${data.fake.thing.seen.size}' }\n")->errors(),
             "there is no data source data.fake.thing.seen"));
  // What cannot be read is the check's failure.
  const auto unread = plan(
      "checks:\n  c:\n    data:\n      fake.thing.no: { name: nobody }\n"
      "    assert: [{ condition: '${data.fake.thing.no.size == 1}', message: m }]\n");
  REQUIRE(unread->plan);
  CHECK(unread->plan->checks[0].messages.at(0) ==
        "data.fake.thing.no cannot be read: there is nothing that it asks for");
}
