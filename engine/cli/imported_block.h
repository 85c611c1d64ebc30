// The configuration of an object that exists already: `plumb import --write`.
#pragma once

#include <string>
#include <vector>

#include "engine/model/address.h"
#include "engine/model/schema.h"

namespace plumb::cli {

// The block's lines, `indent` blanks before its key: identity first, then every attribute that may be set and is not
// what it would be anyway. Secrets are comments that say how to give them; what refers to other objects stands as text.
// `provider` is named when it is not called like its kind.
std::string imported_block(const TypeSchema& type, const Address& address, const std::string& provider,
                           const Value& live, std::size_t indent);
// Required attributes that cannot be read, so that somebody must write them.
std::vector<std::string> unread_attributes(const TypeSchema& type, const Value& live);

}  // namespace plumb::cli
