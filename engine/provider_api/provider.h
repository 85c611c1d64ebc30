// The provider contract: code for one kind of system, in process.
//
// The engine, not the provider, diffs, masks, retries, orders and checks. A provider tells its schema, connects,
// reads in bulk, and carries out one change at a time.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/model/identity.h"
#include "engine/model/schema.h"

namespace plumb {

// What configure learns of the server. `identity` tells two servers apart for life (a system identifier, a cluster id);
// empty where there is no server.
struct ServerInfo {
  std::string version;
  std::string identity;
};

// One object to look up. At least one of the two is given; the provider looks up by both.
struct ReadKey {
  Value identity;         // map of identity attributes; null when only the server id is known
  std::string server_id;  // empty when only the identity is known
  // What state keeps of it, as last applied or accepted: all attributes but secrets that come from elsewhere. Null when
  // it is not in state, or has to be read in full. Lets a provider ask for less (a version that has not moved), or
  // answer for what is not there any more by right (a one-time token that was used).
  Value known{};
};

// What the server can verify of a secret that it does not give back: the verifier, raw. Never leaves memory in the
// clear; the engine keeps a keyed digest of it.
using Evidence = std::map<Path, std::string>;

struct ReadResult {
  enum class Status { present, absent, unreadable };
  Status status = Status::absent;
  Value value;               // present: a map of attributes, identity included, under the names written
  std::string server_id;     // present: the server's id, where the type has one
  std::vector<Path> unread;  // paths a missing right or the server's nature kept from us
  // Attributes that were not fetched because the server vouches for them (a version) being as they were when `known`
  // was recorded. Compared as what was last applied; unlike `unread` that is certain, so plan does not say "not
  // verified". Only where `known` was given, and never what is kept by the server. The engine reads an object again
  // without `known` when it cannot compare a secret unseen.
  std::vector<Path> unmoved;
  Evidence evidence;
  Error error;  // unreadable: why

  static ReadResult absent() { return {}; }
  static ReadResult present(Value value, std::string server_id);
  static ReadResult unreadable(Error error);
};

struct ListResult {
  std::vector<ReadResult> objects;  // all present
  bool complete = false;            // false: absence of an object means nothing
  std::optional<Error> error;
};

enum class Operation : std::uint8_t { create, update, remove };

// Facts a provider adds to a plan. It cannot change what is planned.
struct PlanFacts {
  std::vector<std::string> warnings;
  std::vector<Path> forces_replacement;  // paths whose change needs a new object, beyond what the schema says
  std::optional<Error> blocked;          // a right that is missing, a thing in the way: cause and next step
};

// What plan_facts and apply are told of one change. Prior and desired hold every attribute; in plan_facts leaves may be
// unknown.
struct ChangeRequest {
  Operation operation = Operation::create;
  const TypeSchema* type = nullptr;
  Value prior;                // live before the change; null for create; without secrets that were not read
  Value desired;              // null for remove; secrets included, marked
  std::vector<Path> changed;  // update: what differs
  std::string server_id;      // of the live object, where there is one
  std::string intent_id;      // stored by the server where the type's recovery is `marker`
  // How long the call may take, from `timeouts:`; zero: as the provider thinks fit. Giving up must leave nothing half
  // done that a later read would not show.
  std::chrono::milliseconds timeout{0};
};

// Both may be set when it got half-way: then the object exists as `value` says and the record becomes partial.
struct ApplyResult {
  std::optional<Value>
      value;  // create, update: the object as it is now, all attributes; nullopt: nothing was made or changed
  std::string server_id;
  Evidence evidence;
  std::optional<Error> error;
  std::vector<std::string> warnings{};  // what the server wants to be known of a call that it carried out
};

// One configured connection. read_many, list, plan_facts and apply may be called from several threads at once, never
// before configure returned success. Destroyed on the owner's thread.
class Provider {
 public:
  virtual ~Provider() = default;

  // Connects and checks the credentials once. `config` is fully known and in the schema's canonical form; it may hold
  // marked values. Called at most once with success. Errors: Fault::unreachable, Fault::refused, Fault::input.
  virtual Result<ServerInfo> configure(const Value& config) = 0;

  // One result per key, in order. Must not modify anything. Costs requests per type and page, not per object.
  virtual std::vector<ReadResult> read_many(const TypeSchema& type, std::span<const ReadKey> keys) = 0;

  // What is there; for discovery, adoption and pruning. The default says that it cannot be told.
  virtual ListResult list(const TypeSchema& type);

  // Data sources: one result per question, in order; each `config` is fully known, canonical, and holds what
  // configuration set. `present` holds every attribute of the type. Must not modify anything. Costs requests per type,
  // not per question, where the server allows. The default says that it cannot be told.
  virtual std::vector<ReadResult> read_data(const TypeSchema& type, std::span<const Value> configs);

  // Server-side knowledge about planned changes, one result per request, in order. Reads only. The default adds
  // nothing.
  virtual std::vector<PlanFacts> plan_facts(std::span<const ChangeRequest> changes);

  virtual ApplyResult apply(const ChangeRequest& change) = 0;

  // Gives back what it holds idle (connections): it may not be needed for a while, and others may want to remove what
  // it is connected to. Later calls connect again by themselves. The default does nothing.
  virtual void release();

  // Fills identity attributes that default to something of the connection (a membership's grantor). No outside calls.
  [[nodiscard]] virtual Value complete(const TypeSchema& type, Value desired) const;

  // The secret is the one behind this evidence. Pure and possibly slow (a key derivation); thread-safe.
  [[nodiscard]] virtual bool verify(const TypeSchema& type, const Path& path, const Value& secret,
                                    const std::string& evidence) const;
};

// What can be said of a type without a connection. Pure; thread-safe.
class ProviderKind {
 public:
  virtual ~ProviderKind() = default;
  [[nodiscard]] virtual const ProviderSchema& schema() const = 0;
  [[nodiscard]] virtual std::unique_ptr<Provider> make() const = 0;

  // Rules beyond the types (a name longer than 63 bytes). Unknown leaves pass. All errors at once.
  [[nodiscard]] virtual std::vector<TypeError> check(const TypeSchema& type, const Value& desired) const;

  // What an instance claims for itself alone, as texts; two instances of one provider instance and type that claim the
  // same text are refused by plan. Identity is claimed anyway. `desired` is fully known in its identity.
  [[nodiscard]] virtual std::vector<std::string> claims(const TypeSchema& type, const Value& desired) const;

  // Steps with the same non-empty key never run at the same time (read-modify-write of one server object).
  [[nodiscard]] virtual std::string serial_key(const TypeSchema& type, const Value& attributes) const;
};

}  // namespace plumb
