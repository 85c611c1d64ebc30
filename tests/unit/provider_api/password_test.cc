#include "engine/provider_api/password.h"

#include <catch2/catch.hpp>

using namespace plumb;

namespace {

PasswordRules rules(ValueMap attributes) { return password_rules(Value(std::move(attributes))); }

}  // namespace

TEST_CASE("a password fits the rules that it could have been made by") {
  for (int i = 0; i < 200; ++i) {
    const PasswordRules four = rules({{"length", 4}, {"min_lower", 1}, {"min_upper", 1}, {"min_numeric", 1}});
    CHECK(fits_password(four, make_password(four)));
  }
  const PasswordRules plain = rules({{"length", 4}, {"special", false}, {"min_numeric", 2}});
  CHECK(fits_password(plain, "a12Z"));
  CHECK_FALSE(fits_password(plain, "a12Zb"));  // too long
  CHECK_FALSE(fits_password(plain, "12Z"));    // too short
  CHECK_FALSE(fits_password(plain, "a1bZ"));   // a digit too few
  CHECK_FALSE(fits_password(plain, "a12!"));   // a character that is forbidden
  CHECK_FALSE(fits_password(plain, "a12\xc3"));
  CHECK(fits_password(rules({{"length", 3}, {"override_special", "_"}}), "a_b"));
  CHECK_FALSE(fits_password(rules({{"length", 3}, {"override_special", "_"}}), "a!b"));
  // A character of two classes counts for both.
  CHECK(fits_password(rules({{"length", 1}, {"override_special", "1"}, {"min_special", 1}, {"min_numeric", 1}}), "1"));
}
