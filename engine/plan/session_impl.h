// What stands behind a Session: its world, and how single nodes of it are run. Internal to plan/.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/plan/lifecycle.h"
#include "engine/plan/world.h"

namespace plumb {

// The first error in the order of places; an internal error, with the fallback's words, when there is none.
tl::unexpected<Error> first_error(const Diagnostics& diagnostics, const std::string& fallback);

class Session::Impl {
 public:
  explicit Impl(SessionInputs inputs);

  InstanceNode& instance(const Step& step) { return world.instances[world.info[step.node].index]; }
  // In configuration, or only in state; nullptr for neither. As cheap as looking a name up.
  InstanceNode* find(const Address& address);
  void timed(const std::string& phase, const std::function<void()>& work);
  // What plan could not know becomes askable again.
  void start_applying();
  // The resource of an address, with the modules on the way to it called; nullopt when there is none.
  Result<std::optional<std::uint32_t>> reach(const Address& address);
  // Runs one node to its end, with its own diagnostics.
  Result<void> run(NodeId node, const std::string& what);
  Result<void> check(NodeId node, Checking what);

  State no_state;
  World world;
  std::vector<PhaseTiming> timings;
};

}  // namespace plumb
