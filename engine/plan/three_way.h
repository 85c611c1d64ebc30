// The three-way comparison of one instance: prior, live, desired. Pure. Internal to plan/.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/plan/plan.h"
#include "engine/provider_api/provider.h"
#include "state/state.h"

namespace plumb {

struct ThreeWayInput {
  const TypeSchema* type = nullptr;
  const Value* desired = nullptr;             // configured attributes, canonical
  const ReadResult* live = nullptr;           // present; null: take prior as live
  const InstanceRecord* record = nullptr;     // null: the object is new to us
  const std::vector<Path>* ignore = nullptr;  // globs of `ignore_changes`
  const std::optional<std::string>* digest_key = nullptr;
  const Provider* provider = nullptr;       // verifies secrets; null: nobody can
  const std::vector<Path>* hide = nullptr;  // globs of `ignore` rules; null: none
};

struct ThreeWayResult {
  Value planned;                   // all attributes
  std::vector<PlannedPath> paths;  // sorted; positions are the caller's business
  std::vector<Path> not_verified;
  std::vector<Path> released;
  std::vector<PathChange> drift;  // prior against live, managed paths only
  std::vector<Path> hidden;       // differences that `ignore` rules made nothing of; may repeat
  bool replace = false;
};

ThreeWayResult three_way(const ThreeWayInput& input);

// What a create promises: configured values, static defaults, and unknown for what the server will fill in.
Value planned_create(const TypeSchema& type, const Value& desired);

}  // namespace plumb
