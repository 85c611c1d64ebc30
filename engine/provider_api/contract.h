// Contract checks: what a provider answers is not trusted.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/provider_api/provider.h"

namespace plumb {

// Checks and canonicalises answers of read_many in place: as many results as keys; values are maps of known attributes
// of the right types, identity complete, server id there when the type has one. What breaks the rules becomes
// unreadable with Fault::provider, an error that names the provider's type and the attribute.
void check_read(const TypeSchema& type, std::span<const ReadKey> keys, std::vector<ReadResult>& results);

// Same for one apply result; in addition every attribute that was planned (known in `planned`) must have come out
// equivalent by its comparison. Write-only and unread attributes are not compared. Returns the errors; `result.value`
// is canonical afterwards.
std::vector<Error> check_apply(const TypeSchema& type, const Value& planned, ApplyResult& result);

}  // namespace plumb
