#include "engine/provider_api/attributes.h"

namespace plumb::attributes {

Attribute attribute(std::string name, TypePtr type, std::string doc, std::string example) {
  Attribute out;
  out.name = std::move(name);
  out.type = std::move(type);
  out.doc = std::move(doc);
  out.example = std::move(example);
  return out;
}

Attribute required(Attribute out) {
  out.required = true;
  return out;
}

Attribute optional(Attribute out) {
  out.optional = true;
  return out;
}

Attribute chosen(Attribute out) {
  out.optional = out.computed = out.server_default = true;
  return out;
}

Attribute computed(Attribute out) {
  out.computed = true;
  return out;
}

Attribute with_default(Attribute out, Value value) {
  out.optional = true;
  out.default_value = std::move(value);
  return out;
}

Attribute power(Attribute out) {
  out.power = true;
  return out;
}

Attribute immutable(Attribute out) {
  out.immutable = true;
  return out;
}

Attribute sensitive(Attribute out) {
  out.sensitive = true;
  return out;
}

Attribute write_only(Attribute out) {
  out.sensitive = out.write_only = true;
  return out;
}

Attribute local(Attribute out) {
  out.local = true;
  return out;
}

Attribute compared(Attribute out, Comparison comparison) {
  out.comparison = comparison;
  return out;
}

Attribute refers(Attribute out, std::string_view type, std::string_view attribute) {
  out.reference = Reference{std::string(type), std::string(attribute)};
  return out;
}

Attribute duration(std::string name, std::string doc, std::string example) {
  return compared(with_default(text(std::move(name), std::move(doc), std::move(example)), "0s"), Comparison::duration);
}

Attribute text_set(std::string name, std::string doc, std::string example) {
  return with_default(attribute(std::move(name), set_type(string_type()), std::move(doc), std::move(example)),
                      Value::list());
}

Attribute flag(std::string name, std::string doc, bool value) {
  return with_default(attribute(std::move(name), bool_type(), std::move(doc), value ? "false" : "true"), value);
}

}  // namespace plumb::attributes
