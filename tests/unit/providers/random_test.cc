#include "providers/random/random.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "engine/base/hash.h"
#include "engine/provider_api/contract.h"

using namespace plumb;

namespace {

struct Fixture {
  std::unique_ptr<ProviderKind> kind = make_random();
  std::unique_ptr<Provider> provider = kind->make();
  const TypeSchema& password = *kind->schema().find("random.password");
  const TypeSchema& id = *kind->schema().find("random.id");
  const TypeSchema& uuid = *kind->schema().find("random.uuid");

  ApplyResult create(const TypeSchema& type, ValueMap desired) {
    ChangeRequest change;
    change.type = &type;
    change.desired = Value(std::move(desired));
    return provider->apply(change);
  }
  std::string made_password(ValueMap desired) {
    const auto result = create(password, std::move(desired));
    REQUIRE(result.value);
    return result.value->get("value").as_string();
  }
  std::vector<TypeError> check(ValueMap desired) const { return kind->check(password, Value(std::move(desired))); }
};

long count(const std::string& text, const std::string& of) {
  return std::count_if(text.begin(), text.end(), [&](char c) { return of.find(c) != std::string::npos; });
}

const std::string kDigits = "0123456789";
const std::string kSmall = "abcdefghijklmnopqrstuvwxyz";

}  // namespace

TEST_CASE_METHOD(Fixture, "the schema of random keeps the rules and touches nothing outside") {
  CHECK(check_schema(kind->schema()).empty());
  CHECK_FALSE(kind->schema().connects);
  for (const TypeSchema& type : kind->schema().types) CHECK_FALSE(type.outside_effect);
}

TEST_CASE_METHOD(Fixture, "a password has its length, its classes and its mark") {
  const Value planned(ValueMap{{"length", 40}, {"special", true}, {"value", Value::unknown().with_sensitive()}});
  auto made = create(password, {{"length", 40}});
  REQUIRE_FALSE(made.error);
  CHECK(check_apply(password, planned, made).empty());
  const Value value = made.value->get("value");
  CHECK(value.sensitive());
  CHECK(value.as_string().size() == 40);
  CHECK(made_password({{"length", 40}}) != value.as_string());
  CHECK(made_password({{"length", 1}}).size() == 1);

  const std::string digits = made_password({{"length", 64}, {"lower", false}, {"upper", false}, {"special", false}});
  CHECK(count(digits, kDigits) == 64);
  const std::string chosen = made_password(
      {{"length", 64}, {"lower", false}, {"upper", false}, {"numeric", false}, {"override_special", "-_"}});
  CHECK(count(chosen, "-_") == 64);
}

TEST_CASE_METHOD(Fixture, "minima are met at any place") {
  std::set<std::size_t> places;
  for (int i = 0; i < 200; ++i) {
    const std::string text = made_password(
        {{"length", 8}, {"min_numeric", 1}, {"min_special", 2}, {"numeric", true}, {"min_lower", 3}, {"min_upper", 2}});
    CHECK(count(text, kDigits) == 1);
    CHECK(count(text, kSmall) == 3);
    places.insert(text.find_first_of(kDigits));
  }
  CHECK(places.size() == 8);
}

TEST_CASE_METHOD(Fixture, "every character is as likely as any other") {
  // A character that stands in two classes, or twice in one, is no likelier for it.
  const std::string text =
      made_password({{"length", 4096}, {"lower", false}, {"upper", false}, {"override_special", "!!!0"}});
  std::map<char, int> seen;
  for (const char c : text) ++seen[c];
  CHECK(seen.size() == 11);
  // 372 expected each; a deviation of 8 sigma (8 * 18.4) never happens.
  for (const auto& [character, times] : seen) {
    INFO(character);
    CHECK(times > 225);
    CHECK(times < 520);
  }
}

TEST_CASE_METHOD(Fixture, "rules that cannot be met are told at plan, all at once") {
  CHECK(check({{"length", 24}}).empty());
  CHECK(check({{"length", 0}}).size() == 1);
  CHECK(check({{"length", 5000}}).size() == 1);
  CHECK(check({{"length", 8}, {"lower", false}, {"upper", false}, {"numeric", false}, {"special", false}}).size() == 1);
  CHECK(check({{"length", 3}, {"min_lower", 2}, {"min_numeric", 2}}).size() == 1);
  CHECK(check({{"length", 4}, {"min_lower", 2}, {"min_numeric", 2}}).empty());
  CHECK(check({{"length", 8}, {"numeric", false}, {"min_numeric", 1}}).size() == 1);
  CHECK(check({{"length", 8}, {"override_special", ""}}).size() == 1);
  CHECK(check({{"length", 8}, {"override_special", "ä"}}).size() == 1);
  CHECK(check({{"length", 0}, {"min_upper", -1}, {"override_special", ""}}).size() == 3);
  CHECK(check({{"length", 8}, {"min_upper", std::int64_t{9223372036854775807}}}).size() == 1);
  for (const auto& error : check({{"length", 0}})) CHECK_FALSE(error.next_step.empty());
}

TEST_CASE_METHOD(Fixture, "what is unknown to plan passes there and is checked in apply") {
  CHECK(check({{"length", Value::unknown()}, {"min_lower", 9}}).empty());
  CHECK(check({{"length", 8}, {"lower", Value::unknown()}, {"upper", false}, {"numeric", false}, {"special", false}})
            .empty());
  const auto made = create(password, {{"length", 3}, {"min_lower", 9}});
  CHECK(made.error);
  CHECK_FALSE(made.value);
}

TEST_CASE_METHOD(Fixture, "an update keeps what was made") {
  const auto made = create(password, {{"length", 24}});
  ChangeRequest change;
  change.operation = Operation::update;
  change.type = &password;
  change.prior = *made.value;
  change.desired = Value(ValueMap{{"length", 24}, {"keepers", Value(ValueMap{{"a", 1}})}});
  const auto updated = provider->apply(change);
  CHECK(updated.value->get("value") == made.value->get("value"));
  CHECK(updated.value->get("value").sensitive());
  CHECK(updated.value->get("keepers") == Value(ValueMap{{"a", 1}}));
  change.operation = Operation::remove;
  change.desired = Value();
  CHECK_FALSE(provider->apply(change).value);
}

TEST_CASE_METHOD(Fixture, "another setting makes another object") {
  for (const Attribute& attribute : password.attributes) {
    INFO(attribute.name);
    CHECK((attribute.computed || (attribute.local && attribute.immutable)));
  }
}

TEST_CASE_METHOD(Fixture, "an id is its bytes in two spellings") {
  const auto made = create(id, {{"bytes", 5}});
  REQUIRE(made.value);
  const auto raw = from_hex(made.value->get("hex").as_string());
  REQUIRE(raw);
  CHECK(raw->size() == 5);
  CHECK(from_base64(made.value->get("base64url").as_string()) == raw);
  CHECK_FALSE(made.value->any_sensitive());
  CHECK(kind->check(id, Value(ValueMap{{"bytes", 0}})).size() == 1);
  CHECK(kind->check(id, Value(ValueMap{{"bytes", 1025}})).size() == 1);
  CHECK(kind->check(id, Value(ValueMap{{"bytes", 1024}})).empty());
  CHECK(create(id, {{"bytes", -1}}).error);
}

TEST_CASE_METHOD(Fixture, "a uuid is a version 4 and never twice the same") {
  const auto one = create(uuid, {}).value->get("value").as_string();
  CHECK(one.size() == 36);
  CHECK(one[14] == '4');
  CHECK(create(uuid, {}).value->get("value").as_string() != one);
}
