// What a status other than success means, as an error of ours.
#pragma once

#include <string>

#include "providers/vault/client.h"

namespace plumb::vault {

// Classes: 403 Fault::denied (the path and what it takes are named); 429 and 412 Retry::later with the server's own
// wish; 503 sealed Fault::unreachable with Retry::later; 500, 502 and 504 of a write Retry::outcome_unknown; a failed
// check-and-set Retry::never, since somebody else wrote; a key-value store that is being upgraded Retry::later.
Error error_of(const Call& call, const HttpResponse& response);

// `GET sys/mounts`, with the namespace when there is one; never a query.
std::string described(const Call& call);

}  // namespace plumb::vault
