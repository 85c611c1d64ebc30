// Identity: the natural key a user can name, in canonical form.
#pragma once

#include <optional>
#include <string>

#include "engine/model/schema.h"

namespace plumb {

// The identity of an object with these attributes: a map of the identity attributes, in canonical form.
// Parts that are missing have their static default, else they are null; unknown ones stay unknown.
Value identity_of(const TypeSchema& type, const Value& attributes);

// One text for one identity, injective: a key for maps and for order. nullopt while a part is unknown.
std::optional<std::string> identity_key(const TypeSchema& type, const Value& identity);

// For people and for `plumb import`: the bare value if there is one part to tell, else `database=app,name=public`. Null
// parts are left out, and empty ones that are filled in by themselves (a root namespace).
std::string identity_text(const TypeSchema& type, const Value& identity);

// Reads what identity_text writes: `key=value,...` or the bare value. Values may be quoted as in an address.
Result<Value> parse_identity(const TypeSchema& type, std::string_view text);

}  // namespace plumb
