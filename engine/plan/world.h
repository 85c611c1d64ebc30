// The world of one session: every node of the work-list and what is known of it. Internal to plan/.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "engine/lua/interpreter.h"
#include "engine/plan/nodes.h"

namespace plumb {

struct World {
  SessionInputs in;
  Diagnostics* diagnostics = nullptr;
  Worklist work;
  std::unique_ptr<Interpreter> interpreter;
  std::unique_ptr<WorkerPool> pool;
  bool applying = false;

  std::vector<NodeInfo> info;  // by NodeId
  std::vector<ScopeNode> scopes;
  std::map<std::vector<ModuleStep>, std::uint32_t> scope_by_path;
  std::vector<CallNode> calls;
  std::vector<InputNode> inputs;
  std::vector<LocalNode> locals;
  std::vector<ProviderNode> providers;
  std::vector<ResourceNode> resources;
  std::vector<InstanceNode> instances;
  std::vector<GroupNode> groups;
  std::vector<GateNode> gates;
  std::vector<OutputNode> outputs;
  std::vector<ValidationNode> validations;
  std::vector<CheckNode> checks;
  std::unordered_map<std::string, std::uint32_t> provider_by_name;
  std::map<std::pair<std::uint32_t, const TypeSchema*>, std::uint32_t> group_by_key, gate_by_key;
  std::unordered_map<std::string, std::uint32_t> instance_by_identity;  // scoped_identity()
  std::unordered_map<std::string, std::uint32_t> claims;                // scoped claim -> instance
  std::unordered_map<std::string, const InstanceRecord*> record_by_identity;
  std::unordered_map<const InstanceRecord*, std::uint32_t> records_seen;  // of instances that are desired, or orphans
  std::vector<std::unique_ptr<InstanceRecord>> recovered;                 // stand-ins for interrupted creates
  std::map<Address, const InstanceRecord*> recovered_by_address;
  std::map<Address, ImportNode> imports;
  std::vector<std::unique_ptr<LocalBlock>> import_blocks;                 // stand for the `for_each` of imports
  std::vector<std::pair<std::uint32_t, const ImportBlock*>> import_keys;  // local, import
  bool imports_told = false;
  std::map<std::pair<std::uint32_t, const TypeSchema*>, std::vector<PendingRead>> pending;
  std::map<std::pair<std::uint32_t, const TypeSchema*>, std::vector<std::uint32_t>> pending_data;  // instances
  std::optional<State> moved_state;  // state as `moved` leaves it, when something moves
  std::vector<std::pair<Address, Address>> moves;
  std::vector<std::string> scope;  // names expressions may start with
  std::unordered_set<const Document*> checked;

  std::vector<PlannedChange> changes;
  std::vector<DriftEntry> drift, unreadable;
  std::vector<DeposedNode> deposed;
  std::set<std::pair<Address, Path>> ignored;  // differences that `ignore` rules hid
  std::vector<RecordChange> records;
  std::vector<std::string> nonsensitive;
  std::vector<std::string> not_verified;  // secrets that nobody could compare: `address: path`
  std::size_t no_ops = 0;
  std::map<std::string, std::string> servers;
  InternedSets sets;                                                  // of state, grown by what this plan reads
  std::unordered_map<NodeId, std::optional<Address>> changed_behind;  // explain.cc: the first change behind a node
  std::unordered_map<NodeId, SetId> set_memo;  // in apply: sets of State::sets, made once everything upstream is done
  std::chrono::nanoseconds refresh_time{0}, configure_time{0};

  // Names of provider kinds and types by small index, for Lua's proxies.
  std::vector<std::string> names;
  std::unordered_map<std::string, std::uint32_t> name_ids;
  std::uint32_t name_id(std::string_view name);

  NodeId add_node(NodeKind kind, std::uint32_t index);
  // The resource or data source of this address (its key does not matter), among the scopes that are there.
  [[nodiscard]] std::optional<std::uint32_t> find_resource(const Address& address) const;
  [[nodiscard]] const InstanceRecord* record_of(const Address& address) const;
  // A text that names an identity within its provider instance and type.
  [[nodiscard]] std::string scoped_identity(std::uint32_t provider, const TypeSchema& type,
                                            const std::string& identity_key) const;
  [[nodiscard]] bool server_type(const TypeSchema& type) const noexcept { return type.outside_effect; }
  // Marked leaves are told to the redactor.
  void tell_redactor(const Value& value) const;
};

// --- the concerns, one file each; all take the world ---

// build.cc: nodes from blocks; everything that can be said without evaluating. False after errors.
bool build_world(World& world);

// scopes.cc: the stack's document and those of modules.
// Nodes for everything the scope's document says; false after errors.
bool build_scope(World& world, std::uint32_t scope);
// Nodes of these blocks; `check` says who alone sees them.
void add_resources(World& world, std::uint32_t scope, const std::vector<ResourceBlock>& blocks,
                   const CheckBlock* check);
// Asks for all of it that is wanted (--target).
void request_scope(World& world, std::uint32_t scope);
// The provider instance that a name means in a scope; nullopt when there is none.
std::optional<std::uint32_t> provider_in(const World& world, std::uint32_t scope, std::string name);
bool run_call(World& world, std::uint32_t call);
bool run_scope(World& world, std::uint32_t scope);
bool run_input(World& world, std::uint32_t input);
bool run_call_outputs(World& world, std::uint32_t call);
bool run_call_content(World& world, std::uint32_t call);
// `module.billing["eu"]: `, or nothing in the stack; begins messages.
std::string scope_prefix(const World& world, std::uint32_t scope);

// What configuration says of an address that state holds.
enum class Standing : std::uint8_t {
  configured,  // its resource is there, and expanded
  gone,        // neither it nor its module is wanted
  deferred,    // nobody can tell yet
  failed,      // an error was reported
};
Standing standing_of(const World& world, const Address& address);

// hints.cc: what expressions may read.
std::vector<Hint> hints_of(World& world, std::uint32_t scope, const Tree& tree);
void add_hint(std::vector<Hint>& hints, Hint hint);
// The resources and modules that `depends_on` names; errors are reported.
std::vector<Hint> depends_on_hints(World& world, std::uint32_t scope, const std::optional<Tree>& tree);

// evaluate.cc
enum class Evaluated : std::uint8_t { done, wait, failed };
struct EvalScope {
  NodeId node = 0;
  std::uint32_t scope = 0;    // whose names are meant
  Each each{};                // empty: `each` has no meaning here
  std::vector<NodeId> reads;  // collected
  bool met_unknown = false;
  const CheckBlock* check = nullptr;  // whose data sources are seen too
  const Value* self = nullptr;        // what `self` means; null: nothing
};
EvalScope scope_of(const World& world, const InstanceNode& instance);
// The tree as a raw value (not yet converted), scalars read for `type`.
Evaluated evaluate_tree(World& world, EvalScope& scope, const Tree& tree, const Type& type, Value& out);
// The same, converted to the type; errors are reported at the node in the tree.
Evaluated evaluate_typed(World& world, EvalScope& scope, const Tree& tree, const Type& type, const std::string& what,
                         Value& out);
SourcePos position_at(const Tree& tree, const Path& path);
// Asks for what the hints name; true when all of it is there (or hints were given up).
bool hints_ready(World& world, NodeId node, const std::vector<Hint>& hints);
// Sorts and stores what was read; an evaluation that met an unknown keeps its hints too.
bool store_reads(World& world, EvalScope& scope, const std::vector<Hint>& hints, const SourcePos& pos);
NodeId hint_node(World& world, const Hint& hint);

// What a node waits for as a whole: asks for each, and keeps what was read, or whether it failed.
class Gather {
 public:
  explicit Gather(World& world) : world_(world) {}
  // Asks for a node; true when it is done.
  bool need(NodeId on);
  // True: all of it is there, and the node has it as its reads. False: the node waits.
  bool finish(NodeId node);

 private:
  World& world_;
  std::vector<NodeId> reads_;
  bool ready_ = true, failed_ = false;
};

// nodes.cc
bool run_node(World& world, NodeId node);
bool idle(World& world);
void report_cycle(World& world, const std::vector<NodeId>& cycle);
void drain(World& world);
// The instance is among the targets, or there are none.
bool targeted(const World& world, const Address& instance);
// Neither targets nor a saved plan leave anything out.
bool selects_all(const World& world);

// expand.cc
bool run_resource(World& world, std::uint32_t resource);
// `for_each` and `when` of a resource or a module call.
struct Expansion {
  enum class Status : std::uint8_t { wait, failed, deferred, absent, single, keyed } status = Status::wait;
  std::vector<std::pair<std::string, Value>> keys;  // keyed: sorted
};
Expansion expand_block(World& world, EvalScope& scope, const std::optional<Tree>& for_each,
                       const std::optional<Tree>& when, const std::string& what);

// desired.cc: evaluates an instance's attributes and lifecycle. True when `desired` and `identity` are there.
enum class Desired : std::uint8_t { done, wait, failed };
Desired evaluate_desired(World& world, std::uint32_t instance);
bool register_identity(World& world, std::uint32_t instance);

// check_blocks.cc: `checks`. They are told as warnings and stand in nobody's way.
void add_checks(World& world, std::uint32_t scope, const Document& document);
bool run_check(World& world, std::uint32_t check);
// What a check's own data source is called among its scope's resources.
std::string check_data_name(const CheckBlock& check, const std::string& name);

// data.cc: data sources.
// What becomes of a data source that is evaluated; false while its provider is asked.
bool settle_data(World& world, std::uint32_t instance);
bool flush_pending_data(World& world);
// In apply, for checks: asks again, on the caller's thread.
void read_again(World& world, std::uint32_t instance);
// The record of what it said last is missing or says something else.
bool data_record_stale(const World& world, const InstanceNode& instance);

// moved.cc: `moved` blocks, before anything looks at state.
void apply_moves(World& world);
// What is moved away must not be wanted any more.
void check_moves(World& world);

// providers.cc
bool run_provider(World& world, std::uint32_t provider);
bool changes_upstream(const World& world, NodeId node);

// refresh.cc
bool run_group(World& world, std::uint32_t group);
bool flush_pending(World& world);
std::uint32_t group_for(World& world, std::uint32_t provider, const TypeSchema* type);
// ReadKey::known: what state has of the object; null for the stand-in of an interrupted create.
Value known_of(const World& world, const InstanceRecord& record);
const ReadResult* group_result(const World& world, const InstanceRecord* record, std::uint32_t provider,
                               const TypeSchema* type);

// instance.cc
bool run_instance(World& world, std::uint32_t instance);
// orphans.cc
void request_state_groups(World& world);
void plan_orphans(World& world);
// facts.cc: what providers add to the plan, asked in bulk; and which records need writing.
void add_facts(World& world);
void find_stale_records(World& world);

// imports.cc
void build_imports(World& world);
// The instances that `for_each` of imports gives are told. False while waiting.
bool imports_ready(World& world, NodeId asking);

// create_first.cc: rule (d), once every action is chosen.
void spread_create_first(World& world);
// deposed.cc: what earlier replacements left behind.
void plan_deposed(World& world);

// order.cc
void order_steps(World& world, ExecutionGraph& graph);
// records.cc
InstanceRecord make_record(World& world, InstanceNode& instance, State& state, const std::string& uid,
                           const Value& attributes, const std::string& server_id, const Evidence& evidence);
// The set of instances behind what a node read, as state stores it; nullopt while one of them has no uid yet.
std::optional<SetId> dependency_set(World& world, InternedSets& sets, const UidTable& uids, NodeId node,
                                    std::unordered_map<NodeId, SetId>& memo);

// An instance's change, made when it is first needed.
PlannedChange& change_of(World& world, InstanceNode& instance);

}  // namespace plumb
