#include "engine/model/diff.h"

#include <algorithm>
#include <set>

namespace plumb {

namespace {

class Diff {
 public:
  explicit Diff(const Attribute& attribute) { leaf_.comparison = attribute.comparison; }
  std::vector<PathChange> changes;

  void run(const Value& before_in, const Value& after_in, const Type& type, const Path& path, bool sensitive) {
    const bool marked = sensitive || before_in.sensitive() || after_in.sensitive();
    const Value before = marked ? before_in.with_sensitive() : before_in;
    const Value after = marked ? after_in.with_sensitive() : after_in;
    if (before.is_null() && after.is_null()) return;
    // Whole containers are not compared on the way down: that would cost their size once a level.
    const bool maps = before.is_map() && after.is_map();
    const bool lists = before.is_list() && after.is_list();
    if (maps && type.kind != Type::Kind::set) {
      by_key(before, after, type, path, marked);
    } else if (lists && type.kind == Type::Kind::keyed_list && has_keys(before, type) && has_keys(after, type)) {
      by_element_key(before, after, type, path, marked);
    } else if (lists && type.kind == Type::Kind::list && before.as_list().size() == after.as_list().size()) {
      for (std::size_t i = 0; i < before.as_list().size(); ++i) {
        run(before.as_list()[i], after.as_list()[i], *type.element, path / static_cast<std::int64_t>(i), marked);
      }
    } else if (!same(before, after, type)) {
      changes.push_back({path, before, after});
    }
  }

 private:
  // The attribute's comparison speaks of its leaves; inside `any` things are compared as they are.
  bool same(const Value& before, const Value& after, const Type& type) {
    if (before.any_unknown() || after.any_unknown()) return false;
    if (type.kind == Type::Kind::any && !before.is_string()) return before == after;
    leaf_.type = std::shared_ptr<const Type>(std::shared_ptr<const Type>(), &type);
    return equivalent(before, after, leaf_);
  }

  // Elements can be matched only while each has a key that is known and its own.
  static bool has_keys(const Value& list, const Type& type) {
    std::set<std::string> seen;
    return std::all_of(list.as_list().begin(), list.as_list().end(), [&](const Value& item) {
      const Value key = item.get(type.key);
      return key.is_scalar() && !key.is_null() && seen.insert(*scalar_text(key)).second;
    });
  }

  static const Type& field_type(const Type& type, const std::string& key) {
    static const TypePtr any = any_type();
    if (type.kind == Type::Kind::map) return *type.element;
    for (const Field& field : type.fields) {
      if (field.name == key) return *field.type;
    }
    for (const Variant& variant : type.variants) {
      for (const Field& field : variant.fields) {
        if (field.name == key) return *field.type;
      }
    }
    return *any;
  }

  void by_key(const Value& before, const Value& after, const Type& type, const Path& path, bool marked) {
    auto x = before.as_map().begin();
    auto y = after.as_map().begin();
    const auto x_end = before.as_map().end();
    const auto y_end = after.as_map().end();
    while (x != x_end || y != y_end) {
      if (y == y_end || (x != x_end && x->first < y->first)) {
        run(x->second, Value(), field_type(type, x->first), path / x->first, marked);
        ++x;
      } else if (x == x_end || y->first < x->first) {
        run(Value(), y->second, field_type(type, y->first), path / y->first, marked);
        ++y;
      } else {
        run(x->second, y->second, field_type(type, x->first), path / x->first, marked);
        ++x;
        ++y;
      }
    }
  }

  void by_element_key(const Value& before, const Value& after, const Type& type, const Path& path, bool marked) {
    const auto keyed = [&](const Value& list) {
      std::vector<ValueMap::Entry> entries;
      for (const Value& item : list.as_list()) {
        entries.emplace_back(scalar_text(item.get(type.key)).value_or("?"), item);
      }
      return Value(ValueMap::from(std::move(entries)));
    };
    Type elements;
    elements.kind = Type::Kind::map;
    elements.element = type.element;
    by_key(keyed(before), keyed(after), elements, path, marked);
  }

  Attribute leaf_;  // the attribute's comparison, with the type of the leaf at hand
};

}  // namespace

std::vector<PathChange> diff_attribute(const Value& before, const Value& after, const Attribute& attribute) {
  Diff diff(attribute);
  diff.run(before, after, *attribute.type, Path(attribute.name), false);
  return std::move(diff.changes);
}

}  // namespace plumb
