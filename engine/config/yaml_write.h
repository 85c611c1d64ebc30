// Writes values as YAML that read_yaml() reads back equal.
//
// Strings stand plain where the YAML 1.2 core schema reads them as the same text, as a block where they have lines, and
// in double quotes elsewhere; `${` is written `$${`. Values hold no unknown and no secret: nobody masks anything here.
// Keys hold no control characters: the reader refuses those however they are written.
#pragma once

#include <string>
#include <string_view>

#include "engine/model/value.h"

namespace plumb {

// `key: value` with a newline, each line after `indent` blanks; maps and lists below it, two blanks deeper.
std::string yaml_entry(std::string_view key, const Value& value, std::size_t indent);
// One line: a scalar as it stands behind a key or in a block list.
std::string yaml_scalar(const Value& scalar);

}  // namespace plumb
