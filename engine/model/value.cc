#include "engine/model/value.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "engine/base/text.h"

namespace plumb {

namespace {

enum Contains : std::uint8_t { kSensitive = 1, kUnknown = 2, kUnavailable = 4 };

std::uint8_t flags_of(const Value& value) noexcept {
  return static_cast<std::uint8_t>((value.any_sensitive() ? kSensitive : 0) | (value.any_unknown() ? kUnknown : 0) |
                                   (value.any_unavailable() ? kUnavailable : 0));
}

template <class Node>
void take_in(Node& node, const Value& item) {
  node.contains |= flags_of(item);
  node.depth = std::max(node.depth, static_cast<std::uint32_t>(item.depth() + 1));
  if (__builtin_add_overflow(node.weight, item.weight(), &node.weight)) node.weight = UINT32_MAX;
}

}  // namespace

struct Value::ListNode {
  List items;
  std::uint8_t contains = 0;
  std::uint32_t depth = 1;
  std::uint32_t weight = 1;
};

struct Value::MapNode {
  ValueMap entries;
  std::uint8_t contains = 0;
  std::uint32_t depth = 1;
  std::uint32_t weight = 1;
};

Value::Value(std::string s) : data_(std::make_shared<const std::string>(std::move(s))) {}

Value::Value(List items) {
  ListNode node{std::move(items)};
  for (const Value& item : node.items) take_in(node, item);
  data_ = std::make_shared<const ListNode>(std::move(node));
}

Value::Value(ValueMap entries) {
  MapNode node{std::move(entries)};
  for (const auto& entry : node.entries) take_in(node, entry.second);
  data_ = std::make_shared<const MapNode>(std::move(node));
}

Value Value::list(List items) { return Value(std::move(items)); }
Value Value::map() { return Value(ValueMap()); }

Value Value::unknown() {
  Value value;
  value.data_ = UnknownTag{};
  return value;
}

Value Value::unknown(std::shared_ptr<const Opaque> reference) {
  Value value;
  value.data_ = UnknownTag{std::move(reference)};
  return value;
}

Value Value::unavailable() {
  Value value;
  value.data_ = UnavailableTag{};
  value.sensitive_ = true;
  return value;
}

Value::Kind Value::kind() const noexcept { return static_cast<Kind>(data_.index()); }

double Value::as_number() const {
  if (const auto* i = std::get_if<std::int64_t>(&data_)) return static_cast<double>(*i);
  return std::get<double>(data_);
}

const Value::List& Value::as_list() const { return std::get<ListPtr>(data_)->items; }
const ValueMap& Value::as_map() const { return std::get<MapPtr>(data_)->entries; }

Value Value::with_sensitive(bool on) const& {
  Value copy = *this;
  copy.sensitive_ = on || is_unavailable();
  return copy;
}

namespace {

template <class ListPtr, class MapPtr, class Data>
bool contains(const Data& data, std::uint8_t flag) noexcept {
  if (const auto* list = std::get_if<ListPtr>(&data)) return ((*list)->contains & flag) != 0;
  if (const auto* map = std::get_if<MapPtr>(&data)) return ((*map)->contains & flag) != 0;
  return false;
}

}  // namespace

bool Value::any_sensitive() const noexcept { return sensitive_ || contains<ListPtr, MapPtr>(data_, kSensitive); }
bool Value::any_unknown() const noexcept { return is_unknown() || contains<ListPtr, MapPtr>(data_, kUnknown); }
bool Value::any_unavailable() const noexcept {
  return is_unavailable() || contains<ListPtr, MapPtr>(data_, kUnavailable);
}

std::shared_ptr<const Opaque> Value::reference() const noexcept {
  const auto* unknown = std::get_if<UnknownTag>(&data_);
  return unknown != nullptr ? unknown->reference : nullptr;
}

std::size_t Value::depth() const noexcept {
  if (const auto* list = std::get_if<ListPtr>(&data_)) return (*list)->depth;
  if (const auto* map = std::get_if<MapPtr>(&data_)) return (*map)->depth;
  return 0;
}

std::uint32_t Value::weight() const noexcept {
  if (const auto* list = std::get_if<ListPtr>(&data_)) return (*list)->weight;
  if (const auto* map = std::get_if<MapPtr>(&data_)) return (*map)->weight;
  if (is_string()) return static_cast<std::uint32_t>(std::min<std::size_t>(as_string().size() / 32 + 1, UINT32_MAX));
  return 1;
}

const Value* Value::find(std::string_view key) const noexcept { return is_map() ? as_map().find(key) : nullptr; }

Value Value::get(std::string_view key) const {
  const Value* found = find(key);
  if (found == nullptr) return {};
  return sensitive_ ? found->with_sensitive() : *found;
}

namespace {

template <class T>
int three_way(const T& a, const T& b) {
  return a < b ? -1 : (b < a ? 1 : 0);
}

// Exact: an int64 turned into a double could meet its neighbour.
int compare_exactly(std::int64_t a, double b) {
  constexpr double limit = 9223372036854775808.0;  // 2^63
  if (b >= limit) return -1;
  if (b < -limit) return 1;
  const double whole = std::trunc(b);
  if (const int order = three_way(a, static_cast<std::int64_t>(whole)); order != 0) return order;
  return three_way(whole, b);
}

// A total order: what is no number comes first.
int compare_numbers(const Value& a, const Value& b) {
  if (a.is_integer() && b.is_integer()) return three_way(a.as_integer(), b.as_integer());
  const bool a_is_nan = std::isnan(a.as_number());
  const bool b_is_nan = std::isnan(b.as_number());
  if (a_is_nan || b_is_nan) return three_way(!a_is_nan, !b_is_nan);
  if (a.is_integer()) return compare_exactly(a.as_integer(), b.as_number());
  if (b.is_integer()) return -compare_exactly(b.as_integer(), a.as_number());
  return three_way(a.as_number(), b.as_number());
}

}  // namespace

bool Value::operator==(const Value& other) const {
  if (is_number() && other.is_number()) return compare_numbers(*this, other) == 0;
  if (kind() != other.kind()) return false;
  switch (kind()) {
    case Kind::boolean:
      return as_bool() == other.as_bool();
    case Kind::string:
      return as_string() == other.as_string();
    case Kind::list:
      return std::get<ListPtr>(data_) == std::get<ListPtr>(other.data_) || as_list() == other.as_list();
    case Kind::map:
      return std::get<MapPtr>(data_) == std::get<MapPtr>(other.data_) || as_map() == other.as_map();
    case Kind::null:
    case Kind::integer:
    case Kind::number:
    case Kind::unknown:
    case Kind::unavailable:
      return true;
  }
  return false;
}

namespace {

void write_debug(const Value& value, std::string& out) {
  if (value.is_unavailable()) {
    out += "(unavailable)";
  } else if (value.sensitive()) {
    out += "(sensitive)";
  } else if (value.is_unknown()) {
    out += "(unknown)";
  } else if (value.is_null()) {
    out += "null";
  } else if (value.is_string()) {
    out += '"' + json_escape(value.as_string()) + '"';
  } else if (value.is_list()) {
    out += '[';
    for (std::size_t i = 0; i < value.as_list().size(); ++i) {
      if (i > 0) out += ", ";
      write_debug(value.as_list()[i], out);
    }
    out += ']';
  } else if (value.is_map()) {
    out += '{';
    bool first = true;
    for (const auto& [key, item] : value.as_map()) {
      if (!first) out += ", ";
      first = false;
      out += '"' + json_escape(key) + "\": ";
      write_debug(item, out);
    }
    out += '}';
  } else {
    out += scalar_text(value).value_or("?");
  }
}

}  // namespace

std::string Value::debug() const {
  std::string out;
  write_debug(*this, out);
  return out;
}

std::string_view Value::kind_name() const noexcept {
  switch (kind()) {
    case Kind::null:
      return "null";
    case Kind::boolean:
      return "bool";
    case Kind::integer:
      return "integer";
    case Kind::number:
      return "number";
    case Kind::string:
      return "string";
    case Kind::list:
      return "list";
    case Kind::map:
      return "map";
    case Kind::unknown:
      return "unknown";
    case Kind::unavailable:
      return "unavailable";
  }
  return "";
}

std::string number_text(double number) {
  if (std::nearbyint(number) == number && std::fabs(number) < 9.007199254740992e15) {
    return std::to_string(static_cast<std::int64_t>(number));
  }
  char buffer[40];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, number);
  return error == std::errc() ? std::string(buffer, end) : std::to_string(number);
}

std::optional<std::string> scalar_text(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::null:
      return std::string();
    case Value::Kind::boolean:
      return std::string(value.as_bool() ? "true" : "false");
    case Value::Kind::integer:
      return std::to_string(value.as_integer());
    case Value::Kind::number:
      return number_text(value.as_number());
    case Value::Kind::string:
      return value.as_string();
    case Value::Kind::list:
    case Value::Kind::map:
    case Value::Kind::unknown:
    case Value::Kind::unavailable:
      return std::nullopt;
  }
  return std::nullopt;
}

namespace {

// Kinds in a fixed order; integers and numbers are one.
int rank(const Value& value) noexcept {
  return value.kind() == Value::Kind::number ? static_cast<int>(Value::Kind::integer) : static_cast<int>(value.kind());
}

}  // namespace

int compare_values(const Value& a, const Value& b) {
  if (rank(a) != rank(b)) return three_way(rank(a), rank(b));
  switch (a.kind()) {
    case Value::Kind::boolean:
      return three_way(a.as_bool(), b.as_bool());
    case Value::Kind::integer:
    case Value::Kind::number:
      return compare_numbers(a, b);
    case Value::Kind::string:
      return three_way(a.as_string(), b.as_string());
    case Value::Kind::list: {
      const auto& x = a.as_list();
      const auto& y = b.as_list();
      for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
        if (const int order = compare_values(x[i], y[i]); order != 0) return order;
      }
      return three_way(x.size(), y.size());
    }
    case Value::Kind::map: {
      auto x = a.as_map().begin();
      auto y = b.as_map().begin();
      for (; x != a.as_map().end() && y != b.as_map().end(); ++x, ++y) {
        if (const int order = three_way(x->first, y->first); order != 0) return order;
        if (const int order = compare_values(x->second, y->second); order != 0) return order;
      }
      return three_way(a.as_map().size(), b.as_map().size());
    }
    case Value::Kind::null:
    case Value::Kind::unknown:
    case Value::Kind::unavailable:
      return 0;
  }
  return 0;
}

ValueMap::ValueMap(std::initializer_list<Entry> entries) : ValueMap(from(std::vector<Entry>(entries))) {}

void ValueMap::set(std::string key, Value value) {
  if (entries_.empty() || entries_.back().first < key) {
    entries_.emplace_back(std::move(key), std::move(value));
    return;
  }
  const auto it = std::lower_bound(entries_.begin(), entries_.end(), key,
                                   [](const Entry& entry, const std::string& k) { return entry.first < k; });
  if (it != entries_.end() && it->first == key) {
    it->second = std::move(value);
  } else {
    entries_.emplace(it, std::move(key), std::move(value));
  }
}

bool ValueMap::erase(std::string_view key) {
  const Value* found = find(key);
  if (found == nullptr) return false;
  std::erase_if(entries_, [&](const Entry& entry) { return entry.first == key; });
  return true;
}

const Value* ValueMap::find(std::string_view key) const noexcept {
  const auto it = std::lower_bound(entries_.begin(), entries_.end(), key,
                                   [](const Entry& entry, std::string_view k) { return entry.first < k; });
  return it != entries_.end() && it->first == key ? &it->second : nullptr;
}

ValueMap ValueMap::from(std::vector<Entry> entries) {
  const auto before = [](const Entry& a, const Entry& b) { return a.first < b.first; };
  if (!std::is_sorted(entries.begin(), entries.end(), before)) {
    std::stable_sort(entries.begin(), entries.end(), before);
  }
  ValueMap map;
  map.entries_.reserve(entries.size());
  for (Entry& entry : entries) {
    if (!map.entries_.empty() && map.entries_.back().first == entry.first) {
      map.entries_.back().second = std::move(entry.second);
    } else {
      map.entries_.push_back(std::move(entry));
    }
  }
  return map;
}

}  // namespace plumb
