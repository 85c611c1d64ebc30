// Passwords of chosen classes of characters. Internal to providers/random.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "engine/model/schema.h"

namespace plumb::random {

inline constexpr std::int64_t kLongestPassword = 4096;

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

// Of known attributes; defaults stand for those that are unset.
PasswordRules rules_of(const Value& attributes);

// What keeps a password from being made. Rules that look at an unknown attribute pass.
std::vector<TypeError> check_password(const Value& attributes);

// Precondition: check_password has nothing to say. Every character is picked without bias; the minima are met, then
// the order is shuffled.
std::string make_password(const PasswordRules& rules);

TypeSchema password_schema();

}  // namespace plumb::random
