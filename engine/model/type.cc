#include "engine/model/type.h"

#include "engine/base/text.h"
#include "engine/model/address.h"

namespace plumb {

namespace {

TypePtr plain(Type::Kind kind) {
  Type type;
  type.kind = kind;
  return std::make_shared<const Type>(std::move(type));
}

TypePtr with_element(Type::Kind kind, TypePtr element) {
  Type type;
  type.kind = kind;
  type.element = std::move(element);
  return std::make_shared<const Type>(std::move(type));
}

std::string fields_text(const std::vector<Field>& fields) {
  std::vector<std::string> parts;
  for (const Field& field : fields) parts.push_back(field.name + (field.optional ? "?: " : ": ") + field.type->str());
  return "{ " + join(parts, ", ") + " }";
}

}  // namespace

TypePtr string_type() {
  static const TypePtr type = plain(Type::Kind::string);
  return type;
}
TypePtr integer_type() {
  static const TypePtr type = plain(Type::Kind::integer);
  return type;
}
TypePtr number_type() {
  static const TypePtr type = plain(Type::Kind::number);
  return type;
}
TypePtr bool_type() {
  static const TypePtr type = plain(Type::Kind::boolean);
  return type;
}
TypePtr any_type() {
  static const TypePtr type = plain(Type::Kind::any);
  return type;
}
TypePtr list_type(TypePtr element) { return with_element(Type::Kind::list, std::move(element)); }
TypePtr set_type(TypePtr element) { return with_element(Type::Kind::set, std::move(element)); }
TypePtr map_type(TypePtr element) { return with_element(Type::Kind::map, std::move(element)); }

TypePtr object_type(std::vector<Field> fields) {
  Type type;
  type.kind = Type::Kind::object;
  type.fields = std::move(fields);
  return std::make_shared<const Type>(std::move(type));
}

TypePtr keyed_list_type(std::string key, std::vector<Field> fields) {
  Type type;
  type.kind = Type::Kind::keyed_list;
  type.key = std::move(key);
  type.element = object_type(std::move(fields));
  return std::make_shared<const Type>(std::move(type));
}

TypePtr union_type(std::string tag, std::vector<Variant> variants) {
  Type type;
  type.kind = Type::Kind::tagged_union;
  type.key = std::move(tag);
  type.variants = std::move(variants);
  return std::make_shared<const Type>(std::move(type));
}

TypePtr enum_type(std::vector<std::string> symbols) {
  Type type;
  type.kind = Type::Kind::enumeration;
  type.symbols = std::move(symbols);
  return std::make_shared<const Type>(std::move(type));
}

TypePtr sensitive_type(const TypePtr& type) {
  Type marked = *type;
  marked.sensitive = true;
  return std::make_shared<const Type>(std::move(marked));
}

std::string Type::str() const {
  const auto name = [&]() -> std::string {
    switch (kind) {
      case Kind::string:
        return "string";
      case Kind::integer:
        return "integer";
      case Kind::number:
        return "number";
      case Kind::boolean:
        return "bool";
      case Kind::any:
        return "any";
      case Kind::list:
        return "list(" + element->str() + ")";
      case Kind::set:
        return "set(" + element->str() + ")";
      case Kind::map:
        return "map(" + element->str() + ")";
      case Kind::keyed_list:
        return "keyed_list(" + key + ", " + element->str() + ")";
      case Kind::object:
        return "object(" + fields_text(fields) + ")";
      case Kind::enumeration: {
        std::vector<std::string> parts;
        for (const std::string& symbol : symbols) parts.push_back(quoted(symbol));
        return "enum(" + join(parts, ", ") + ")";
      }
      case Kind::tagged_union: {
        std::vector<std::string> parts;
        for (const Variant& variant : variants) parts.push_back(variant.tag + ": " + fields_text(variant.fields));
        return "union(" + key + ", " + join(parts, ", ") + ")";
      }
    }
    return "any";
  };
  return sensitive ? "sensitive(" + name() + ")" : name();
}

}  // namespace plumb
