// What every auth method's role says of the tokens it gives out.
#pragma once

#include <vector>

#include "engine/model/schema.h"

namespace plumb::vault {

// token_ttl, token_max_ttl, token_explicit_max_ttl, token_period, token_policies, token_bound_cidrs,
// token_no_default_policy, token_num_uses, token_type. All with the server's defaults as static ones.
std::vector<Attribute> token_attributes();
// Policy names in lower case, addresses without /32: the server's spelling.
Value complete_token_attributes(Value desired);

// Attributes of a type: its own, then those of its tokens.
std::vector<Attribute> with_token_attributes(std::vector<Attribute> own);

}  // namespace plumb::vault
