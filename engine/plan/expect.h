// Makes a plan's expectations from the world it was planned in. Internal to plan/.
#pragma once

#include "engine/plan/world.h"

namespace plumb {

// After assemble(): Plan::expectations of every step, output, and idle instance of PlanOptions::only. Linear.
// Precondition: PlanOptions::expect.
void add_expectations(World& world, Plan& plan);

}  // namespace plumb
