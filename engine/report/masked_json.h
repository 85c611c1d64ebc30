// Values in JSON reports: what is secret or unknown is null, and a shape beside it says where. Internal to report/.
#pragma once

#include "engine/model/address.h"
#include "engine/model/value.h"

namespace plumb::report {

// The value with null for every marked, unknown and unavailable leaf.
Value masked(const Value& value);
// Terraform's shape for `after_unknown`: true for an unknown leaf; a map with just the keys that hold one; a list with
// an entry for each element; false for what is known.
Value unknown_shape(const Value& value);
// The same for `before_sensitive` and `after_sensitive`.
Value sensitive_shape(const Value& value);

// `address`, `index`, `mode`, `module_address`, `name`, `provider_name` (the kind) and `type`, as Terraform has them.
// Of a module there are only the first and its `module_address`; the rest is null.
void set_address(ValueMap& out, const Address& address);

}  // namespace plumb::report
