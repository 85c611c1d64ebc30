#include "engine/cli/imported_block.h"

#include <catch2/catch.hpp>

#include "engine/provider_api/fake.h"

namespace plumb::cli {
namespace {

const TypeSchema& thing() {
  static const ProviderSchema schema = fake_schema();
  return *schema.find("fake.thing");
}

const Address& address() {
  static const Address out = Address::parse("fake.thing.a").value();
  return out;
}

TEST_CASE("an imported block says what differs from the defaults, identity first") {
  const Value live =
      ValueMap{{"id", "t1"},          {"name", "a: b"}, {"size", 3},         {"note", "${x}"},
               {"owner", "somebody"}, {"zone", "1.10"}, {"secret", Value()}, {"tags", ValueMap{{"NO", "x"}}}};
  CHECK(imported_block(thing(), address(), "fake", live, 2) ==
        R"(  fake.thing.a:
    name: "a: b"
    size: 3
    note: $${x}
    tags:
      NO: x
    owner: somebody
    zone: "1.10"
    # secret: a secret, which nobody can read; give it as ${var.secret} from a sensitive variable, or from a generator
)");
}

TEST_CASE("what is as it would be anyway is left out") {
  const Value live = ValueMap{{"id", "t1"}, {"name", "a"}, {"size", 1}};
  const std::string text = imported_block(thing(), address(), "other", live, 0);
  CHECK(text.starts_with("fake.thing.a:\n  provider: other\n  name: a\n  # secret:"));
  CHECK(unread_attributes(thing(), live).empty());
  CHECK(unread_attributes(thing(), ValueMap{{"name", Value("a").with_sensitive()}}) ==
        std::vector<std::string>{"name"});
}

TEST_CASE("no secret gets into a block, whoever marked it") {
  const Value live = ValueMap{{"name", "a"},
                              {"note", Value("hunter2hunter2").with_sensitive()},
                              {"secret", "hunter2hunter2"},
                              {"tags", ValueMap{{"k", Value("hunter2hunter2").with_sensitive()}}}};
  CHECK(imported_block(thing(), address(), "fake", live, 0).find("hunter2") == std::string::npos);
}

}  // namespace
}  // namespace plumb::cli
