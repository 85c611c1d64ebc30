// The State value: what Plumb knows of what it made. No input or output here; see store.h.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "engine/graph/interned_sets.h"
#include "engine/model/address.h"
#include "engine/model/path.h"
#include "engine/model/value.h"

namespace plumb {

inline constexpr int kStateFormat = 3;

// Instance uids by small index, so that dependency sets stay sets of integers. An index lives as long as the State.
class UidTable {
 public:
  std::uint32_t index(const std::string& uid);  // adds it when new
  [[nodiscard]] std::optional<std::uint32_t> find(const std::string& uid) const;
  [[nodiscard]] const std::string& uid(std::uint32_t index) const { return uids_[index]; }
  [[nodiscard]] std::size_t size() const noexcept { return uids_.size(); }

 private:
  std::vector<std::string> uids_;
  std::unordered_map<std::string, std::uint32_t> indices_;
};

// An object that a create_before_destroy replacement left behind; deleted by server id.
struct Deposed {
  std::string id;  // ours, random
  Value identity;
  std::string server_id;
  Value attributes;
  bool operator==(const Deposed&) const = default;
};

struct InstanceRecord {
  std::string uid;  // ours, for life, survives moves
  Address address;
  std::string provider;  // provider instance: `postgres`, `analytics`
  Value identity;        // canonical, a map
  std::string server_id;
  // What was last applied or accepted, and what the server computed. Kept secrets are marked values (unavailable
  // without the key); every other secret leaf is missing here and has a digest instead.
  Value attributes;
  std::vector<Path> managed;             // sorted
  std::map<Path, std::string> digests;   // input digests of sensitive paths
  std::map<Path, std::string> evidence;  // digests of what the server can verify
  SetId dependencies = 0;                // in State::sets, members are indices of State::uids
  int schema_version = 1;
  bool prevent_destroy = false;
  bool retain = false;
  bool create_before_destroy = false;
  std::string trigger;                 // digest of what `replace_when` gave; empty without one
  std::optional<std::string> partial;  // half-made: the error it was left with
  std::vector<Deposed> deposed;
};

enum class IntentAction : std::uint8_t { create, update, remove };

// A mutating call that was about to be made. Pending until its outcome is journalled.
struct Intent {
  std::string id;
  IntentAction action = IntentAction::create;
  std::string uid;  // of the instance; for a create, the uid the record will have
  Address address;
  std::string provider;
  Value identity;                       // after the change, for create and update; before it, for remove
  std::string server_id;                // empty for create
  std::string deposed{};                // remove: the deposed object's id; empty for the object itself
  std::vector<std::string> siblings{};  // before-after recovery: ids under the parent before the create
  std::string started{};                // RFC 3339
};

struct OutputRecord {
  bool sensitive = false;
  // Not sensitive: the value. Sensitive: kept sealed at rest (unavailable without the key).
  Value value;
  // What it is read from, where that keeps the secret itself; then `value` is null, and nothing is stored.
  std::string reference{};
};

struct CheckRecord {
  std::string status;  // `passed`, `failed`, `unknown`
  std::vector<std::string> messages;
  bool operator==(const CheckRecord&) const = default;
};

struct State {
  std::string lineage;  // uuid, made with the first write; empty before
  std::uint64_t serial = 0;
  std::string engine_version;
  std::string key_id;  // which root key seals this state; empty while nothing is sealed or digested
  // That key as something else wrapped it, and what that was (`transit/keys/plumb`); empty for keys that lie somewhere.
  std::string wrapped_key, wrapped_by;
  std::map<std::string, std::string> servers;  // provider instance -> server identity
  std::vector<std::string> applied_plans;      // ids, newest last, at most 100
  std::map<std::string, OutputRecord> outputs;
  std::map<Address, InstanceRecord> instances;  // data sources too: what they said last
  std::map<std::string, CheckRecord> checks;    // by name
  std::map<std::string, Intent> pending;        // intents without an outcome, by id
  UidTable uids;
  InternedSets sets;

  [[nodiscard]] bool empty() const noexcept { return instances.empty() && pending.empty() && outputs.empty(); }
};

// What happened, one journal record each. Applying records in order to the state they were written against gives the
// new state.
struct OutcomeDone {   // the object is as `record` says; ends the intent, if there was one
  std::string intent;  // empty for types without outside effect and for state-only records
  InstanceRecord record;
};
struct OutcomeGone {  // deleted or forgotten; ends the intent
  std::string intent;
  Address address;
};
struct OutcomeFailed {  // nothing changed outside
  std::string intent;
};
struct OutcomeUnknown {  // Recovery::none: "may exist"; the intent stays pending for ever, until resolved by the user
  std::string intent;
};
struct ServerSeen {
  std::string provider;
  std::string identity;
};
struct OutputsSet {
  std::map<std::string, OutputRecord> outputs;
};
struct ChecksSet {
  std::map<std::string, CheckRecord> checks;
};
struct PlanApplied {
  std::string plan_id;
};
struct Moved {  // the address of a record changes, and that of the intents that name it
  Address from;
  Address to;
};
using JournalEvent = std::variant<Intent, OutcomeDone, OutcomeGone, OutcomeFailed, OutcomeUnknown, ServerSeen,
                                  OutputsSet, ChecksSet, PlanApplied, Moved>;

// Folds one event into the state. Total: an event that does not fit (an outcome of an unknown intent) only does its own
// part.
void fold(State& state, const JournalEvent& event);

}  // namespace plumb
