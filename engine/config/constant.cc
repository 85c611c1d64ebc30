// Constant trees as values.
#include <algorithm>
#include <variant>

#include "engine/config/tree.h"

namespace plumb {
namespace {

const Type& any() {
  static const TypePtr type = any_type();
  return *type;
}

const Type& field_type(const std::vector<Field>& fields, std::string_view name) {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const Field& field) { return field.name == name; });
  return found == fields.end() || found->type == nullptr ? any() : *found->type;
}

const Type& element_type(const Type& type) {
  const bool has = type.kind == Type::Kind::list || type.kind == Type::Kind::set || type.kind == Type::Kind::map ||
                   type.kind == Type::Kind::keyed_list;
  return has && type.element != nullptr ? *type.element : any();
}

// The type of a map's member, as far as the tree tells; convert() says what is wrong where it does not fit.
const Type& member_type(const Tree& map, const Type& type, std::string_view key) {
  if (type.kind == Type::Kind::object) return field_type(type.fields, key);
  if (type.kind != Type::Kind::tagged_union) return element_type(type);
  if (key == type.key) return *string_type();
  const Tree::Entry* const tag = map.find(type.key);
  if (tag == nullptr) return any();
  for (const Variant& variant : type.variants) {
    if (variant.tag == tag->value.text) return field_type(variant.fields, key);
  }
  return any();
}

Value value_of(const Tree& tree, const Type& type, Diagnostics& diagnostics) {
  if (tree.kind == Tree::Kind::list) {
    Value::List items;
    items.reserve(tree.items.size());
    for (const Tree& item : tree.items) items.push_back(value_of(item, element_type(type), diagnostics));
    return Value(std::move(items));
  }
  if (tree.kind == Tree::Kind::map) {
    std::vector<ValueMap::Entry> entries;
    entries.reserve(tree.entries.size());
    for (const Tree::Entry& entry : tree.entries) {
      entries.emplace_back(entry.key, value_of(entry.value, member_type(tree, type, entry.key), diagnostics));
    }
    return Value(ValueMap::from(std::move(entries)));
  }
  Result<Value> value = scalar_as(tree, type);
  if (value.has_value()) return *std::move(value);
  diagnostics.add(value.error());
  return {};
}

// An element of a list by its key, as paths name those of keyed lists.
const Tree* keyed_item(const Tree& list, std::string_view key) {
  for (const Tree& item : list.items) {
    for (const Tree::Entry& entry : item.entries) {
      if (entry.value.kind == Tree::Kind::scalar && entry.value.text == key) return &item;
    }
  }
  return nullptr;
}

// The place of a path: of its node, or of the deepest one on the way that is there.
SourcePos place_of(const Tree& root, const Path& path) {
  const Tree* tree = &root;
  SourcePos pos = root.pos;
  for (const PathStep& step : path.steps()) {
    const Tree* next = nullptr;
    if (const auto* key = std::get_if<std::string>(&step)) {
      if (tree->kind == Tree::Kind::list) {
        next = keyed_item(*tree, *key);
      } else if (const Tree::Entry* entry = tree->find(*key); entry != nullptr) {
        next = &entry->value;
      }
    } else if (const auto index = static_cast<std::size_t>(std::get<std::int64_t>(step)); index < tree->items.size()) {
      next = &tree->items[index];
    }
    if (next == nullptr) break;
    tree = next;
    pos = tree->pos;
  }
  return pos;
}

}  // namespace

Value constant_value(const Tree& tree, const Type& type, Diagnostics& diagnostics) {
  const std::size_t errors = diagnostics.error_count();
  const Value raw = value_of(tree, type, diagnostics);
  if (diagnostics.error_count() > errors) return {};
  Converted converted = convert(raw, type);
  for (const TypeError& error : converted.errors) {
    const std::string where = error.path.empty() ? "" : error.path.str() + ": ";
    diagnostics.error(where + error.message, error.next_step, place_of(tree, error.path));
  }
  return converted.errors.empty() ? std::move(converted.value) : Value();
}

}  // namespace plumb
