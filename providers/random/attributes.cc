#include "providers/random/attributes.h"

namespace plumb::random {

Attribute chosen(std::string name, TypePtr type, std::string doc, std::string example) {
  Attribute out;
  out.name = std::move(name);
  out.type = std::move(type);
  out.doc = std::move(doc);
  out.example = std::move(example);
  out.optional = true;
  out.local = true;
  out.immutable = true;
  return out;
}

Attribute keepers() {
  return chosen("keepers", map_type(any_type()), "Any values; another content makes a new object.",
                "{ rotated: \"2026-11\" }");
}

Attribute made(std::string name, std::string doc, std::string example) {
  Attribute out;
  out.name = std::move(name);
  out.type = string_type();
  out.doc = std::move(doc);
  out.example = std::move(example);
  out.computed = true;
  return out;
}

}  // namespace plumb::random
