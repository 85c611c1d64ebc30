#include "providers/core/core.h"

#include <catch2/catch.hpp>

#include "engine/provider_api/contract.h"

using namespace plumb;

namespace {

struct Fixture {
  std::unique_ptr<ProviderKind> kind = make_core();
  std::unique_ptr<Provider> provider = kind->make();
  const TypeSchema& type = *kind->schema().find("core.value");

  ApplyResult apply(Operation operation, Value prior, Value desired) {
    ChangeRequest change;
    change.operation = operation;
    change.type = &type;
    change.prior = std::move(prior);
    change.desired = std::move(desired);
    return provider->apply(change);
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "the schema of core keeps the rules and touches nothing outside") {
  CHECK(check_schema(kind->schema()).empty());
  CHECK_FALSE(kind->schema().connects);
  CHECK_FALSE(type.outside_effect);
  CHECK(type.identity.empty());
  const auto info = provider->configure(Value::map());
  REQUIRE(info.has_value());
  CHECK(info->identity.empty());
}

TEST_CASE_METHOD(Fixture, "output is what input was") {
  const Value input(ValueMap{{"a", Value::list({Value(1), Value("x")})}});
  const Value planned(ValueMap{{"input", input}, {"output", Value::unknown()}, {"replace_on", Value()}});
  auto made = apply(Operation::create, Value(), planned);
  REQUIRE_FALSE(made.error);
  CHECK(check_apply(type, planned, made).empty());
  CHECK(made.value->get("output") == input);

  const Value next(ValueMap{{"input", 5}, {"output", Value::unknown()}});
  auto updated = apply(Operation::update, *made.value, next);
  CHECK(check_apply(type, next, updated).empty());
  CHECK(updated.value->get("output") == Value(5));

  auto removed = apply(Operation::remove, *updated.value, Value());
  CHECK(check_apply(type, Value(), removed).empty());
  CHECK_FALSE(removed.value);
}

TEST_CASE_METHOD(Fixture, "an unset input gives an unset output, and marks pass") {
  const auto empty = apply(Operation::create, Value(), Value::map());
  CHECK(empty.value->get("output").is_null());
  const Value secret = Value("hush hush").with_sensitive();
  const auto marked = apply(Operation::create, Value(), Value(ValueMap{{"input", secret}}));
  CHECK(marked.value->get("output").sensitive());
}

TEST_CASE_METHOD(Fixture, "a read tells that there is nothing to read, never that it is absent") {
  const std::vector<ReadKey> keys(2);
  const auto results = provider->read_many(type, keys);
  REQUIRE(results.size() == 2);
  CHECK(results[1].status == ReadResult::Status::unreadable);
}
