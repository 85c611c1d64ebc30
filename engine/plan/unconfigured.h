// Reads an object that no block describes yet, for `plumb import --write`.
#pragma once

#include <string>

#include "engine/plan/session.h"

namespace plumb {

// Looks the object up through the provider instance of this name, which it connects for this one question. Errors:
// configuration, an instance that is not there or is of another kind, a server that cannot be reached.
Result<ReadResult> read_unconfigured(SessionInputs inputs, const std::string& provider, const TypeSchema& type,
                                     const Value& identity);

}  // namespace plumb
