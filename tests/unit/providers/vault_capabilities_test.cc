#include "providers/vault/capabilities.h"

#include <catch2/catch.hpp>

#include "engine/model/json_text.h"
#include "tests/unit/providers/vault_server.h"

using namespace plumb;
using namespace plumb::vault;

TEST_CASE("vault rights: what a list of capabilities allows") {
  CHECK(allows({"root"}, "delete"));
  CHECK(allows({"read", "create"}, "create"));
  CHECK(allows({"update"}, "create|update"));
  CHECK_FALSE(allows({"read"}, "create|update"));
  CHECK_FALSE(allows({"deny"}, "read"));
  CHECK_FALSE(allows({}, "read"));
}

TEST_CASE("vault rights: what is missing is told with the lines of a policy") {
  CHECK_FALSE(missing_rights({}));
  const auto one = missing_rights({{"secret/data/app", "", "create"}});
  REQUIRE(one);
  CHECK(one->message == "the token may not create secret/data/app");
  CHECK(one->next_step == "give it a policy with: path \"secret/data/app\" { capabilities = [\"create\"] }");
  CHECK(one->fault == Fault::denied);
  const auto two = missing_rights({{"a/b", "team", "create|update"}, {"c", "", "delete"}});
  REQUIRE(two);
  CHECK(two->message == "the token may not create or update a/b in namespace team, nor delete c");
  CHECK(two->next_step ==
        "give it a policy with: path \"a/b\" { capabilities = [\"create\", \"update\"] } path \"c\" { capabilities = "
        "[\"delete\"] }");
}

TEST_CASE("vault rights: one call for each namespace and 500 paths, and changes without them are blocked") {
  test::VaultServer server;
  server.on("POST /v1/sys/capabilities-self", [](const test::ReceivedRequest& request) {
    const Value paths = parse_json(request.body)->get("paths");
    std::vector<ValueMap::Entry> data;
    for (const Value& path : paths.as_list()) {
      const bool good = path.as_string() != "p7";
      data.emplace_back(path.as_string(), Value::list({good ? "update" : "read"}));
    }
    return json_text(Value(ValueMap{{"data", Value(ValueMap::from(std::move(data)))}}));
  });
  std::vector<std::vector<Need>> needs;
  for (int i = 0; i < 1001; ++i) needs.push_back({{"p" + std::to_string(i), "", "update"}});
  needs.push_back({{"p1", "", "update"}, {"p1", "team", "delete"}});
  needs.emplace_back();
  std::vector<PlanFacts> facts(needs.size());
  facts[8].blocked = Error{"something else", ""};
  check_capabilities(server.client(), needs, facts);
  CHECK(server.count("POST /v1/sys/capabilities-self") == 4);
  REQUIRE(facts[7].blocked);
  CHECK(facts[7].blocked->message == "the token may not update p7");
  CHECK_FALSE(facts[6].blocked);
  CHECK(facts[8].blocked->message == "something else");
  REQUIRE(facts[1001].blocked);
  CHECK(facts[1001].blocked->message == "the token may not delete p1 in namespace team");
  CHECK_FALSE(facts[1002].blocked);
}

TEST_CASE("vault rights: a server that does not tell blocks nothing") {
  test::VaultServer server;
  server.answer("POST /v1/sys/capabilities-self", 403,
                R"({"errors":["1 error occurred:\n\t* permission denied\n\n"]})");
  std::vector<PlanFacts> facts(1);
  check_capabilities(server.client(), {{{"p", "", "update"}}}, facts);
  CHECK_FALSE(facts[0].blocked);
}
