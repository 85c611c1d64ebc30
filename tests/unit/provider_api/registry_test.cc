#include "engine/provider_api/registry.h"

#include <catch2/catch.hpp>

#include "engine/provider_api/fake.h"

using namespace plumb;

TEST_CASE("a kind is made when it is first asked for, and once") {
  int made = 0;
  Registry registry;
  registry.add("fake", [&made] {
    ++made;
    return std::make_unique<FakeKind>("fake");
  });
  CHECK(made == 0);
  const ProviderKind* kind = registry.find("fake");
  REQUIRE(kind != nullptr);
  CHECK(registry.find("fake") == kind);
  CHECK(made == 1);
  CHECK(registry.find("fak") == nullptr);
}

TEST_CASE("a type is found by its full name, and a slip is named") {
  Registry registry;
  registry.add("other", [] { return std::make_unique<FakeKind>("other"); });
  registry.add("fake", [] { return std::make_unique<FakeKind>("fake"); });
  CHECK(registry.names() == std::vector<std::string>{"fake", "other"});

  const auto type = registry.type("fake.thing");
  REQUIRE(type.has_value());
  CHECK((*type)->name == "fake.thing");
  CHECK(*registry.type("other.box") != *registry.type("fake.box"));

  const auto slip = registry.type("fake.thin");
  REQUIRE_FALSE(slip.has_value());
  CHECK(slip.error().message.find("fake.thing") != std::string::npos);
  CHECK_FALSE(slip.error().next_step.empty());
  const auto stranger = registry.type("fakee.thing");
  REQUIRE_FALSE(stranger.has_value());
  CHECK(stranger.error().message.find("\"fake\"") != std::string::npos);
  CHECK_FALSE(registry.type("fake").has_value());
  CHECK_FALSE(registry.type("").has_value());
}
