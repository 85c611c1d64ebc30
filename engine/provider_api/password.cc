#include "engine/provider_api/password.h"

#include <algorithm>
#include <numeric>

#include "engine/base/random.h"

namespace plumb {

namespace {

constexpr const char* kLower = "abcdefghijklmnopqrstuvwxyz";
constexpr const char* kUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr const char* kNumeric = "0123456789";

std::string unique_sorted(std::string text) {
  std::sort(text.begin(), text.end());
  text.erase(std::unique(text.begin(), text.end()), text.end());
  return text;
}

bool printable_ascii(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

std::int64_t integer_or(const Value& attributes, const std::string& name, std::int64_t fallback) {
  const Value value = attributes.get(name);
  return value.is_integer() ? value.as_integer() : fallback;
}

bool flag_or_true(const Value& attributes, const std::string& name) {
  const Value value = attributes.get(name);
  return value.is_bool() ? value.as_bool() : true;
}

std::string minimum_name(const CharacterClass& one) { return std::string("min_") + one.name; }

void check_special(const Value& attributes, std::vector<TypeError>& out) {
  const Value special = attributes.get("override_special");
  if (!special.is_string()) return;
  if (special.as_string().empty()) {
    out.push_back({Path("override_special"), "must not be empty", "leave it out, or set `special: false`"});
  } else if (!printable_ascii(special.as_string())) {
    out.push_back({Path("override_special"), "holds more than printable ASCII characters",
                   "use printable ASCII characters, without spaces"});
  }
}

void check_minima(const Value& attributes, const PasswordRules& rules, std::vector<TypeError>& out) {
  for (const CharacterClass& one : rules.classes) {
    const std::string name = minimum_name(one);
    if (one.minimum < 0) out.push_back({Path(name), "must not be negative", "write 0 or more"});
    if (one.minimum > kLongestPassword) {
      out.push_back({Path(name), "must not be more than " + std::to_string(kLongestPassword), "write less"});
    }
    if (one.minimum > 0 && !one.used) {
      out.push_back({Path(name), "asks for characters that `" + std::string(one.name) + ": false` forbids",
                     "set `" + std::string(one.name) + ": true`, or leave " + name + " out"});
    }
  }
  if (!out.empty() || !attributes.get("length").is_integer()) return;
  const std::int64_t needed = std::accumulate(rules.classes.begin(), rules.classes.end(), std::int64_t{0},
                                              [](std::int64_t sum, const auto& one) { return sum + one.minimum; });
  if (needed > rules.length) {
    out.push_back({Path("length"),
                   "is " + std::to_string(rules.length) + ", but the minima add up to " + std::to_string(needed),
                   "write at least " + std::to_string(needed)});
  }
}

}  // namespace

PasswordRules password_rules(const Value& attributes) {
  PasswordRules out;
  out.length = integer_or(attributes, "length", 0);
  const Value special = attributes.get("override_special");
  out.classes = {
      CharacterClass{"lower", kLower}, CharacterClass{"upper", kUpper}, CharacterClass{"numeric", kNumeric},
      CharacterClass{"special", special.is_string() ? unique_sorted(special.as_string()) : kSpecialCharacters}};
  for (CharacterClass& one : out.classes) {
    one.used = flag_or_true(attributes, one.name);
    one.minimum = integer_or(attributes, minimum_name(one), 0);
  }
  return out;
}

std::vector<TypeError> check_password(const Value& attributes) {
  std::vector<TypeError> out;
  const PasswordRules rules = password_rules(attributes);
  if (attributes.get("length").is_integer() && (rules.length < 1 || rules.length > kLongestPassword)) {
    out.push_back(
        {Path("length"), "must be from 1 to " + std::to_string(kLongestPassword), "choose a length such as 24"});
  }
  check_special(attributes, out);
  // An unknown flag counts as true: whether it is will be seen in apply.
  if (std::none_of(rules.classes.begin(), rules.classes.end(), [](const auto& one) { return one.used; })) {
    out.push_back({Path("lower"), "no class of characters is left to choose from",
                   "set one of lower, upper, numeric and special to true"});
  }
  check_minima(attributes, rules, out);
  return out;
}

std::string make_password(const PasswordRules& rules) {
  const auto pick = [](const std::string& from) { return from[random_below(from.size())]; };
  std::string out, all;
  for (const CharacterClass& one : rules.classes) {
    if (!one.used) continue;
    all += one.characters;
    for (std::int64_t i = 0; i < one.minimum; ++i) out += pick(one.characters);
  }
  // A character of two classes is not picked twice as often.
  all = unique_sorted(std::move(all));
  while (static_cast<std::int64_t>(out.size()) < rules.length) out += pick(all);
  for (std::size_t i = out.size(); i > 1; --i) std::swap(out[i - 1], out[random_below(i)]);
  return out;
}

bool fits_password(const PasswordRules& rules, std::string_view password) {
  if (static_cast<std::int64_t>(password.size()) != rules.length) return false;
  const auto within = [](const CharacterClass& one, char c) { return one.characters.find(c) != std::string::npos; };
  const bool allowed = std::all_of(password.begin(), password.end(), [&](char c) {
    return std::any_of(rules.classes.begin(), rules.classes.end(),
                       [&](const CharacterClass& one) { return one.used && within(one, c); });
  });
  return allowed && std::all_of(rules.classes.begin(), rules.classes.end(), [&](const CharacterClass& one) {
           return std::count_if(password.begin(), password.end(), [&](char c) { return within(one, c); }) >=
                  one.minimum;
         });
}

}  // namespace plumb
