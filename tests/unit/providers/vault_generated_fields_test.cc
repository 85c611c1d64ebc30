#include "providers/vault/generated_fields.h"

#include <catch2/catch.hpp>
#include <set>

#include "engine/base/hash.h"

using namespace plumb;
using namespace plumb::vault;

namespace {

Value generated(ValueMap rule) { return Value(ValueMap{{"generate", Value(std::move(rule))}}); }
Value given(Value value) { return Value(ValueMap{{"value", std::move(value)}}); }

std::string problems(ValueMap fields) {
  const Value all(std::move(fields));
  CHECK(convert(all, *generated_fields_type()).errors.empty());
  std::string out;
  for (const TypeError& error : check_generated_fields(all)) {
    if (!out.empty()) out += "; ";
    out += error.path.str() + ": " + error.message + " (" + error.next_step + ")";
  }
  return out;
}

std::string made(const Value& field) {
  const Value value = make_field(field);
  CHECK(value.sensitive());
  CHECK(fits_field(field, value));
  return value.as_string();
}

}  // namespace

TEST_CASE("vault fields: each says how it is made or what it is") {
  CHECK(problems({{"a", generated({})}, {"b", given("app")}, {"c", given(Value::unknown())}}).empty());
  CHECK(problems({}) == "fields: names no field (give at least one, such as `password: { generate: {} }`)");
  CHECK(problems({{"a", Value::map()}}) ==
        "fields.a: says neither how it is made nor its value (write `generate: {}` or `value: ...`)");
  CHECK(problems({{"a", Value(ValueMap{{"generate", Value::map()}, {"value", "x"}})}}) ==
        "fields.a: has both a rule and a value (leave one of `generate` and `value` out)");
}

TEST_CASE("vault fields: rules that cannot be met are told before anything is made") {
  CHECK(problems({{"a", generated({{"length", 0}})}}) ==
        "fields.a.generate.length: must be from 1 to 4096 (choose a length such as 24)");
  CHECK(problems({{"a", generated({{"min_upper", 40}})}}) ==
        "fields.a.generate.length: is 32, but the minima add up to 40 (write at least 40)");
  CHECK(problems({{"a", generated({{"bytes", 4}})}}) ==
        "fields.a.generate.bytes: says nothing of a password (use `length`, or another `kind`)");
  CHECK(problems({{"a", generated({{"kind", "hex"}, {"length", 4}})}}) ==
        "fields.a.generate.length: says nothing of kind hex (use `bytes`, or leave `kind` out for a password)");
  CHECK(problems({{"a", generated({{"kind", "uuid"}, {"bytes", 4}})}}) ==
        "fields.a.generate.bytes: says nothing of kind uuid (leave it out)");
  CHECK(problems({{"a", generated({{"kind", "base64"}, {"bytes", 1025}})}}) ==
        "fields.a.generate.bytes: must be from 1 to 1024 (choose a number such as 32)");
  CHECK(problems({{"a", generated({{"kind", Value::unknown()}, {"length", 4}, {"bytes", 2}})}}).empty());
}

TEST_CASE("vault fields: what is made fits, and nothing else does") {
  CHECK(made(generated({})).size() == 32);
  CHECK(made(generated({{"length", 12}, {"special", false}})).size() == 12);
  CHECK(made(generated({{"kind", "hex"}})).size() == 64);
  CHECK(made(generated({{"kind", "hex"}, {"bytes", 3}})).size() == 6);
  CHECK(made(generated({{"kind", "base64"}, {"bytes", 16}})).size() == 24);
  CHECK(made(generated({{"kind", "base64url"}, {"bytes", 16}})).size() == 22);
  CHECK(made(generated({{"kind", "uuid"}})).size() == 36);
  std::set<std::string> all;
  for (int i = 0; i < 100; ++i) all.insert(made(generated({{"kind", "hex"}, {"bytes", 16}})));
  CHECK(all.size() == 100);

  const Value hexes = generated({{"kind", "hex"}, {"bytes", 2}});
  CHECK(fits_field(hexes, "09af"));
  for (const Value& other : {Value("09aF"), Value("09a"), Value("09afaa"), Value("09ag"), Value(1234), Value()}) {
    CHECK_FALSE(fits_field(hexes, other));
  }
  const Value padded = generated({{"kind", "base64"}, {"bytes", 4}}),
              bare = generated({{"kind", "base64url"}, {"bytes", 4}});
  const std::string raw = "\xff\xef\x01\x02";
  CHECK(fits_field(padded, base64(raw)));
  CHECK_FALSE(fits_field(padded, base64url(raw)));
  CHECK(fits_field(bare, base64url(raw)));
  CHECK_FALSE(fits_field(bare, base64(raw)));
  CHECK_FALSE(fits_field(bare, base64url(raw + "x")));
  const Value uuid = generated({{"kind", "uuid"}});
  CHECK(fits_field(uuid, "6fa459ea-ee8a-4ca4-894e-db77e160355e"));
  CHECK_FALSE(fits_field(uuid, "6fa459ea-ee8a-1ca4-894e-db77e160355e"));
  CHECK_FALSE(fits_field(uuid, "6FA459EA-ee8a-4ca4-894e-db77e160355e"));
  CHECK_FALSE(fits_field(uuid, "6fa459eaaee8a-4ca4-894e-db77e160355e"));
  const Value short_one = generated({{"length", 3}, {"lower", false}, {"upper", false}, {"special", false}});
  CHECK(fits_field(short_one, "123"));
  CHECK_FALSE(fits_field(short_one, "12a"));
  CHECK_FALSE(fits_field(short_one, 123));
}
