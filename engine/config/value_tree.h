// Values as trees: what a module's script returns, read like a document.
#pragma once

#include "engine/config/tree.h"

namespace plumb {

// The strings in `value` are split into templates, as those of YAML are; every node stands at `pos`. Errors name the
// way into the value. Precondition: known, and without marks.
Tree tree_of_value(const Value& value, SourcePos pos, Diagnostics& diagnostics);

}  // namespace plumb
