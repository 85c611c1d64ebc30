// Values made to fit a type, in canonical form.
#include <algorithm>
#include <cmath>

#include "engine/base/suggest.h"
#include "engine/base/text.h"
#include "engine/model/address.h"
#include "engine/model/type.h"

namespace plumb {

namespace {

class Conversion {
 public:
  std::vector<TypeError> errors;

  Value run(const Value& value, const Type& type, const Path& path) {
    const bool marked = value.sensitive() || (type.sensitive && !value.is_null());
    const bool secret_above = secret_;
    secret_ = secret_ || marked;
    Value out = inner(value, type, path);
    secret_ = secret_above;
    return marked ? out.with_sensitive() : out;
  }

 private:
  // What stands in something marked is not repeated in an error, and neither are the keys of a map in it.
  [[nodiscard]] std::string shown(const std::string& text) const { return secret_ ? "a secret" : quoted(text); }
  [[nodiscard]] std::string suggestion(const std::string& text, const std::vector<std::string>& known) const {
    return secret_ ? std::string() : did_you_mean(text, known);
  }
  [[nodiscard]] Path below(const Path& path, const std::string& free_key) const {
    return secret_ ? path : path / free_key;
  }

  static std::string article(std::string_view noun) {
    const bool vowel = !noun.empty() && std::string_view("aeiou").find(noun[0]) != std::string_view::npos;
    return (vowel ? "an " : "a ") + std::string(noun);
  }

  Value refuse(const Path& path, const Value& value, const std::string& wanted, std::string next = {}) {
    if (next.empty()) next = "write " + article(wanted);
    errors.push_back({path,
                      "must be " + article(wanted) + ", got " + (value.is_null() ? "null" : article(value.kind_name())),
                      std::move(next)});
    return {};
  }

  Value inner(const Value& value, const Type& type, const Path& path) {
    if (value.is_unknown() || value.is_unavailable()) return value;
    switch (type.kind) {
      case Type::Kind::any:
        return value;
      case Type::Kind::string:
        if (value.is_string()) return value;
        return refuse(
            path, value, "string",
            value.is_number() || value.is_bool() ? "put it in quotes, or use tostring() in an expression" : "");
      case Type::Kind::boolean:
        return value.is_bool() ? value : refuse(path, value, "bool", "write true or false, without quotes");
      case Type::Kind::integer:
        return integer(value, path);
      case Type::Kind::number:
        return value.is_number() ? value : refuse(path, value, "number", "write a number, without quotes");
      case Type::Kind::enumeration:
        return enumeration(value, type, path);
      case Type::Kind::list:
      case Type::Kind::set:
        return list(value, type, path);
      case Type::Kind::keyed_list:
        return keyed_list(value, type, path);
      case Type::Kind::map:
        return map(value, type, path);
      case Type::Kind::object:
        return object(value, type.fields, {}, path);
      case Type::Kind::tagged_union:
        return tagged(value, type, path);
    }
    return value;
  }

  Value integer(const Value& value, const Path& path) {
    if (value.is_integer()) return value;
    if (value.is_number()) {
      const double number = value.as_number();
      if (std::nearbyint(number) == number && std::fabs(number) < 9.2e18)
        return Value(static_cast<std::int64_t>(number));
    }
    return refuse(path, value, "integer", "write a whole number, without quotes");
  }

  Value enumeration(const Value& value, const Type& type, const Path& path) {
    if (!value.is_string()) return refuse(path, value, "string", "use one of: " + join(type.symbols, ", "));
    const auto& symbols = type.symbols;
    if (std::find(symbols.begin(), symbols.end(), value.as_string()) != symbols.end()) return value;
    errors.push_back({path, shown(value.as_string()) + " is not allowed here" + suggestion(value.as_string(), symbols),
                      "use one of: " + join(symbols, ", ")});
    return {};
  }

  // Lua cannot tell an empty list from an empty map.
  static bool empty_other(const Value& value) {
    return (value.is_map() && value.as_map().empty()) || (value.is_list() && value.as_list().empty());
  }

  Value list(const Value& value, const Type& type, const Path& path) {
    if (!value.is_list()) return empty_other(value) ? Value::list() : refuse(path, value, "list");
    Value::List items;
    items.reserve(value.as_list().size());
    for (std::size_t i = 0; i < value.as_list().size(); ++i) {
      items.push_back(run(value.as_list()[i], *type.element, path / static_cast<std::int64_t>(i)));
    }
    if (type.kind == Type::Kind::set) {
      const auto before = [](const Value& a, const Value& b) { return compare_values(a, b) < 0; };
      std::stable_sort(items.begin(), items.end(), before);
      merge_repeats(items);
    }
    return Value(std::move(items));
  }

  // Two unknowns may become two values, so they stay. Of equal elements the marked one is kept.
  static void merge_repeats(Value::List& items) {
    Value::List out;
    out.reserve(items.size());
    for (Value& item : items) {
      if (out.empty() || !item.fully_known() || !(out.back() == item)) {
        out.push_back(std::move(item));
      } else if (item.sensitive()) {
        out.back() = out.back().with_sensitive();
      } else if (!out.back().sensitive() && item.any_sensitive()) {
        // Equal containers that are marked at different places: the mark of the whole covers both.
        out.back() = out.back().any_sensitive() ? out.back().with_sensitive() : std::move(item);
      }
    }
    items = std::move(out);
  }

  Value keyed_list(const Value& value, const Type& type, const Path& path) {
    Value out = list(value, type, path);
    if (!out.is_list()) return out;
    Value::List items = out.as_list();
    std::stable_sort(items.begin(), items.end(), [&](const Value& a, const Value& b) {
      return compare_values(a.get(type.key), b.get(type.key)) < 0;
    });
    for (std::size_t i = 1; i < items.size(); ++i) {
      const Value key = items[i].get(type.key);
      if (!key.is_scalar() || key.is_null() || !(key == items[i - 1].get(type.key))) continue;
      errors.push_back({path, "has two elements with the same `" + type.key + "`", "keep one of them"});
    }
    return Value(std::move(items));
  }

  Value map(const Value& value, const Type& type, const Path& path) {
    if (!value.is_map()) return empty_other(value) ? Value::map() : refuse(path, value, "map");
    std::vector<ValueMap::Entry> entries;
    entries.reserve(value.as_map().size());
    for (const auto& [key, item] : value.as_map())
      entries.emplace_back(key, run(item, *type.element, below(path, key)));
    return Value(ValueMap::from(std::move(entries)));
  }

  Value object(const Value& value, const std::vector<Field>& fields, const std::string& tag, const Path& path) {
    if (!value.is_map())
      return empty_other(value) ? object(Value::map(), fields, tag, path) : refuse(path, value, "map");
    std::vector<std::string> names;
    for (const Field& field : fields) names.push_back(field.name);
    std::vector<ValueMap::Entry> entries;
    for (const auto& [key, item] : value.as_map()) {
      if (!tag.empty() && key == tag) {
        entries.emplace_back(key, item);
        continue;
      }
      const auto field = std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.name == key; });
      if (field == fields.end()) {
        errors.push_back({below(path, key), "there is no field " + shown(key) + suggestion(key, names), known(names)});
        continue;
      }
      if (item.is_null()) continue;
      entries.emplace_back(key, run(item, *field->type, path / key));
    }
    for (const Field& field : fields) {
      if (field.optional) continue;
      const Value* item = value.find(field.name);
      if (item == nullptr || item->is_null()) {
        errors.push_back({path, "needs `" + field.name + "`", "add " + field.name + ": " + field.type->str()});
      }
    }
    return Value(ValueMap::from(std::move(entries)));
  }

  static std::string known(const std::vector<std::string>& names) {
    return names.empty() ? "leave it out: this has no fields" : "known: " + join(names, ", ");
  }

  Value tagged(const Value& value, const Type& type, const Path& path) {
    if (!value.is_map() && !empty_other(value)) return refuse(path, value, "map");
    std::vector<std::string> tags;
    for (const Variant& variant : type.variants) tags.push_back(variant.tag);
    const Value tag = value.get(type.key);
    if (tag.is_unknown() || tag.is_unavailable()) return tag;
    const auto variant = std::find_if(type.variants.begin(), type.variants.end(),
                                      [&](const Variant& v) { return tag.is_string() && tag.as_string() == v.tag; });
    if (variant != type.variants.end()) return object(value, variant->fields, type.key, path);
    errors.push_back({path,
                      tag.is_string()
                          ? shown(tag.as_string()) + " is no `" + type.key + "`" + suggestion(tag.as_string(), tags)
                          : "needs `" + type.key + "`",
                      "use one of: " + join(tags, ", ")});
    return {};
  }

  bool secret_ = false;  // something above, or the value itself, is marked
};

}  // namespace

Converted convert(const Value& value, const Type& type) {
  Conversion conversion;
  Value out = conversion.run(value, type, Path());
  return {std::move(out), std::move(conversion.errors)};
}

}  // namespace plumb
