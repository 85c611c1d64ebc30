// A session: one stack, its state and its servers, planned once and then perhaps applied.
//
// The session holds the world that expressions read. Plan fills it; apply puts the results of finished steps into it
// and asks for what later steps need. One thread owns it; provider calls run on its worker pool.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/base/worker_pool.h"
#include "engine/config/stack.h"
#include "engine/plan/plan.h"
#include "engine/provider_api/registry.h"
#include "state/state.h"

namespace plumb {

class Redactor;

enum class PlanMode : std::uint8_t {
  normal,
  destroy,   // everything in state goes
  validate,  // no server and no state: every read is unknown
};
enum class Refresh : std::uint8_t { full, changed, none };

// What a saved plan names: its steps' instances, and the outputs that change.
struct PlanScope {
  std::set<Address> instances;
  std::set<Address> resources;  // of the instances
  std::set<Address> modules;    // whose calls they stand in: the last step without its key
  std::set<std::string> outputs;
};

struct PlanOptions {
  PlanMode mode = PlanMode::normal;
  Refresh refresh = Refresh::full;
  std::vector<Address> targets;  // resources or instances; with what they depend on
  std::vector<Address> replace;
  std::size_t parallelism = 0;  // 0: as the providers say
  bool allow_literal_secrets = false;
  // Plan::expectations are made; digests of secrets among them are salted with this text (the plan's id).
  std::optional<std::string> expect;
  // Only this and what it depends on; `targets` do not count then.
  std::optional<PlanScope> only;
};

struct SessionInputs {
  const StackConfig* stack = nullptr;  // outlives the session
  std::map<std::string, Value> variables;
  const State* state = nullptr;        // outlives the session; the coordinator may change it between calls during apply
  const Registry* registry = nullptr;  // outlives the session
  std::optional<std::string> digest_key;  // 32 bytes; none: digests cannot be compared
  std::string key_id;                     // names the missing key in messages
  Redactor* redactor = nullptr;           // told every marked value; may be null
  PlanOptions options;
};

struct PhaseTiming {
  std::string phase;  // load, configure, refresh, evaluate, order
  std::chrono::nanoseconds took{0};
};

class Session {
 public:
  explicit Session(SessionInputs inputs);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Plans. Errors are in `diagnostics` and then there is no plan. Call once.
  std::optional<Plan> plan(Diagnostics& diagnostics);
  [[nodiscard]] std::vector<PhaseTiming> timings() const;

  // Values of outputs as they stand (after plan, or after apply); sensitive ones marked, unknown ones unknown.
  [[nodiscard]] Result<std::map<std::string, OutputRecord>> outputs();

  // An instance's value as readers see it: planned, or after apply the result. nullopt: not in configuration.
  [[nodiscard]] std::optional<Value> value_of(const Address& instance) const;
  // What the server said of it in this plan, and the server id; for `accept` and `import`. nullopt: not read or absent.
  [[nodiscard]] std::optional<ReadResult> live_of(const Address& instance) const;

  // Looks one object up, for `plumb import`; connects the provider of the resource. Instead of plan().
  Result<ReadResult> read_one(const Address& instance, const Value& identity);
  // The record of an object that was found so; dependencies come with the next apply.
  Result<InstanceRecord> imported_record(const Address& instance, State& state, const ReadResult& found);
  // The record with what the server says as prior, for `plumb accept`, after plan(). nullopt: nothing was read.
  [[nodiscard]] std::optional<InstanceRecord> accepted_record(const Address& instance) const;

  // --- for apply; all on the owner's thread ---

  // The desired attributes of a create, update or adopt step, with everything upstream known. An error places itself.
  // "A read outside the recorded edges" is an internal error.
  Result<Value> desired(const Step& step);
  // The connected provider of a step; configures it when that had to wait until now. May block.
  Result<Provider*> provider(const Step& step);
  // Gives back what a connected provider instance holds idle; all of them for an empty name.
  void release(const std::string& provider);
  [[nodiscard]] const ProviderKind& kind(const Step& step) const;
  // The live value and server id that the step was planned against.
  [[nodiscard]] ReadResult live(const Step& step) const;
  // What the plan promises, with unknown leaves.
  [[nodiscard]] Value planned(const Step& step) const;
  // What state knew of it before the plan; nullptr when nothing.
  [[nodiscard]] const InstanceRecord* record(const Step& step) const;
  // Puts the result of a finished step where readers see it.
  void publish(const Step& step, Value attributes);
  // The step's postconditions, after publish(). An error places itself; the object stays as it is.
  Result<void> check_after(const Step& step);
  // Every check of the stack and its modules as it stands (after plan, or after apply), sorted by name.
  [[nodiscard]] std::vector<CheckResult> checks();
  // The record of an instance after its step: address, provider, identity, managed paths, digests, dependencies, flags.
  // `attributes` as check_apply left them; uids of what it depends on are in `state`.
  InstanceRecord make_record(const Step& step, State& state, const std::string& uid, const Value& attributes,
                             const std::string& server_id, const Evidence& evidence);
  // Server identities learnt, by provider instance.
  [[nodiscard]] const std::map<std::string, std::string>& servers() const;
  WorkerPool& pool();
  // Calls in flight allowed for a provider instance.
  [[nodiscard]] std::size_t concurrency(const std::string& provider) const;
  // From now on digests are made with this key.
  void use_key(const std::string& digest_key);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace plumb
