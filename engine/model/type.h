// Type: what a value may be. Used for attributes of a schema and for variables.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/path.h"
#include "engine/model/value.h"

namespace plumb {

struct Type;
using TypePtr = std::shared_ptr<const Type>;

// One field of an object type. A schema's attribute (schema.h) is a field with a life of its own.
struct Field {
  std::string name;
  TypePtr type;
  bool optional = false;
};

// One form of a tagged union: the tag's value and the object's fields (the tag field itself is not repeated).
struct Variant {
  std::string tag;
  std::vector<Field> fields;
};

struct Type {
  enum class Kind : std::uint8_t {
    string,
    integer,
    number,
    boolean,
    list,
    set,
    keyed_list,
    map,
    object,
    tagged_union,
    enumeration,
    any
  };
  Kind kind = Kind::any;
  TypePtr element;                   // list, set, map: of elements; keyed_list: an object
  std::string key;                   // keyed_list: the field that names an element; tagged_union: the tag field
  std::vector<Field> fields;         // object
  std::vector<Variant> variants;     // tagged_union
  std::vector<std::string> symbols;  // enumeration
  bool sensitive = false;            // `sensitive(string)`: whatever stands here is marked

  // `list(string)`, `object({ plan: string, seats?: integer })`: the language variables are written in.
  [[nodiscard]] std::string str() const;
};

TypePtr string_type();
TypePtr integer_type();
TypePtr number_type();
TypePtr bool_type();
TypePtr any_type();
TypePtr list_type(TypePtr element);
TypePtr set_type(TypePtr element);
TypePtr map_type(TypePtr element);
TypePtr keyed_list_type(std::string key, std::vector<Field> fields);
TypePtr object_type(std::vector<Field> fields);
TypePtr union_type(std::string tag, std::vector<Variant> variants);
TypePtr enum_type(std::vector<std::string> symbols);
TypePtr sensitive_type(const TypePtr& type);

// Reads the text of a variable's `type:`. The error names the column (from 1) inside the text, as a SourcePos without a
// file.
Result<TypePtr> parse_type(std::string_view text);

// A conversion error: where in the value, and why. The caller places it in a file.
struct TypeError {
  Path path;
  std::string message;
  std::string next_step;
};

// `value` as `type`, in canonical form (sets sorted and unique, whole floats as integers where integer is wanted,
// object fields known, enumerations checked), marks kept, unknown and unavailable passed through anywhere.
// No coercion but number <-> integer when whole, and an empty map for an empty list and the reverse (Lua cannot tell
// them apart). A missing required field, an unknown one (with "did you mean") and a wrong kind are errors; all are
// gathered.
struct Converted {
  Value value;
  std::vector<TypeError> errors;
};
Converted convert(const Value& value, const Type& type);

}  // namespace plumb
