// What a kind says of its types beyond their attributes: claims, containers that are renamed.
#include <catch2/catch.hpp>

#include "tests/support/plan_lines.h"
#include "tests/support/stack_fixture.h"

using namespace plumb;
using namespace plumb::test;

namespace {

class Claiming : public FakeKind {
 public:
  using FakeKind::FakeKind;
  [[nodiscard]] std::vector<std::string> claims(const TypeSchema&, const Value& desired) const override {
    const Value note = desired.get("note");
    return note.is_string() ? std::vector<std::string>{"note " + note.as_string()} : std::vector<std::string>{};
  }
};

ProviderSchema with_renamed_boxes() {
  ProviderSchema out = fake_schema("moving");
  for (TypeSchema& type : out.types) {
    if (type.name == "moving.box") type.identity[0].on_change = OnIdentityChange::renames;
  }
  return out;
}

}  // namespace

TEST_CASE_METHOD(StackFixture, "two that claim the same are refused") {
  registry.add("claiming", [] { return std::make_unique<Claiming>("claiming"); });
  const std::string head = "resources:\n  claiming.thing.a: { name: a, note: same }\n";
  CHECK(plan(head + "  claiming.thing.b: { name: b, note: same }\n")->errors().find("overlap: both say note same") !=
        std::string::npos);
  CHECK(plan(head + "  claiming.thing.b: { name: b, note: other }\n")->plan.has_value());
}

TEST_CASE_METHOD(StackFixture, "a renamed container carries what is inside along") {
  const auto server = std::make_shared<FakeServer>(with_renamed_boxes());
  registry.add("moving", [server] { return std::make_unique<FakeKind>(server); });
  const auto text = [](const std::string& box) {
    return "resources:\n  moving.box.b: { name: " + box +
           " }\n  moving.thing.t: { name: t, box: '${moving.box.b.name}' }\n";
  };
  settle(text("one"));
  const auto run = plan(text("two"));
  INFO(run->errors());
  REQUIRE(run->plan.has_value());
  CHECK(brief(*run->plan) == "update moving.box.b: name\n");
}
