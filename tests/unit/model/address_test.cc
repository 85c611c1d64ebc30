#include "engine/model/address.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

using plumb::Address;
using plumb::check_name;
using plumb::ModuleStep;

namespace {

Address parsed(std::string_view text) {
  auto address = Address::parse(text);
  INFO(text);
  REQUIRE(address.has_value());
  return address.value();
}

Address keyed(const std::string& key) { return {{}, "p.t", "n", key}; }

std::string random_key(std::mt19937& random) {
  static const std::string letters = "0019-ab.[]\"\\ \n\x02\x7f\xc3\xa9";
  std::string key;
  for (std::size_t n = random() % 5; n > 0; --n) key += letters[random() % letters.size()];
  return key;
}

Address random_address(std::mt19937& random) {
  static const std::vector<std::string> names = {"a", "b_1", "_x", "module", "postgres"};
  const auto name = [&] { return names[random() % names.size()]; };
  Address address;
  for (std::size_t n = random() % 3; n > 0; --n) {
    ModuleStep step{name(), {}};
    if (random() % 2 == 0) step.key = random_key(random);
    address.modules.push_back(step);
  }
  address.type = names[random() % 3] + '.' + name();
  address.name = name();
  if (random() % 2 == 0) address.key = random_key(random);
  return address;
}

}  // namespace

TEST_CASE("an address is read in all its parts") {
  const Address address = parsed(R"(module.billing["eu"].module.db.postgres.role.app["reader"])");
  REQUIRE(address.modules.size() == 2);
  CHECK(address.modules[0] == ModuleStep{"billing", "eu"});
  CHECK(address.modules[1] == ModuleStep{"db", std::nullopt});
  CHECK(address.type == "postgres.role");
  CHECK(address.provider() == "postgres");
  CHECK(address.name == "app");
  CHECK(address.key == "reader");
  CHECK(address.resource().str() == R"(module.billing["eu"].module.db.postgres.role.app)");
  CHECK(address.is_instance_of(address.resource()));
  CHECK(address.resource().is_instance_of(address));
  CHECK_FALSE(address.is_instance_of(parsed("postgres.role.app")));
}

TEST_CASE("random addresses survive being written and read") {
  std::mt19937 random(3);
  for (int i = 0; i < 5000; ++i) {
    const Address address = random_address(random);
    CHECK(parsed(address.str()) == address);
  }
}

TEST_CASE("what is no address is an error that names the column") {
  const std::vector<std::pair<const char*, int>> bad = {
      {"", 1},
      {"a", 2},
      {"a.b", 4},
      {"a.b.", 5},
      {"a.b.c.d", 6},
      {"A.b.c", 1},
      {"a.b.c[", 7},
      {"a.b.c[]", 7},
      {"a.b.c[\"x\"", 10},
      {"a.b.c[3]", 7},
      {"module.m", 9},
      {"module.m.a.b", 13},
      {"a.b.c ", 6},
      {"a..c", 3},
      {"a.b.c[\"x\"]y", 11},
      {"a.b[\"k\"].c", 4},
      {"a.b.9", 5},
      {"a.b.c[\"\\q\"]", 8},
  };
  for (const auto& [text, column] : bad) {
    const auto address = Address::parse(text);
    INFO(text);
    REQUIRE_FALSE(address.has_value());
    INFO(address.error().message);
    CHECK(address.error().message.find("column " + std::to_string(column) + ":") != std::string::npos);
    CHECK_FALSE(address.error().next_step.empty());
  }
}

TEST_CASE("an index without quotes is told how to be written") {
  const auto address = Address::parse("postgres.role.app[3]");
  REQUIRE_FALSE(address.has_value());
  CHECK(address.error().next_step.find(R"(["3"])") != std::string::npos);
}

TEST_CASE("addresses order by module, type, name and key") {
  const std::vector<std::string> sorted = {
      "a.t.n",
      "a.t.n[\"-10\"]",
      "a.t.n[\"-2\"]",
      "a.t.n[\"0\"]",
      "a.t.n[\"2\"]",
      "a.t.n[\"10\"]",
      "a.t.n[\"99999999999999999999998\"]",
      "a.t.n[\"99999999999999999999999\"]",
      "a.t.n[\"\"]",
      "a.t.n[\"-\"]",
      "a.t.n[\"1x\"]",
      "a.t.n[\"a\"]",
      "a.t.o",
      "a.u.a",
      "b.a.a",
      "module.m.a.t.n",
      "module.m.module.a.a.t.n",
      "module.m[\"2\"].a.t.n",
      "module.m[\"10\"].a.t.n",
      "module.n.a.t.n",
  };
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    for (std::size_t j = 0; j < sorted.size(); ++j) {
      INFO(sorted[i] << " and " << sorted[j]);
      const bool same_order = (parsed(sorted[i]) <=> parsed(sorted[j])) == (i <=> j);
      CHECK(same_order);
    }
  }
}

TEST_CASE("order agrees with equality and is transitive") {
  CHECK(keyed("7") != keyed("07"));
  CHECK(std::is_neq(keyed("7") <=> keyed("07")));
  CHECK(std::is_neq(keyed("0") <=> keyed("-0")));
  std::mt19937 random(4);
  std::vector<Address> addresses;
  for (int i = 0; i < 120; ++i) addresses.push_back(i % 2 == 0 ? keyed(random_key(random)) : random_address(random));
  for (const Address& a : addresses) {
    for (const Address& b : addresses) {
      CHECK(std::is_eq(a <=> b) == (a == b));
      CHECK((a < b) == (b > a));
    }
  }
  std::sort(addresses.begin(), addresses.end());
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    for (std::size_t j = i; j < addresses.size(); ++j) CHECK_FALSE(addresses[j] < addresses[i]);
  }
}

TEST_CASE("names are checked") {
  for (const char* name : {"a", "_", "app_2", "variable"}) CHECK(check_name(name, "resource").has_value());
  for (const char* name : {"", "A", "2a", "a-b", "a.b", "end", "goto", "var", "stack", "module", "\xc3\xa9"}) {
    const auto checked = check_name(name, "resource");
    INFO(name);
    REQUIRE_FALSE(checked.has_value());
    CHECK(checked.error().message.find("resource") != std::string::npos);
    CHECK_FALSE(checked.error().next_step.empty());
  }
}

TEST_CASE("quoted text shows control bytes and escapes its own signs") {
  CHECK(plumb::quoted("a b") == "\"a b\"");
  CHECK(plumb::quoted("\"\\\n\r\t") == R"("\"\\\n\r\t")");
  CHECK(plumb::quoted("\x1b[0m") == R"("\x1b[0m")");
  CHECK(plumb::quoted("\xc3\xa9") == "\"\xc3\xa9\"");
}
