// A provider without a server: its types have no outside effect, so the engine takes what state holds as what is there.
#pragma once

#include "engine/provider_api/provider.h"

namespace plumb {

// Leaves only apply to be written. Stateless, thus thread-safe if apply is.
class LocalProvider : public Provider {
 public:
  // Never fails; no version and no identity.
  Result<ServerInfo> configure(const Value& config) final;
  // The engine does not ask. Whoever does hears that each is unreadable: "absent" would make it anew.
  std::vector<ReadResult> read_many(const TypeSchema& type, std::span<const ReadKey> keys) final;
};

// The object that a change makes of a local type: what was configured, and computed attributes as `computed` gives
// them. Marks stay.
Value local_object(const TypeSchema& type, const Value& desired, ValueMap computed);

}  // namespace plumb
