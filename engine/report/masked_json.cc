#include "engine/report/masked_json.h"

namespace plumb::report {

namespace {

template <class Is, class Any>
Value shape(const Value& value, const Is& is, const Any& any) {
  if (is(value)) return true;
  if (value.is_map()) {
    std::vector<ValueMap::Entry> entries;
    if (any(value)) {
      for (const auto& [key, item] : value.as_map()) {
        if (any(item)) entries.emplace_back(key, shape(item, is, any));
      }
    }
    return ValueMap::from(std::move(entries));
  }
  if (value.is_list()) {
    Value::List items;
    if (any(value)) {
      for (const Value& item : value.as_list()) items.push_back(shape(item, is, any));
    }
    return items;
  }
  return false;
}

}  // namespace

Value masked(const Value& value) {
  if (value.sensitive() || value.is_unknown() || value.is_unavailable()) return {};
  if (value.fully_known() && !value.any_sensitive()) return value;
  if (value.is_map()) {
    std::vector<ValueMap::Entry> entries;
    for (const auto& [key, item] : value.as_map()) entries.emplace_back(key, masked(item));
    return ValueMap::from(std::move(entries));
  }
  if (!value.is_list()) return value;
  Value::List items;
  for (const Value& item : value.as_list()) items.push_back(masked(item));
  return items;
}

Value unknown_shape(const Value& value) {
  return shape(
      value, [](const Value& v) { return v.is_unknown() || v.is_unavailable(); },
      [](const Value& v) { return !v.fully_known(); });
}

Value sensitive_shape(const Value& value) {
  return shape(
      value, [](const Value& v) { return v.sensitive() || v.is_unavailable(); },
      [](const Value& v) { return v.any_sensitive() || v.any_unavailable(); });
}

void set_address(ValueMap& out, const Address& address) {
  Address module;
  module.modules = address.modules;
  const auto or_null = [](std::string_view text) { return text.empty() ? Value() : Value(text); };
  out.set("address", address.str());
  out.set("index", address.key ? Value(*address.key) : Value());
  out.set("mode", address.is_module() ? Value() : Value(address.data ? "data" : "managed"));
  out.set("module_address", or_null(module.str()));
  out.set("name", or_null(address.name));
  out.set("provider_name", or_null(address.provider()));
  out.set("type", or_null(address.type));
}

}  // namespace plumb::report
