#include "engine/plan/kept.h"

#include <algorithm>

namespace plumb {

namespace {

// Without what is marked: gone from the map, and `null` in its place further down.
Value without_secrets(const Value& attributes) {
  if (!attributes.any_sensitive()) return attributes;
  std::vector<ValueMap::Entry> entries;
  entries.reserve(attributes.as_map().size());
  for (const auto& [name, value] : attributes.as_map()) {
    if (value.sensitive()) continue;
    Value kept = value;
    for (const auto& [path, leaf] : secret_leaves(value, Path())) kept = with_value_at(kept, path, Value());
    entries.emplace_back(name, std::move(kept));
  }
  return Value(ValueMap::from(std::move(entries)));
}

}  // namespace

std::vector<std::pair<Path, Value>> secret_leaves(const Value& value, const Path& root) {
  std::vector<std::pair<Path, Value>> out;
  if (!value.any_sensitive()) return out;
  std::vector<std::pair<Path, Value>> open{{root, value}};
  while (!open.empty()) {
    auto [path, at] = std::move(open.back());
    open.pop_back();
    if (at.sensitive()) {
      out.emplace_back(std::move(path), std::move(at));
    } else if (at.is_list()) {
      for (std::size_t i = 0; i < at.as_list().size(); ++i) {
        if (at.as_list()[i].any_sensitive()) open.emplace_back(path / static_cast<std::int64_t>(i), at.as_list()[i]);
      }
    } else if (at.is_map()) {
      for (const auto& [key, item] : at.as_map()) {
        if (item.any_sensitive()) open.emplace_back(path / key, item);
      }
    }
  }
  return out;
}

bool goes_by_version(const Attribute& attribute, const Value& desired) {
  if (attribute.versioned_by.empty()) return false;
  const Value* version = desired.find(attribute.versioned_by);
  return version != nullptr && !version->is_null();
}

bool never_compared(const TypeSchema& type, std::string_view attribute, const Value& desired) {
  const Attribute* found = type.find(attribute);
  return found != nullptr && (goes_by_version(*found, desired) || (found->create_only && found->write_only));
}

std::vector<std::pair<Path, Value>> digested_secrets(const TypeSchema& type, const Value& desired) {
  std::vector<std::pair<Path, Value>> out;
  if (!desired.any_sensitive()) return out;
  for (const auto& [name, value] : desired.as_map()) {
    if (!value.any_sensitive() || never_compared(type, name, desired)) continue;
    for (auto& leaf : secret_leaves(value, Path(name))) out.push_back(std::move(leaf));
  }
  return out;
}

Value kept_attributes(const TypeSchema& type, const Value& attributes, const Value& desired) {
  std::vector<ValueMap::Entry> entries;
  entries.reserve(attributes.as_map().size());
  for (const auto& [name, value] : attributes.as_map()) {
    const Attribute* attribute = type.find(name);
    if (attribute == nullptr || value.is_null() || value.any_unknown()) continue;
    if (attribute->write_only || attribute->kept_by_server) continue;
    const Value* set = desired.find(name);
    if (set == nullptr) {
      entries.emplace_back(name, value);
      continue;
    }
    if (attribute->sensitive) continue;
    Value kept = value;
    for (const auto& [path, leaf] : secret_leaves(*set, Path())) {
      kept = path.empty() ? Value() : with_value_at(kept, path, Value());
    }
    if (!kept.is_null()) entries.emplace_back(name, std::move(kept));
  }
  return Value(ValueMap::from(std::move(entries)));
}

Value kept_answer(const TypeSchema& type, const Value& attributes, const Value& desired) {
  return without_secrets(kept_attributes(type, attributes, desired));
}

bool answers_secrets(const TypeSchema& type) {
  return std::any_of(type.attributes.begin(), type.attributes.end(),
                     [](const Attribute& attribute) { return attribute.sensitive && attribute.computed; });
}

bool kept_by_server(const TypeSchema& type) {
  return std::any_of(type.attributes.begin(), type.attributes.end(),
                     [](const Attribute& attribute) { return attribute.kept_by_server; });
}

bool comparable_unseen(const TypeSchema& type, const InstanceRecord& record, const Path& attribute, bool has_key) {
  bool digested = false;
  for (auto it = record.digests.lower_bound(attribute); it != record.digests.end() && attribute.covers(it->first);
       ++it) {
    if (!has_key || it->second.empty()) return false;
    digested = true;
  }
  const Attribute* schema = type.find(attribute.root());
  if (digested || schema == nullptr || !schema->sensitive) return true;
  // Nothing was sent: then it is as it was, unless it was ours and nobody digested it (an import).
  return std::none_of(record.managed.begin(), record.managed.end(),
                      [&](const Path& path) { return path.root() == attribute.root(); });
}

std::vector<Path> managed_paths(const TypeSchema& type, const Value& desired) {
  std::vector<Path> out;
  for (const auto& [name, value] : desired.as_map()) {
    const Attribute* attribute = type.find(name);
    if (attribute == nullptr || value.is_null()) continue;
    if (attribute->computed && value.is_map()) {
      for (const auto& [key, item] : value.as_map()) out.push_back(Path(name) / key);
      if (value.as_map().empty()) out.push_back(Path(name));
    } else {
      out.push_back(Path(name));
    }
  }
  return out;
}

}  // namespace plumb
