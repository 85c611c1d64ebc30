#include "providers/vault/generic_value.h"

#include <algorithm>

#include "providers/vault/wire.h"

namespace plumb::vault {

namespace {

// `1h`, `90s`, `3h25m19s`; not `3600`, which is a number as well.
std::optional<std::int64_t> worded_duration(const Value& value) {
  if (!value.is_string() || value.as_string().empty()) return std::nullopt;
  const char last = value.as_string().back();
  if (last < 'a' || last > 'z') return std::nullopt;
  return seconds_of(value.as_string());
}

std::optional<std::int64_t> any_duration(const Value& value) {
  if (value.is_integer()) return value.as_integer();
  if (value.is_string()) return seconds_of(value.as_string());
  return std::nullopt;
}

bool same_scalar(const Value& a, const Value& b) {
  if (a == b) return true;
  if (a.is_null() || b.is_null()) return false;
  if (!(a.is_string() && b.is_string()) && scalar_text(a) == scalar_text(b)) return true;
  if (!worded_duration(a) && !worded_duration(b)) return false;
  const auto left = any_duration(a), right = any_duration(b);
  return left && right && *left == *right;
}

Value::List split(const std::string& text) {
  Value::List out;
  std::size_t at = 0;
  while (at <= text.size()) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    std::string_view part = std::string_view(text).substr(at, end - at);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    if (!part.empty()) out.emplace_back(part);
    at = end + 1;
  }
  return out;
}

bool scalars(const Value::List& list) {
  return std::all_of(list.begin(), list.end(), [](const Value& one) { return one.is_scalar(); });
}

// By their texts, in any order.
bool same_items(const Value::List& a, const Value::List& b) {
  if (a.size() != b.size()) return false;
  if (!scalars(a) || !scalars(b)) {
    return std::equal(a.begin(), a.end(), b.begin(), [](const Value& x, const Value& y) { return same_meaning(x, y); });
  }
  std::vector<std::string> left, right;
  for (const Value& one : a) left.push_back(scalar_text(one).value_or(""));
  for (const Value& one : b) right.push_back(scalar_text(one).value_or(""));
  std::sort(left.begin(), left.end());
  std::sort(right.begin(), right.end());
  return left == right;
}

}  // namespace

bool same_meaning(const Value& written, const Value& live) {
  if (written == live) return true;
  if (written.is_map() && live.is_map()) {
    return std::all_of(written.as_map().begin(), written.as_map().end(), [&](const auto& entry) {
      const Value* there = live.find(entry.first);
      return there != nullptr && same_meaning(entry.second, *there);
    });
  }
  if (written.is_list() && live.is_list()) return same_items(written.as_list(), live.as_list());
  if (written.is_string() && live.is_list()) return same_items(split(written.as_string()), live.as_list());
  if (written.is_list() && live.is_string()) return same_items(written.as_list(), split(live.as_string()));
  // Nothing and an empty list are one thing to an API.
  if (written.is_list() && live.is_null()) return written.as_list().empty();
  return written.is_scalar() && live.is_scalar() && same_scalar(written, live);
}

Value in_words_of(const Value& written, const Value& live, bool keep_absent) {
  if (written.is_null()) return live.is_null() ? live : live.with_sensitive();
  if (!written.is_map() || !live.is_map()) return same_meaning(written, live) ? written : live;
  std::vector<ValueMap::Entry> out;
  for (const auto& [key, value] : written.as_map()) {
    if (const Value* there = live.find(key)) {
      out.emplace_back(key, in_words_of(value, *there, keep_absent));
    } else if (keep_absent) {
      out.emplace_back(key, value);
    }
  }
  return Value(ValueMap::from(std::move(out)));
}

bool lacks_secret(const Value& written, const Value& live) {
  if (!written.is_map()) return false;
  return std::any_of(written.as_map().begin(), written.as_map().end(), [&](const auto& entry) {
    const Value* there = live.find(entry.first);
    if (entry.second.is_null() || entry.second.sensitive()) return there == nullptr;
    return lacks_secret(entry.second, there == nullptr ? Value::map() : *there);
  });
}

}  // namespace plumb::vault
