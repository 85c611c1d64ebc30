#include "providers/vault/wire.h"

#include <charconv>

namespace plumb::vault {

namespace {

Value text_from(const Value& raw) {
  if (raw.is_string()) return raw;
  if (auto text = scalar_text(raw)) return Value(std::move(*text));
  return raw;
}

Value list_from(const Value& raw) {
  if (!raw.is_string()) return raw;
  Value::List out;
  std::string_view rest = raw.as_string();
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    std::string_view one = rest.substr(0, comma);
    while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
    while (!one.empty() && one.back() == ' ') one.remove_suffix(1);
    if (!one.empty()) out.emplace_back(one);
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  }
  return Value(std::move(out));
}

Value number_from(const Value& raw) {
  if (!raw.is_string()) return raw;
  const std::string& text = raw.as_string();
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) return Value(number);
  return raw;
}

Value flag_from(const Value& raw) {
  if (!raw.is_string()) return raw;
  if (raw.as_string() == "true") return Value(true);
  if (raw.as_string() == "false") return Value(false);
  return raw;
}

Value elements_from(const Type& element, const Value& raw) {
  if (element.kind != Type::Kind::string) return raw;
  if (raw.is_list()) {
    Value::List out;
    for (const Value& one : raw.as_list()) out.push_back(text_from(one));
    return Value(std::move(out));
  }
  std::vector<ValueMap::Entry> entries;
  for (const auto& [key, one] : raw.as_map()) entries.emplace_back(key, text_from(one));
  return Value(ValueMap::from(std::move(entries)));
}

}  // namespace

std::optional<std::int64_t> seconds_of(std::string_view text) {
  Attribute attribute;
  attribute.type = string_type();
  attribute.comparison = Comparison::duration;
  const auto canon = canonical(Value(text), attribute);
  if (!canon || !canon->is_string()) return std::nullopt;
  // Go's form: hours, minutes, seconds with a fraction. What is less than a second does not count here.
  std::string_view rest = canon->as_string();
  double total = 0;
  while (!rest.empty()) {
    double number = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error != std::errc()) return std::nullopt;
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    double factor = 0;
    std::size_t unit = 1;
    if (rest.substr(0, 2) == "ms" || rest.substr(0, 2) == "us" || rest.substr(0, 2) == "ns") {
      unit = 2;
    } else if (rest.starts_with('h')) {
      factor = 3600;
    } else if (rest.starts_with('m')) {
      factor = 60;
    } else if (rest.starts_with('s')) {
      factor = 1;
    } else {
      return std::nullopt;
    }
    total += number * factor;
    rest.remove_prefix(unit);
  }
  return static_cast<std::int64_t>(total);
}

Value duration_of(std::int64_t seconds) {
  Attribute attribute;
  attribute.type = string_type();
  attribute.comparison = Comparison::duration;
  auto canon = canonical(Value(std::to_string(seconds) + "s"), attribute);
  return canon ? *canon : Value(std::to_string(seconds) + "s");
}

Value to_wire(const Attribute& attribute, const Value& value) {
  if (attribute.comparison == Comparison::duration && value.is_string()) {
    if (const auto seconds = seconds_of(value.as_string())) return Value(*seconds);
  }
  return value;
}

Value from_wire(const Attribute& attribute, const Value& raw) {
  if (raw.is_null()) return attribute.default_value.value_or(Value());
  if (raw.is_string() && raw.as_string().empty() && !attribute.default_value && !attribute.required) return Value();
  if (attribute.comparison == Comparison::duration) {
    if (raw.is_integer()) return duration_of(raw.as_integer());
    return text_from(raw);
  }
  switch (attribute.type->kind) {
    case Type::Kind::string:
    case Type::Kind::enumeration:
      return text_from(raw);
    case Type::Kind::list:
    case Type::Kind::set: {
      const Value list = list_from(raw);
      return list.is_list() ? elements_from(*attribute.type->element, list) : list;
    }
    case Type::Kind::map:
      return raw.is_map() ? elements_from(*attribute.type->element, raw) : raw;
    case Type::Kind::integer:
      return number_from(raw);
    case Type::Kind::boolean:
      return flag_from(raw);
    default:
      return raw;
  }
}

std::string trimmed_slashes(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  return std::string(path);
}

}  // namespace plumb::vault
