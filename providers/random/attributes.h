// What the attributes of this provider have in common. Internal to providers/random.
#pragma once

#include <string>

#include "engine/model/schema.h"

namespace plumb::random {

// Optional, kept in state, and another value makes a new object.
Attribute chosen(std::string name, TypePtr type, std::string doc, std::string example);
// `keepers`: whatever it holds, another content makes a new object.
Attribute keepers();
// A text that is made at creation and stays.
Attribute made(std::string name, std::string doc, std::string example);

}  // namespace plumb::random
