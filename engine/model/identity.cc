#include "engine/model/identity.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "engine/base/suggest.h"
#include "engine/base/text.h"
#include "engine/model/address.h"
#include "engine/model/digest.h"
#include "engine/model/json_text.h"
#include "engine/model/quoted_text.h"

namespace plumb {

namespace {

std::vector<std::string> part_names(const TypeSchema& type) {
  std::vector<std::string> names;
  for (const IdentityPart& part : type.identity) names.push_back(part.attribute);
  return names;
}

// The part that may be written without its name: the only one, or the only one that is not filled in by itself.
const IdentityPart* bare_part(const TypeSchema& type) {
  if (type.identity.size() == 1) return &type.identity.front();
  const IdentityPart* found = nullptr;
  for (const IdentityPart& part : type.identity) {
    if (part.defaulted) continue;
    if (found != nullptr) return nullptr;
    found = &part;
  }
  return found;
}

// How to write an identity of this type, for next steps.
std::string form(const TypeSchema& type) {
  if (type.identity.size() == 1) return "write the " + type.identity.front().attribute + " alone";
  std::vector<std::string> parts;
  for (const std::string& name : part_names(type)) parts.push_back(name + "=...");
  const std::string all = "`" + join(parts, ",") + "`";
  const IdentityPart* bare = bare_part(type);
  return "write " + (bare == nullptr ? all : "the " + bare->attribute + " alone, or " + all);
}

// `name=` in front, of any part.
bool begins_with_name(const TypeSchema& type, std::string_view text) {
  return std::any_of(type.identity.begin(), type.identity.end(), [&](const IdentityPart& part) {
    return text.starts_with(part.attribute) && text.substr(part.attribute.size()).starts_with('=');
  });
}

Value canonical_part(const TypeSchema& type, const std::string& name, const Value& value) {
  const Attribute* attribute = type.find(name);
  if (attribute == nullptr || value.is_null() || !value.fully_known()) return value;
  const auto form = canonical(value, *attribute);
  // What has no canonical form is refused where it is written; here it stands for itself.
  if (!form.has_value()) return value;
  return value.sensitive() ? form.value().with_sensitive() : form.value();
}

bool is_text_kind(const Attribute& attribute) noexcept {
  if (attribute.type == nullptr) return true;
  const Type::Kind kind = attribute.type->kind;
  return kind == Type::Kind::string || kind == Type::Kind::enumeration;
}

// Whether a value would be misread without its quotes.
bool wants_quotes(const TypeSchema& type, std::string_view text, bool bare) {
  if (text.empty() || text.front() == '"') return true;
  if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; })) {
    return true;
  }
  return bare ? begins_with_name(type, text) : text.find(',') != std::string_view::npos;
}

// A list of texts as `a|b`, where nothing in them would be misread; nullopt where only JSON says it.
std::optional<std::string> listed_text(const Value& value) {
  if (!value.is_list() || value.as_list().empty()) return std::nullopt;
  std::string out;
  for (const Value& item : value.as_list()) {
    if (!item.is_string() || item.as_string().empty() || item.as_string().find('|') != std::string::npos) {
      return std::nullopt;
    }
    if (out.empty() && item.as_string().front() == '[') return std::nullopt;
    out += (out.empty() ? "" : "|") + item.as_string();
  }
  return out;
}

std::string part_text(const TypeSchema& type, const Value& value, bool bare) {
  if (value.is_unavailable()) return "(unavailable)";
  if (value.any_sensitive()) return "(sensitive)";
  if (value.is_unknown()) return "(unknown)";
  const std::string text =
      value.is_scalar() ? scalar_text(value).value_or("") : listed_text(value).value_or(json_text(value));
  return wants_quotes(type, text, bare) ? quoted(text) : text;
}

// What listed_text() wrote.
Value listed(std::string_view text) {
  Value::List items;
  while (true) {
    const std::size_t bar = text.find('|');
    items.emplace_back(text.substr(0, bar));
    if (bar == std::string_view::npos) return items;
    text.remove_prefix(bar + 1);
  }
}

template <class Number>
std::optional<Number> read_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// The text of one part as a value of its attribute's type.
Result<Value> read_scalar(const Attribute& attribute, std::string text) {
  const std::string subject = "`" + attribute.name + "` of the identity";
  if (is_text_kind(attribute)) return Value(std::move(text));
  switch (attribute.type->kind) {
    case Type::Kind::integer:
      if (const auto number = read_number<std::int64_t>(text)) return Value(*number);
      return fail(subject + " is a whole number, not " + quoted(text), "write a whole number");
    case Type::Kind::number:
      if (const auto whole = read_number<std::int64_t>(text)) return Value(*whole);
      if (const auto number = read_number<double>(text); number && std::isfinite(*number)) return Value(*number);
      return fail(subject + " is a number, not " + quoted(text), "write a number");
    case Type::Kind::boolean:
      if (text == "true" || text == "false") return Value(text == "true");
      return fail(subject + " is true or false, not " + quoted(text), "write `true` or `false`");
    case Type::Kind::any:
      return Value(std::move(text));
    case Type::Kind::list:
    case Type::Kind::set:
      if (!text.starts_with('[') && attribute.type->element != nullptr &&
          attribute.type->element->kind == Type::Kind::string) {
        return listed(text);
      }
      [[fallthrough]];
    default: {
      auto value = parse_json(text);
      if (!value.has_value()) {
        return fail(subject + " is not JSON: " + value.error().message, "write it as JSON, in quotes if it has commas");
      }
      return value;
    }
  }
}

Result<Value> read_part(const Attribute& attribute, std::string text) {
  const Value raw = PLUMB_TRY(read_scalar(attribute, std::move(text)));
  Value value = raw;
  if (attribute.type != nullptr) {
    Converted converted = convert(raw, *attribute.type);
    if (!converted.errors.empty()) {
      const TypeError& error = converted.errors.front();
      return fail("`" + attribute.name + "` of the identity: " + error.message, error.next_step);
    }
    value = std::move(converted.value);
  }
  return canonical(value, attribute);
}

class Reader {
 public:
  Reader(const TypeSchema& type, std::string_view text) : type_(type), text_(text) {}

  Result<Value> read() {
    if (const IdentityPart* bare = bare_part(type_); bare != nullptr && !begins_with_name(type_, text_)) {
      return read_bare(bare->attribute);
    }
    ValueMap parts;
    do {
      const std::string name = PLUMB_TRY(key());
      if (parts.contains(name)) return bad("`" + name + "` is given twice");
      const Attribute* attribute = type_.find(name);
      parts.set(name, PLUMB_TRY(read_part(*attribute, PLUMB_TRY(value(',')))));
    } while (at_ < text_.size() && text_[at_++] == ',');
    return complete(std::move(parts));
  }

 private:
  Result<Value> read_bare(const std::string& name) {
    if (text_.empty()) return bad("it is empty");
    const Attribute* attribute = type_.find(name);
    if (attribute == nullptr) return no_attribute(name);
    ValueMap parts;
    parts.set(name, PLUMB_TRY(read_part(*attribute, PLUMB_TRY(value('\0')))));
    return complete(std::move(parts));
  }

  Result<std::string> key() {
    const std::size_t equals = text_.find('=', at_);
    const std::size_t comma = text_.find(',', at_);
    if (equals == std::string_view::npos || comma < equals) return bad("expected `key=value`");
    std::string name(text_.substr(at_, equals - at_));
    if (!type_.is_identity(name)) {
      return bad(quoted(name) + " is no part of the identity of " + type_.name + did_you_mean(name, part_names(type_)));
    }
    if (type_.find(name) == nullptr) return no_attribute(name);
    at_ = equals + 1;
    return name;
  }

  // Up to `end` or the end of the text; with `\0`, all that is left. For a single part a comma is no end.
  Result<std::string> value(char end) {
    if (type_.identity.size() == 1) end = '\0';
    if (at_ < text_.size() && text_[at_] == '"') {
      auto read = read_quoted(text_, at_);
      if (!read) return bad("the quoted value is not closed, or has an unknown escape");
      if (at_ < text_.size() && (end == '\0' || text_[at_] != end)) return bad("expected nothing after the quotes");
      return std::move(*read);
    }
    const std::size_t stop = end == '\0' ? text_.size() : std::min(text_.find(end, at_), text_.size());
    std::string out(text_.substr(at_, stop - at_));
    at_ = stop;
    return out;
  }

  // Parts that were left out are null; those that somebody must write may not be.
  Result<Value> complete(ValueMap parts) const {
    for (const IdentityPart& part : type_.identity) {
      if (parts.contains(part.attribute)) continue;
      const Attribute* attribute = type_.find(part.attribute);
      if (attribute != nullptr && attribute->required && !part.defaulted) {
        return bad("`" + part.attribute + "` is missing");
      }
      parts.set(part.attribute, Value());
    }
    return Value(std::move(parts));
  }

  [[nodiscard]] tl::unexpected<Error> no_attribute(const std::string& name) const {
    return fail("the type " + type_.name + " has no attribute `" + name + "`, which its identity names",
                "report this as a bug of the provider", {}, Fault::internal);
  }

  [[nodiscard]] tl::unexpected<Error> bad(const std::string& what) const {
    return fail("the identity " + quoted(text_) + " cannot be read: " + what, form(type_));
  }

  const TypeSchema& type_;
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Value identity_of(const TypeSchema& type, const Value& attributes) {
  ValueMap parts;
  for (const IdentityPart& part : type.identity) {
    Value value = attributes.is_unknown() ? attributes : attributes.get(part.attribute);
    const Attribute* attribute = type.find(part.attribute);
    if (value.is_null() && attribute != nullptr && attribute->default_value) value = *attribute->default_value;
    parts.set(part.attribute, canonical_part(type, part.attribute, value));
  }
  return Value(std::move(parts));
}

std::optional<std::string> identity_key(const TypeSchema& type, const Value& identity) {
  if (!identity.fully_known()) return std::nullopt;
  std::string key;
  for (const IdentityPart& part : type.identity) key += encode_value(identity.get(part.attribute));
  return key;
}

std::string identity_text(const TypeSchema& type, const Value& identity) {
  // A part that is filled in by itself, and with nothing, says nothing (a root namespace).
  const auto told = [&](const IdentityPart& part) {
    const Value value = identity.get(part.attribute);
    return !value.is_null() && !(part.defaulted && value.is_string() && value.as_string().empty());
  };
  const IdentityPart* bare = bare_part(type);
  const auto others = std::any_of(type.identity.begin(), type.identity.end(),
                                  [&](const auto& part) { return &part != bare && told(part); });
  if (bare != nullptr && !others) {
    return told(*bare) ? part_text(type, identity.get(bare->attribute), true) : std::string();
  }
  std::vector<std::string> parts;
  for (const IdentityPart& part : type.identity) {
    if (told(part)) parts.push_back(part.attribute + '=' + part_text(type, identity.get(part.attribute), false));
  }
  return join(parts, ",");
}

Result<Value> parse_identity(const TypeSchema& type, std::string_view text) {
  if (type.identity.empty()) {
    return fail("the type " + type.name + " has no identity to name", "it cannot be imported; let apply make it");
  }
  return Reader(type, text).read();
}

}  // namespace plumb
