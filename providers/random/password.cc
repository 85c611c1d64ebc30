#include "providers/random/password.h"

#include "engine/provider_api/password.h"
#include "providers/random/attributes.h"

namespace plumb::random {

TypeSchema password_schema() {
  TypeSchema out;
  out.name = "random.password";
  out.doc = "A password, made once and kept sealed in state.";
  Attribute length = chosen("length", integer_type(), "How many characters, from 1 to 4096.", "24");
  length.required = true;
  length.optional = false;
  out.attributes.push_back(std::move(length));
  for (const CharacterClass& one : password_rules(Value::map()).classes) {
    const std::string name = one.name;
    Attribute used = chosen(name, bool_type(), "Whether " + name + " characters may be in it.", "false");
    used.default_value = Value(true);
    Attribute minimum = chosen("min_" + name, integer_type(), "How many " + name + " characters it has at least.", "1");
    minimum.default_value = Value(0);
    out.attributes.push_back(std::move(used));
    out.attributes.push_back(std::move(minimum));
  }
  out.attributes.push_back(
      chosen("override_special", string_type(),
             "The special characters to choose from, instead of " + std::string(kSpecialCharacters) + ".", "\"-_.\""));
  out.attributes.push_back(keepers());
  Attribute value = made("value", "The password.", "(sensitive)");
  value.sensitive = true;
  out.attributes.push_back(std::move(value));
  out.outside_effect = false;
  return out;
}

}  // namespace plumb::random
