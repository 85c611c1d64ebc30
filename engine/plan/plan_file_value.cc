#include "engine/plan/plan_file_value.h"

#include <array>

namespace plumb {

namespace {

constexpr const char* kTag = "$";
constexpr std::string_view kSecret = "sensitive", kSecretNull = "sensitive null", kUnknown = "unknown",
                           kSecretUnknown = "sensitive unknown", kUnavailable = "unavailable", kMap = "map";

Value tagged(std::string_view what) { return ValueMap{{kTag, Value(what)}}; }

}  // namespace

Value encode_marked(const Value& value) {
  if (value.is_unavailable()) return tagged(kUnavailable);
  if (value.sensitive()) {
    if (value.any_unknown()) return tagged(kSecretUnknown);
    return tagged(value.is_null() ? kSecretNull : kSecret);
  }
  if (value.is_unknown()) return tagged(kUnknown);
  if (value.is_list()) {
    if (value.fully_known() && !value.any_sensitive() && value.as_list().empty()) return value;
    Value::List items;
    items.reserve(value.as_list().size());
    for (const Value& item : value.as_list()) items.push_back(encode_marked(item));
    return Value(std::move(items));
  }
  if (!value.is_map()) return value;
  std::vector<ValueMap::Entry> entries;
  entries.reserve(value.as_map().size());
  for (const auto& [key, item] : value.as_map()) entries.emplace_back(key, encode_marked(item));
  Value map(ValueMap::from(std::move(entries)));
  if (!value.as_map().contains(kTag)) return map;
  return ValueMap{{kTag, Value(kMap)}, {"entries", std::move(map)}};
}

Result<Value> decode_marked(const Value& encoded) {
  if (encoded.is_list()) {
    Value::List items;
    items.reserve(encoded.as_list().size());
    for (const Value& item : encoded.as_list()) items.push_back(PLUMB_TRY(decode_marked(item)));
    return Value(std::move(items));
  }
  if (!encoded.is_map()) return encoded;
  const Value* entries = &encoded;
  if (const Value* tag = encoded.find(kTag)) {
    if (!tag->is_string()) return fail("a value cannot be read");
    const std::string& what = tag->as_string();
    if (what == kSecret) return Value("").with_sensitive();
    if (what == kSecretNull) return Value().with_sensitive();
    if (what == kUnknown) return Value::unknown();
    if (what == kSecretUnknown) return Value::unknown().with_sensitive();
    if (what == kUnavailable) return Value::unavailable();
    entries = encoded.find("entries");
    if (what != kMap || entries == nullptr || !entries->is_map()) return fail("a value cannot be read");
  }
  std::vector<ValueMap::Entry> out;
  out.reserve(entries->as_map().size());
  for (const auto& [key, item] : entries->as_map()) out.emplace_back(key, PLUMB_TRY(decode_marked(item)));
  return Value(ValueMap::from(std::move(out)));
}

}  // namespace plumb
