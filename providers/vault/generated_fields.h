// The fields of a generated secret: how each is made, and whether what is there could have been. Internal to
// providers/vault.
#pragma once

#include <vector>

#include "engine/model/type.h"

namespace plumb::vault {

// `map(object({ generate?: object({...}), value?: any }))`
TypePtr generated_fields_type();

// What keeps fields from being made: exactly one of `generate` and `value`, rules that can be met. Unknown leaves pass.
std::vector<TypeError> check_generated_fields(const Value& fields);

// The field has a rule; else its value is given.
bool is_generated(const Value& field);
// Preconditions of these: a generated field, known, that check_generated_fields has nothing to say of.
bool fits_field(const Value& field, const Value& value);
// Marked.
Value make_field(const Value& field);

}  // namespace plumb::vault
