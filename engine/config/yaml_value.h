// YAML that is data, not configuration: what yaml_decode() reads.
#pragma once

#include <string_view>

#include "engine/base/result.h"
#include "engine/model/value.h"

namespace plumb {

// One document by the rules of yaml.h, `${...}` as plain text. The error is the first one, with its line and column in
// its words, since the text has no file.
Result<Value> yaml_value(std::string_view text);

}  // namespace plumb
