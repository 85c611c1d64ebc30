// Passwords of chosen classes of characters.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/type.h"

namespace plumb {

inline constexpr std::int64_t kLongestPassword = 4096;
// Chosen from where `override_special` does not say otherwise.
inline constexpr const char* kSpecialCharacters = "!@#$%&*()-_=+[]{}<>:?";

// One class of characters, and how many of it there must be.
struct CharacterClass {
  const char* name = "";  // the attribute that switches it: `lower`; `min_lower` is its minimum
  std::string characters;
  bool used = true;
  std::int64_t minimum = 0;
};

struct PasswordRules {
  std::int64_t length = 0;
  std::array<CharacterClass, 4> classes;
};

// Of known attributes: `length`, and `lower`, `upper`, `numeric`, `special` with their `min_...`, `override_special`.
// Defaults stand for those that are unset.
PasswordRules password_rules(const Value& attributes);

// What keeps a password from being made. Rules that look at an unknown attribute pass.
std::vector<TypeError> check_password(const Value& attributes);

// Precondition: check_password has nothing to say. Every character is picked without bias; the minima are met, then
// the order is shuffled.
std::string make_password(const PasswordRules& rules);

// It could have been made by these rules.
bool fits_password(const PasswordRules& rules, std::string_view password);

}  // namespace plumb
