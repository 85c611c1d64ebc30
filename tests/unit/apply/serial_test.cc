// Steps on one object of the server never overlap.
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/support/stack_fixture.h"

using namespace plumb;
using namespace plumb::test;

namespace {

class Serial : public FakeKind {
 public:
  using FakeKind::FakeKind;
  [[nodiscard]] std::string serial_key(const TypeSchema&, const Value& attributes) const override {
    const Value zone = attributes.get("zone");
    return zone.is_string() ? zone.as_string() : std::string();
  }
};

}  // namespace

TEST_CASE_METHOD(StackFixture, "steps of one serial key run one after another, others beside them") {
  const auto server = std::make_shared<FakeServer>(fake_schema("serial"));
  registry.add("serial", [server] { return std::make_unique<Serial>(server); });
  std::string yaml = "resources:\n";
  for (int i = 0; i < 30; ++i) {
    const std::string name = (i % 3 == 0 ? "free" : i % 3 == 1 ? "one" : "two") + std::to_string(i);
    yaml += "  serial.thing." + name + ": { name: " + name + (i % 3 == 0 ? "" : ", zone: z" + std::to_string(i % 3)) +
            " }\n";
  }
  std::array<std::atomic<int>, 2> inside{};
  std::atomic<bool> overlapped{false};
  server->add({.call = FakeCall::create, .run = [&](const FakeEvent& event) {
                 if (event.identity.starts_with("free")) return;
                 std::atomic<int>& mine = inside[event.identity.starts_with("one") ? 0 : 1];
                 if (++mine > 1) overlapped = true;
                 std::this_thread::sleep_for(std::chrono::milliseconds(2));
                 --mine;
               }});
  settle(yaml);
  CHECK_FALSE(overlapped);
  CHECK(server->most_at_once() > 1);
  CHECK(server->size("serial.thing") == 30);
}
