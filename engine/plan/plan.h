// The Plan: a value. Apply interprets it and never diffs; reports render it.
//
// Same inputs give the same plan, whatever the thread count: everything here is sorted, nothing holds a time or a
// random id.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/diagnostics.h"
#include "engine/model/address.h"
#include "engine/model/diff.h"
#include "engine/model/schema.h"
#include "engine/plan/action.h"
#include "engine/plan/expectations.h"

namespace plumb {

// Why a path is planned to change.
enum class Why : std::uint8_t {
  configuration,  // what configuration says is not what was last applied
  drift,          // somebody changed the server
  unset,          // it left configuration: back to its default, or to nothing
  released,       // it left configuration and cannot be unset: shown, left as it is
  upstream,       // it comes from something that changes in this plan
  outside,        // the object is new to us (create, adopt)
  elapsed,        // its time is over
};

// From `timeouts:`; zero where nothing is said.
struct Timeouts {
  std::chrono::milliseconds create{0}, update{0}, remove{0}, read{0};
  bool operator==(const Timeouts&) const = default;
};

struct PlannedPath {
  Path path;
  Value before;  // live; null when absent
  Value after;   // planned; may be unknown; marked leaves are masked by whoever renders
  Why why = Why::configuration;
  SourcePos pos{};                  // where configuration says so, if it does
  std::optional<Address> upstream;  // Why::upstream: what it comes from
  bool forces_replacement = false;
  bool operator==(const PlannedPath&) const = default;
};

// What is planned for one instance. Pure no-ops are counted, not listed, except by readers that ask for values.
struct PlannedChange {
  Address address;
  std::string provider;  // provider instance
  const TypeSchema* type = nullptr;
  Action action = Action::no_op;
  Action intended = Action::no_op;  // blocked, deferred: what would have been done
  bool adopt = false;               // with update: taken into state and changed
  bool create_first = false;        // with replace: the new object is made before the old one goes
  std::string deposed;              // with remove: the old object of such a replacement, by its id in the record
  Timeouts timeouts{};
  bool unverified = false;         // planned from the schema alone; its identity is read before the create
  Value identity;                  // after the change (before it, for a delete)
  Value before;                    // live, all attributes; null for create
  Value after;                     // planned, all attributes; null for delete and forget
  std::vector<PlannedPath> paths;  // what changes, sorted by path; empty for create and delete
  std::vector<Path> not_verified;  // compared by input digest only
  std::string reason;            // one line: "because `host` changed in plumb.yaml:12", "not in configuration any more"
  std::optional<Error> blocked;  // blocked, deferred: cause and next step
  std::vector<std::string> warnings;
  SourcePos pos{};  // of the block; unknown when it is gone
};

// Live against prior, of managed paths.
struct DriftEntry {
  enum class Kind : std::uint8_t { changed, missing, replaced_outside, renamed_outside };
  Address address;
  Kind kind = Kind::changed;
  std::vector<PathChange> changes;  // before = prior, after = live
  std::string server_id;
};

struct OutputChange {
  std::string name;
  std::optional<Value> before;  // nullopt: not there; marked when sensitive
  std::optional<Value> after;   // may be unknown
};

// A state-only change that is counted (computed values, dependencies) or listed (lowered protection, forgets).
struct RecordChange {
  Address address;
  std::string what;
  bool needs_approval = false;
};

// A check's outcome; failing ones are said as warnings.
struct CheckResult {
  enum class Status : std::uint8_t { passed, failed, unknown };
  std::string name;  // `check`, or `module.billing["eu"].check`
  Status status = Status::passed;
  std::vector<std::string> messages;  // of the asserts that failed
  SourcePos pos{};
  bool operator==(const CheckResult&) const = default;
};

// `read` is a data source that had to wait for apply.
enum class StepKind : std::uint8_t { create, update, remove, adopt, forget, record, read };

// `create`, `update`, `delete`, ...
std::string_view word(StepKind kind) noexcept;

using StepId = std::uint32_t;

// One entry of the execution graph. `change` is an index into Plan::changes; record steps of pure no-ops have none.
struct Step {
  StepKind kind = StepKind::create;
  std::optional<std::uint32_t> change;
  Address address;
  std::string provider;
  const TypeSchema* type = nullptr;
  std::string deposed{};      // remove: the id of the deposed object that goes
  std::uint32_t node = 0;     // the planner's node; means nothing to others
  std::vector<StepId> after;  // direct predecessors, sorted; joins included
};

// Steps and joins share one numbering: ids below steps.size() are steps, the rest are joins (nodes that only pass edges
// through).
struct ExecutionGraph {
  std::vector<Step> steps;
  std::vector<std::vector<StepId>> joins;  // predecessors of each join
};

struct PlanCounts {
  std::size_t create = 0, update = 0, replace = 0, remove = 0, forget = 0, adopt = 0, record = 0, deferred = 0,
              blocked = 0, no_op = 0, read = 0, moved = 0;
};

struct Plan {
  bool destroy = false;                // `plumb destroy`
  std::vector<PlannedChange> changes;  // sorted by address; no pure no-ops
  std::vector<DriftEntry> drift;       // sorted by address
  std::vector<DriftEntry> unreadable;  // sorted; only address is set
  std::vector<OutputChange> outputs;   // those that change, sorted
  std::vector<RecordChange> records;
  std::vector<std::pair<Address, Address>> moves;  // of records, from and to; journalled before the first step
  std::vector<CheckResult> checks;                 // sorted by name
  std::size_t ignored = 0;                         // differences that `ignore` rules hid
  std::vector<Diagnostic> warnings;
  std::vector<std::string> nonsensitive;  // where `nonsensitive()` was used: `file:line:col`
  ExecutionGraph graph;
  PlanCounts counts;
  std::optional<Expectations> expectations;  // only when asked for (PlanOptions::expect)

  // Nothing to do and nothing in the way (counted records alone do not count).
  [[nodiscard]] bool empty() const noexcept;
  // 0 nothing to do, 2 changes or blocked. (Errors never become a Plan.)
  [[nodiscard]] int exit_code() const noexcept;
};

}  // namespace plumb
