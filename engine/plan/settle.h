// Settling an instance: choosing the action. Internal to plan/.
#pragma once

#include <optional>

#include "engine/plan/world.h"

namespace plumb {

// Chooses the action, and sets what readers see. Everything it needs is there.
void settle(World& world, InstanceNode& instance);

// Something stands in the way of what was chosen.
void block(World& world, InstanceNode& instance, Action intended, Error why);
// The object is one that an earlier replacement of the instance left behind, and that goes now.
bool left_behind(const InstanceNode& instance, const ReadResult& object);
// An interrupted apply was about to make an object of this identity beside the one in state: what is there is ours, and
// the create completes it.
bool interrupted_create(const World& world, const InstanceNode& instance);

// What is wrong with a value that is unavailable: its key is missing, or what keeps it could not be read. `what` goes
// before: "it would have to send", "provider \"a\" is configured by".
Error unavailable(const World& world, const std::string& what);

// Configuration gives it another identity than state has, other than by a renamed container.
bool moves_identity(const InstanceNode& instance);
// Refresh::changed: nothing would change against prior, so the server need not be asked.
bool unchanged_from_prior(World& world, InstanceNode& instance);
// Reads the object under the new name of an instance that is about to be renamed; false while waiting.
bool new_identity_ready(World& world, std::uint32_t index);

// The instance that is this container of an object with these attributes.
std::optional<std::uint32_t> container_of(const World& world, const InstanceNode& instance, const Container& container,
                                          const Value& attributes);
// The instances whose records hold what this one's record is inside of, by identity.
std::vector<std::uint32_t> recorded_containers(const World& world, const InstanceNode& instance);
// The record as its containers' renames leave it: what is inside a renamed database keeps its own identity.
Value identity_after_renames(const World& world, const InstanceNode& instance);

// `because `host` changed in plumb.yaml:12`
std::string reason_of(const World& world, const InstanceNode& instance, const std::vector<PlannedPath>& paths);
// The first instance that this plan changes and this one reads, through locals, modules and data sources.
std::optional<Address> changed_upstream(World& world, const InstanceNode& instance);
// What this tree reads and this plan changes.
std::optional<Address> upstream_of(World& world, const InstanceNode& reader, const Tree& tree);
// Positions, upstream causes.
void explain(World& world, const InstanceNode& instance, std::vector<PlannedPath>& paths);

}  // namespace plumb
