#include "engine/report/plan_json.h"

#include <catch2/catch.hpp>

#include "engine/model/json_text.h"
#include "engine/report/drift_text.h"
#include "tests/unit/report/sample.h"

namespace plumb {
namespace {

Value sample_json() {
  return plan_json(test::sample_plan(),
                   {nullptr, {{"token", Value("hunter2hunter2").with_sensitive()}}, "1", {"i", "t", "n"}});
}

const Value& change_of(const Value& json, const std::string& address) {
  for (const Value& change : json.find("resource_changes")->as_list()) {
    if (change.find("address")->as_string() == address) return change;
  }
  throw std::runtime_error("no change of " + address);
}

std::string actions_of(const Value& json, const std::string& address) {
  return json_text(change_of(json, address).get("change").get("actions"));
}

TEST_CASE("the plan's JSON is Terraform's") {
  const Value json = sample_json();
  CHECK(json.get("format_version") == Value("1.2"));
  CHECK(actions_of(json, "postgres.role.a") == R"(["no-op"])");
  CHECK(actions_of(json, "postgres.role.b") == R"(["create"])");
  CHECK(actions_of(json, "postgres.role.c") == R"(["create"])");
  CHECK(actions_of(json, "postgres.role.d") == R"(["delete"])");
  CHECK(actions_of(json, "postgres.role.u") == R"(["update"])");
  const Value& removed = change_of(json, "postgres.role.d");
  CHECK(removed.get("action_reason") == Value("delete_because_no_resource_config"));
  CHECK(removed.get("mode") == Value("managed"));
  CHECK(removed.get("provider_name") == Value("postgres"));
  CHECK(removed.get("change").get("after").is_null());
  CHECK(change_of(json, "postgres.role.a").get("change").get("importing").get("id") == Value("a"));
  CHECK(json.get("plumb").get("blocked").as_list().size() == 1);
  CHECK(json.get("resource_drift").as_list().size() == 2);
  CHECK(json.get("complete") == Value(false));
}

TEST_CASE("unknown and secret leaves are null, with their shapes beside") {
  const Value change = change_of(sample_json(), "postgres.role.c").get("change");
  CHECK(json_text(change.get("after")) == R"({"login":true,"name":"c","oid":null,"password":null,"superuser":false})");
  CHECK(json_text(change.get("after_sensitive")) == R"({"password":true})");
  CHECK(json_text(change.get("after_unknown")) == R"({"oid":true})");
  CHECK(json_text(change.get("before_sensitive")) == "false");
}

TEST_CASE("no secret is in the JSON") {
  const std::string text = json_text(sample_json()) + json_text(drift_json(test::sample_plan()));
  CHECK(text.find("hunter2") == std::string::npos);
  CHECK(text.find("old-secret") == std::string::npos);
}

TEST_CASE("reads, moves, deposed objects and what is created first stand as Terraform has them") {
  Plan plan;
  PlannedChange read = test::change("module.m[\"eu\"].data.postgres.role.seen", Action::read);
  read.after = ValueMap{{"name", Value::unknown()}};
  PlannedChange old = test::removed("postgres.role.app", "app");
  old.deposed = "x7";
  PlannedChange fresh = test::updated("postgres.role.u", "u");
  fresh.action = Action::replace;
  fresh.create_first = true;
  PlannedChange later = test::change("postgres.role.later", Action::deferred);
  later.type = nullptr;
  later.address = Address::parse_any("module.later").value();
  plan.changes = {later, read, old, fresh};
  plan.moves = {{test::address("postgres.role.v"), test::address("postgres.role.u")},
                {test::address("postgres.role.y"), test::address("postgres.role.z")}};
  plan.ignored = 2;
  const Value json = plan_json(plan, {nullptr, {}, "1", {}});
  const Value& seen = change_of(json, "module.m[\"eu\"].data.postgres.role.seen");
  CHECK(seen.get("mode") == Value("data"));
  CHECK(seen.get("module_address") == Value("module.m[\"eu\"]"));
  CHECK(seen.get("action_reason") == Value("read_because_config_unknown"));
  CHECK(actions_of(json, "module.m[\"eu\"].data.postgres.role.seen") == R"(["read"])");
  CHECK(change_of(json, "postgres.role.app").get("deposed") == Value("x7"));
  CHECK(actions_of(json, "postgres.role.u") == R"(["create","delete"])");
  CHECK(change_of(json, "postgres.role.u").get("previous_address") == Value("postgres.role.v"));
  CHECK(actions_of(json, "postgres.role.z") == R"(["no-op"])");
  CHECK(change_of(json, "postgres.role.z").get("previous_address") == Value("postgres.role.y"));
  const Value deferred = json.get("deferred_changes").as_list().at(0);
  CHECK(deferred.get("reason") == Value("instance_count_unknown"));
  CHECK(deferred.get("resource_change").get("address") == Value("module.later"));
  CHECK(deferred.get("resource_change").get("module_address") == Value("module.later"));
  CHECK(deferred.get("resource_change").get("type").is_null());
  CHECK(json.get("plumb").get("ignored") == Value(2));
  CHECK(json.get("plumb").get("moves").as_list().size() == 2);
  CHECK(drift_json(plan).get("ignored") == Value(2));
}

TEST_CASE("checks stand as Terraform has them, and as Plumb does") {
  Plan plan;
  const auto failed = CheckResult::Status::failed;
  plan.checks = {{"login", CheckResult::Status::passed, {}, {}},
                 {"module.m[\"eu\"].size", failed, {"too small"}, {FileName("m/module.yaml"), 4, 3}},
                 {"module.m[\"us\"].size", CheckResult::Status::unknown, {}, {}}};
  const Value json = plan_json(plan, {nullptr, {}, "1", {}});
  CHECK(json_text(json.get("checks")) ==
        R"([{"address":{"kind":"check","module":null,"name":"login","to_display":"check.login"},)"
        R"("instances":[{"address":{"module":null,"to_display":"check.login"},"problems":[],"status":"pass"}],)"
        R"("status":"pass"},)"
        R"({"address":{"kind":"check","module":"module.m","name":"size","to_display":"module.m.check.size"},)"
        R"("instances":[{"address":{"module":"module.m[\"eu\"]","to_display":"module.m[\"eu\"].check.size"},)"
        R"("problems":[{"message":"too small"}],"status":"fail"},)"
        R"({"address":{"module":"module.m[\"us\"]","to_display":"module.m[\"us\"].check.size"},)"
        R"("problems":[],"status":"unknown"}],"status":"fail"}])");
  CHECK(
      json_text(json.get("plumb").get("checks").as_list().at(1)) ==
      R"({"messages":["too small"],"name":"module.m[\"eu\"].size","position":"m/module.yaml:4:3","status":"failed"})");
}

TEST_CASE("every change has every key") {
  const Value json = sample_json();
  for (const Value& change : json.find("resource_changes")->as_list()) {
    for (const char* key : {"action_reason", "address", "change", "deposed", "index", "mode", "module_address", "name",
                            "previous_address", "provider_name", "type"}) {
      CHECK(change.find(key) != nullptr);
    }
    for (const char* key : {"actions", "after", "after_sensitive", "after_unknown", "before", "before_sensitive",
                            "importing", "replace_paths"}) {
      CHECK(change.get("change").find(key) != nullptr);
    }
  }
}

TEST_CASE("only the envelope differs between two plans") {
  Value other = plan_json(test::sample_plan(),
                          {nullptr, {{"token", Value("hunter2hunter2").with_sensitive()}}, "1", {"x", "y", "z"}});
  CHECK(json_text(without_path(other, Path("envelope"))) == json_text(without_path(sample_json(), Path("envelope"))));
}

}  // namespace
}  // namespace plumb
