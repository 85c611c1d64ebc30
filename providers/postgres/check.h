// Rules beyond the types, and what instances claim.
#pragma once

#include "engine/provider_api/provider.h"

namespace plumb::postgres {

std::vector<TypeError> check(const TypeSchema& type, const Value& desired);
std::vector<std::string> claims(const TypeSchema& type, const Value& desired);
std::string serial_key(const TypeSchema& type, const Value& attributes);

}  // namespace plumb::postgres
