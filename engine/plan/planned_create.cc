// What a create promises.
#include "engine/plan/three_way.h"

namespace plumb {

Value planned_create(const TypeSchema& type, const Value& desired) {
  std::vector<ValueMap::Entry> entries;
  entries.reserve(type.attributes.size());
  for (const Attribute& attribute : type.attributes) {
    const Value* set = desired.find(attribute.name);
    if (set != nullptr && !set->is_null()) {
      entries.emplace_back(attribute.name, *set);
    } else if (attribute.default_value) {
      entries.emplace_back(attribute.name, *attribute.default_value);
    } else if (attribute.computed || attribute.server_default) {
      // A write-only attribute that nobody set stays unset: the server will not invent it.
      Value open = attribute.write_only ? Value() : Value::unknown();
      entries.emplace_back(attribute.name, attribute.sensitive && !open.is_null() ? open.with_sensitive() : open);
    } else {
      entries.emplace_back(attribute.name, Value());
    }
  }
  return Value(ValueMap::from(std::move(entries)));
}

}  // namespace plumb
