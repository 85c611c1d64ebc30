// Outputs whose secrets something else keeps: state holds where they are read, not what they are. Internal to plan/.
#pragma once

#include "engine/plan/world.h"

namespace plumb {

// What state keeps of an output. A secret that a server gives back to whoever reads it (`kept_by_server`, answers of
// data sources) is not stored with the output either: the record names the objects that it comes from.
OutputRecord output_record(const World& world, const OutputNode& output);

}  // namespace plumb
