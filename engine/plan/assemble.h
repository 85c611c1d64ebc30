// From the world to the Plan value: sorted, counted, without what does not change. Internal to plan/.
#pragma once

#include "engine/plan/world.h"

namespace plumb {

void assemble(World& world, Plan& plan);

}  // namespace plumb
