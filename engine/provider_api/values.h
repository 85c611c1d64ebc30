// Reading attributes out of values, and building the ones we return.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/path.h"
#include "engine/model/value.h"
#include "engine/provider_api/provider.h"

namespace plumb {

// nullopt for anything but a known string, integer, bool.
inline std::optional<std::string> text_of(const Value& attributes, std::string_view name) {
  const Value* found = attributes.find(name);
  if (found == nullptr || !found->is_string()) return std::nullopt;
  return found->as_string();
}

inline std::string text_or(const Value& attributes, std::string_view name, std::string_view otherwise = {}) {
  return text_of(attributes, name).value_or(std::string(otherwise));
}

inline std::optional<std::int64_t> integer_of(const Value& attributes, std::string_view name) {
  const Value* found = attributes.find(name);
  if (found == nullptr || !found->is_integer()) return std::nullopt;
  return found->as_integer();
}

inline std::optional<bool> flag_of(const Value& attributes, std::string_view name) {
  const Value* found = attributes.find(name);
  if (found == nullptr || !found->is_bool()) return std::nullopt;
  return found->as_bool();
}

// The known strings of a list; empty for anything else.
inline std::vector<std::string> texts_of(const Value& attributes, std::string_view name) {
  std::vector<std::string> out;
  const Value* found = attributes.find(name);
  if (found == nullptr || !found->is_list()) return out;
  for (const auto& one : found->as_list()) {
    if (one.is_string()) out.push_back(one.as_string());
  }
  return out;
}

inline Value list_value(const std::vector<std::string>& texts) { return Value::list({texts.begin(), texts.end()}); }

inline bool is_changed(const ChangeRequest& change, std::string_view attribute) {
  return std::any_of(change.changed.begin(), change.changed.end(),
                     [&](const Path& path) { return path.root() == attribute; });
}

inline Value with(const Value& map, std::string key, Value value) {
  ValueMap entries = map.is_map() ? map.as_map() : ValueMap();
  entries.set(std::move(key), std::move(value));
  return Value(std::move(entries));
}

}  // namespace plumb
