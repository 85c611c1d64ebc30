// One provider call with all that belongs to it: reading before an unverified create, reading back after a lost reply.
// Runs on a worker. Internal to apply/.
#pragma once

#include "engine/provider_api/provider.h"

namespace plumb {

struct Call {
  Provider* provider = nullptr;
  ChangeRequest request;
  Value identity;           // after the change; before it for a removal
  Value known;              // what state has of the object; null for one that is to be made
  Value expected;           // what must come out; unknown where the server decides
  bool read_first = false;  // the identity was not known, or not readable, in plan
  bool own = false;         // an interrupted apply was about to make it: what is there is ours, and is completed
  bool data = false;        // a data source is asked; `request.desired` holds the question
};

// Never throws, never retries after a wait: `error->retry` says what the coordinator may do.
ApplyResult execute(const Call& call);

}  // namespace plumb
