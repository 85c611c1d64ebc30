// Value: the domain's only value type. Immutable, cheap to copy (containers are shared), and marked.
//
// Thread-safety: values may be read from any thread; assigning one object from two threads may not.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace plumb {

class ValueMap;
// A reference that a module's script holds without looking into it (engine/lua/opaque.h).
struct Opaque;

class Value {
 public:
  enum class Kind : std::uint8_t { null, boolean, integer, number, string, list, map, unknown, unavailable };
  using List = std::vector<Value>;

  Value() = default;  // null
  Value(bool b) : data_(b) {}
  Value(int i) : data_(std::int64_t{i}) {}
  Value(std::int64_t i) : data_(i) {}
  Value(double d) : data_(d) {}
  Value(std::string s);
  Value(std::string_view s) : Value(std::string(s)) {}
  Value(const char* s) : Value(std::string(s)) {}
  Value(List items);
  Value(ValueMap entries);
  Value(const void*) = delete;  // a pointer must not become a bool

  static Value list(List items = {});
  static Value map();
  // What apply will learn. Does not exist inside Lua.
  static Value unknown();
  // The same inside of a module's script, where it can be told what it stands for. Nothing but engine/lua meets one.
  static Value unknown(std::shared_ptr<const Opaque> reference);
  // A kept secret whose key is missing. Always sensitive.
  static Value unavailable();

  [[nodiscard]] Kind kind() const noexcept;
  [[nodiscard]] bool is_null() const noexcept { return kind() == Kind::null; }
  [[nodiscard]] bool is_bool() const noexcept { return kind() == Kind::boolean; }
  [[nodiscard]] bool is_integer() const noexcept { return kind() == Kind::integer; }
  [[nodiscard]] bool is_number() const noexcept { return kind() == Kind::integer || kind() == Kind::number; }
  [[nodiscard]] bool is_string() const noexcept { return kind() == Kind::string; }
  [[nodiscard]] bool is_list() const noexcept { return kind() == Kind::list; }
  [[nodiscard]] bool is_map() const noexcept { return kind() == Kind::map; }
  [[nodiscard]] bool is_unknown() const noexcept { return kind() == Kind::unknown; }
  [[nodiscard]] bool is_unavailable() const noexcept { return kind() == Kind::unavailable; }
  // Known, available, and neither list nor map.
  [[nodiscard]] bool is_scalar() const noexcept { return kind() <= Kind::string; }

  // Preconditions: the kind is the one asked for.
  [[nodiscard]] bool as_bool() const { return std::get<bool>(data_); }
  [[nodiscard]] std::int64_t as_integer() const { return std::get<std::int64_t>(data_); }
  [[nodiscard]] double as_number() const;  // of an integer too
  [[nodiscard]] const std::string& as_string() const { return *std::get<StringPtr>(data_); }
  [[nodiscard]] const List& as_list() const;
  [[nodiscard]] const ValueMap& as_map() const;

  // Marks. A mark on a container holds for everything in it.
  [[nodiscard]] bool sensitive() const noexcept { return sensitive_; }
  [[nodiscard]] Value with_sensitive(bool on = true) const&;
  // Anything at or below; constant time, kept in the container.
  [[nodiscard]] bool any_sensitive() const noexcept;
  [[nodiscard]] bool any_unknown() const noexcept;
  [[nodiscard]] bool any_unavailable() const noexcept;
  [[nodiscard]] bool fully_known() const noexcept { return !any_unknown() && !any_unavailable(); }
  // nullptr unless this is an unknown made with a reference.
  [[nodiscard]] std::shared_ptr<const Opaque> reference() const noexcept;
  // How many containers stand inside of each other, this one counted; 0 for what is none. Constant time.
  [[nodiscard]] std::size_t depth() const noexcept;

  // How much it is when written out: 1 for each value at or below (one that stands in two places counts twice), and 1
  // for every 32 bytes of text. Stops counting at 2^32 - 1. Constant time.
  [[nodiscard]] std::uint32_t weight() const noexcept;

  // Member of a map, or null; the mark of the map passes to what is taken out.
  [[nodiscard]] Value get(std::string_view key) const;
  // The same without the mark and without a copy; nullptr when this is no map or has no such key.
  [[nodiscard]] const Value* find(std::string_view key) const noexcept;

  // Content equality. Marks do not count; 1 and 1.0 are equal; unknown equals only unknown.
  bool operator==(const Value& other) const;

  // One line of text for messages and tests: JSON-like, `(unknown)`, `(unavailable)`, and `(sensitive)` for whatever is
  // marked.
  [[nodiscard]] std::string debug() const;
  // `string`, `list`, ... for messages.
  [[nodiscard]] std::string_view kind_name() const noexcept;

 private:
  struct ListNode;
  struct MapNode;
  struct UnknownTag {
    std::shared_ptr<const Opaque> reference{};
    bool operator==(const UnknownTag&) const = default;
  };
  struct UnavailableTag {
    bool operator==(const UnavailableTag&) const = default;
  };
  using StringPtr = std::shared_ptr<const std::string>;
  using ListPtr = std::shared_ptr<const ListNode>;
  using MapPtr = std::shared_ptr<const MapNode>;
  // The order of the alternatives is the order of Kind.
  std::variant<std::monostate, bool, std::int64_t, double, StringPtr, ListPtr, MapPtr, UnknownTag, UnavailableTag>
      data_;
  bool sensitive_ = false;
};

// Entries sorted by key (bytes), each key once.
class ValueMap {
 public:
  using Entry = std::pair<std::string, Value>;

  ValueMap() = default;
  ValueMap(std::initializer_list<Entry> entries);

  // Adds or replaces. Linear when out of order; appending in order is constant time.
  void set(std::string key, Value value);
  // Removes; true if it was there.
  bool erase(std::string_view key);
  [[nodiscard]] const Value* find(std::string_view key) const noexcept;
  [[nodiscard]] bool contains(std::string_view key) const noexcept { return find(key) != nullptr; }
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
  [[nodiscard]] auto begin() const noexcept { return entries_.begin(); }
  [[nodiscard]] auto end() const noexcept { return entries_.end(); }
  void reserve(std::size_t n) { entries_.reserve(n); }
  // From entries in any order; of equal keys the last one wins. n log n.
  static ValueMap from(std::vector<Entry> entries);

  bool operator==(const ValueMap&) const = default;

 private:
  std::vector<Entry> entries_;
};

// Text of a scalar as interpolation prints it: whole numbers without `.0`, numbers shortest-round-trip, `true`,
// `false`; null is the empty string. nullopt for anything that is not a known scalar.
std::optional<std::string> scalar_text(const Value& value);
// Shortest text that reads back as the same double; whole ones without `.0`.
std::string number_text(double number);
// A total order over values: kinds in a fixed order, then content; marks do not count. Negative, zero or positive.
int compare_values(const Value& a, const Value& b);

}  // namespace plumb
