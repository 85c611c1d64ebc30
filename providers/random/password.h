// The type of passwords that are kept in state. Internal to providers/random.
#pragma once

#include "engine/model/schema.h"

namespace plumb::random {

TypeSchema password_schema();

}  // namespace plumb::random
