#include "providers/vault/generated_fields.h"

#include <algorithm>

#include "engine/base/hash.h"
#include "engine/base/random.h"
#include "engine/provider_api/password.h"
#include "engine/provider_api/values.h"

namespace plumb::vault {

namespace {

constexpr std::int64_t kUsualLength = 32, kUsualBytes = 32, kMostBytes = 1024;

std::string kind_of(const Value& rule) { return text_or(rule, "kind", "password"); }

// The attributes of a password, with the length that stands when none is given.
Value password_attributes(const Value& rule) {
  return rule.find("length") == nullptr || rule.get("length").is_null() ? with(rule, "length", Value(kUsualLength))
                                                                        : rule;
}

std::size_t bytes_of(const Value& rule) {
  return static_cast<std::size_t>(integer_of(rule, "bytes").value_or(kUsualBytes));
}

bool all_of_alphabet(const std::string& text, std::string_view alphabet) {
  return std::all_of(text.begin(), text.end(), [&](char c) { return alphabet.find(c) != std::string_view::npos; });
}

bool fits_uuid(const std::string& text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : std::string_view("0123456789abcdef").find(text[i]) == std::string_view::npos)
      return false;
  }
  return text[14] == '4';
}

// Decoded and encoded again it must be the same: that tells the alphabet, the padding and the length at once.
bool fits_base64(const std::string& text, std::size_t bytes, bool url) {
  const auto raw = from_base64(text);
  return raw && raw->size() == bytes && (url ? base64url(*raw) : base64(*raw)) == text;
}

// Attributes that are set, by name, of a rule's map.
bool is_set(const Value& rule, std::string_view name) {
  const Value* value = rule.find(name);
  return value != nullptr && !value->is_null();
}

void check_rule(const Value& rule, const Path& path, std::vector<TypeError>& out) {
  if (!rule.is_map() || rule.get("kind").is_unknown()) return;
  const std::string kind = kind_of(rule);
  if (kind == "password") {
    if (is_set(rule, "bytes")) {
      out.push_back({path / "bytes", "says nothing of a password", "use `length`, or another `kind`"});
    }
    for (TypeError& error : check_password(password_attributes(rule))) {
      std::vector<PathStep> steps = path.steps();
      steps.insert(steps.end(), error.path.steps().begin(), error.path.steps().end());
      error.path = Path(std::move(steps));
      out.push_back(std::move(error));
    }
    return;
  }
  for (const auto& [name, value] : rule.as_map()) {
    const bool bytes = name == "bytes" && kind != "uuid";
    if (name == "kind" || bytes || value.is_null()) continue;
    out.push_back({path / name, "says nothing of kind " + kind,
                   kind == "uuid" ? "leave it out" : "use `bytes`, or leave `kind` out for a password"});
  }
  const auto bytes = integer_of(rule, "bytes");
  if (kind != "uuid" && bytes && (*bytes < 1 || *bytes > kMostBytes)) {
    out.push_back({path / "bytes", "must be from 1 to " + std::to_string(kMostBytes), "choose a number such as 32"});
  }
}

}  // namespace

TypePtr generated_fields_type() {
  const auto optional = [](const char* name, TypePtr type) { return Field{name, std::move(type), true}; };
  std::vector<Field> rule = {optional("kind", enum_type({"password", "hex", "base64", "base64url", "uuid"})),
                             optional("length", integer_type()), optional("bytes", integer_type())};
  for (const CharacterClass& one : password_rules(Value::map()).classes) {
    rule.push_back({one.name, bool_type(), true});
    rule.push_back({std::string("min_") + one.name, integer_type(), true});
  }
  rule.push_back(optional("override_special", string_type()));
  return map_type(object_type({optional("generate", object_type(std::move(rule))), optional("value", any_type())}));
}

std::vector<TypeError> check_generated_fields(const Value& fields) {
  std::vector<TypeError> out;
  if (!fields.is_map()) return out;
  if (fields.as_map().empty()) {
    out.push_back({Path("fields"), "names no field", "give at least one, such as `password: { generate: {} }`"});
  }
  for (const auto& [name, field] : fields.as_map()) {
    if (!field.is_map()) continue;
    const Path path = Path("fields") / name;
    const bool rule = is_set(field, "generate"), value = is_set(field, "value");
    if (rule && value) {
      out.push_back({path, "has both a rule and a value", "leave one of `generate` and `value` out"});
    } else if (!rule && !value) {
      out.push_back({path, "says neither how it is made nor its value", "write `generate: {}` or `value: ...`"});
    }
    if (rule) check_rule(field.get("generate"), path / "generate", out);
  }
  return out;
}

bool is_generated(const Value& field) { return is_set(field, "generate"); }

bool fits_field(const Value& field, const Value& value) {
  if (!value.is_string()) return false;
  const Value rule = field.get("generate");
  const std::string kind = kind_of(rule);
  const std::string& text = value.as_string();
  if (kind == "hex") return text.size() == 2 * bytes_of(rule) && all_of_alphabet(text, "0123456789abcdef");
  if (kind == "base64") return fits_base64(text, bytes_of(rule), false);
  if (kind == "base64url") return fits_base64(text, bytes_of(rule), true);
  if (kind == "uuid") return fits_uuid(text);
  return fits_password(password_rules(password_attributes(rule)), text);
}

Value make_field(const Value& field) {
  const Value rule = field.get("generate");
  const std::string kind = kind_of(rule);
  const auto marked = [](std::string text) { return Value(std::move(text)).with_sensitive(); };
  if (kind == "hex") return marked(hex(random_bytes(bytes_of(rule))));
  if (kind == "base64") return marked(base64(random_bytes(bytes_of(rule))));
  if (kind == "base64url") return marked(base64url(random_bytes(bytes_of(rule))));
  if (kind == "uuid") return marked(random_uuid());
  return marked(make_password(password_rules(password_attributes(rule))));
}

}  // namespace plumb::vault
