// Attributes of a schema in a few words: `required(text("name", "The role's name.", "app"))`.
#pragma once

#include <string>
#include <string_view>

#include "engine/model/schema.h"

namespace plumb::attributes {

Attribute attribute(std::string name, TypePtr type, std::string doc, std::string example);
inline Attribute text(std::string name, std::string doc, std::string example) {
  return attribute(std::move(name), string_type(), std::move(doc), std::move(example));
}

Attribute required(Attribute out);
// May be set; unset means absent.
Attribute optional(Attribute out);
// May be set; else the server chooses, and what it chose is not managed.
Attribute chosen(Attribute out);
// Only read.
Attribute computed(Attribute out);
Attribute with_default(Attribute out, Value value);
Attribute power(Attribute out);
Attribute immutable(Attribute out);
Attribute sensitive(Attribute out);
// A secret that is sent and never read back.
Attribute write_only(Attribute out);
// Kept by Plumb alone: the server does not know it.
Attribute local(Attribute out);
Attribute compared(Attribute out, Comparison comparison);
Attribute refers(Attribute out, std::string_view type, std::string_view attribute = "name");

// A duration, 0 when it is not set.
Attribute duration(std::string name, std::string doc, std::string example);
// A set of texts, empty when it is not set.
Attribute text_set(std::string name, std::string doc, std::string example);
// On or off, with a static default.
Attribute flag(std::string name, std::string doc, bool value);

}  // namespace plumb::attributes
