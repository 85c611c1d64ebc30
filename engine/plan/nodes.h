// The nodes of the work-list: what is known of each thing that configuration or state names. Internal to plan/.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/plan/session.h"
#include "engine/plan/worklist.h"

namespace plumb {

enum class NodeKind : std::uint8_t {
  local,
  provider,
  resource,
  instance,
  whole,
  group,
  gate,
  output,
  validation,
  call,          // a module block: its keys
  call_outputs,  // all outputs of all its calls
  call_content,  // everything that stands in it, for `depends_on`
  scope,         // one call: its document
  input,         // one input of one call
  check,
};

inline constexpr std::uint32_t kNone = 0xffffffff;

// What every node carries. `reads` are the nodes its last evaluation really read (or, when it met an unknown, its hints
// too).
struct NodeInfo {
  NodeKind kind = NodeKind::local;
  std::uint32_t index = 0;  // into the vector of its kind
  bool failed = false;      // an error was reported; whoever reads it stays silent
  std::vector<NodeId> reads;
};

// A document in one place: the stack (scope 0), or one call of a module. Names mean something only in their scope.
struct ScopeNode {
  const Document* document = nullptr;  // null while it is not known: a script has not run, or is deferred
  std::vector<ModuleStep> path;        // empty for the stack
  std::uint32_t parent = kNone;        // scope
  std::uint32_t call = kNone;
  Value each_value;
  NodeId node = 0;        // of a module
  bool deferred = false;  // what its script needs to know is unknown
  std::unordered_map<std::string, std::uint32_t> locals, outputs, inputs, calls;
  std::unordered_map<std::string, std::uint32_t> resources;                       // `type.name`, `data.type.name`
  std::unordered_map<std::string, std::vector<std::uint32_t>> resources_by_type;  // `type`, `data.type`
  std::vector<NodeId> nodes;  // what was made for it, in order of the document: ordering goes by it
};

struct LocalNode {
  const LocalBlock* block = nullptr;
  std::uint32_t scope = 0;
  NodeId node = 0;
  Value value;
};

// An input of a module's call; evaluated where the call is written.
struct InputNode {
  const VariableBlock* variable = nullptr;
  const AttributeEntry* given = nullptr;  // null: the default
  std::uint32_t scope = 0;                // the module's
  NodeId node = 0;
  Value value;
};

struct ProviderNode {
  // unknown: its configuration reads what apply will learn. failed: an error was reported.
  enum class Status : std::uint8_t { idle, unknown, unavailable, connecting, ready, failed };
  std::string name;
  const ProviderBlock* block = nullptr;  // null for one that needs no configuration
  const ProviderKind* kind = nullptr;
  NodeId node = 0;
  Status status = Status::idle;
  Value config;
  std::unique_ptr<Provider> provider;
  ServerInfo server;
  std::optional<Error> error;
  SourcePos pos{};
};

// A hint: a chain of names in an expression, resolved as far as names go.
struct Hint {
  enum class Kind : std::uint8_t { local, resource, call, content, input } kind = Kind::local;
  std::uint32_t index = 0;         // of its kind
  std::optional<std::string> key;  // resource, call: a literal key
  std::string output;              // call: the output's name; empty for all
  bool operator==(const Hint&) const = default;
};

// A module block in a scope.
struct CallNode {
  const ModuleBlock* block = nullptr;
  std::uint32_t scope = 0;
  Address address;  // of the module
  NodeId node = 0, outputs = 0, content = 0;
  bool expanded = false;
  bool absent = false;
  bool deferred = false;
  std::vector<std::uint32_t> scopes;  // sorted by key
  std::unordered_map<std::string, std::uint32_t> by_key;
  std::vector<Hint> meta_hints;  // of for_each, when and depends_on
  std::vector<Hint> depends_on;
  [[nodiscard]] bool keyed() const noexcept { return block->for_each.has_value(); }
};

// A resource or a data source of one scope.
struct ResourceNode {
  const ResourceBlock* block = nullptr;
  std::uint32_t scope = 0;
  Address address;  // without key
  const TypeSchema* type = nullptr;
  const ProviderKind* kind = nullptr;
  std::uint32_t provider = kNone;
  NodeId node = 0;
  NodeId whole = 0;
  bool expanded = false;
  bool absent = false;                                    // `when` was false
  bool deferred = false;                                  // `for_each` or `when` is unknown
  std::vector<std::uint32_t> instances;                   // sorted by key
  std::unordered_map<std::string, std::uint32_t> by_key;  // for_each
  std::vector<Hint> hints;                                // of the attributes and lifecycle, for each instance
  std::vector<Hint> meta_hints;                           // of for_each and when
  std::vector<Hint> depends_on;
  const CheckBlock* check = nullptr;  // a data source that only this check sees
  [[nodiscard]] bool keyed() const noexcept { return block->for_each.has_value(); }
};

enum class Phase : std::uint8_t { evaluate, await_live, settle, conditions, done };

struct Lifecycle {
  bool prevent_destroy = false;
  bool retain = false;
  bool adopt_always = false;
  bool create_before_destroy = false;
  std::vector<Path> ignore;
  Value replace_when;               // a list of what it gave; null without one
  std::optional<std::string> hold;  // why changes are held; may be empty
  Timeouts timeouts{};
};

// What `each` means.
struct Each {
  const std::string* key = nullptr;
  const Value* value = nullptr;
};

// What running an instance's node means in apply, besides evaluating it.
enum class Checking : std::uint8_t { none, before, after };

// An object that configuration wants, or (resource == kNone) one that only state knows.
struct InstanceNode {
  std::uint32_t resource = kNone;
  Address address;
  Value each_value;
  NodeId node = 0;
  NodeId graph_delete = kNone;  // filled by ordering
  Phase phase = Phase::evaluate;
  std::uint32_t provider = kNone;
  const TypeSchema* type = nullptr;
  const InstanceRecord* record = nullptr;         // null when state does not know it
  std::shared_ptr<const InstanceRecord> renamed;  // the record as the new names of its containers leave it
  bool recovered = false;                         // the record stands for an interrupted create

  Value desired;   // configured attributes, canonical
  Value identity;  // canonical; may hold unknowns
  std::optional<std::string> identity_key;
  Lifecycle lifecycle;
  bool literal_checked = false;

  ReadResult live;  // status absent until read
  bool live_known = false;
  ReadResult taken;  // what already has the name it is to be renamed to
  bool taken_known = false;
  Value value;             // what readers see
  bool published = false;  // apply put its result here
  Value planned;
  Action action = Action::no_op;
  bool blocked = false;
  bool needs_record = false;
  bool evaluate_failed = false;    // in apply
  bool create_first = false;       // replace: the new object is made before the old one goes
  bool precondition_open = false;  // known only in apply
  Checking checking = Checking::none;
  std::vector<NodeId> condition_reads;        // what its conditions read: for order, never recorded
  std::vector<NodeId> versioned_reads;        // what only secrets read that go by their version: may be new every time
  std::string uid;                            // of the record; given by apply to what is new
  std::uint32_t change = kNone;               // into World::changes
  const InstanceRecord* waits_for = nullptr;  // a record whose object must go first: it has our identity
};

// An object that an earlier replacement left behind, and that goes now.
struct DeposedNode {
  std::uint32_t instance = kNone;
  const Deposed* object = nullptr;
  std::uint32_t change = kNone;  // none: it is gone already, and only state has something to drop
  bool blocked = false;
};

// An import of one instance.
struct ImportNode {
  const ImportBlock* block = nullptr;
  std::optional<std::string> key;  // of its `for_each`
  Value each_value;
};

// One bulk refresh: a provider instance and a type.
struct GroupNode {
  std::uint32_t provider = kNone;
  const TypeSchema* type = nullptr;
  NodeId node = 0;
  bool started = false;
  bool skipped = false;  // provider unknown or failed
  std::vector<const InstanceRecord*> records;
  std::vector<ReadResult> results;
  std::unordered_map<const InstanceRecord*, std::uint32_t> index;
};

// All instances of a type behind a provider instance have their identity: what containers wait for (softly).
struct GateNode {
  std::uint32_t provider = kNone;
  const TypeSchema* type = nullptr;
  NodeId node = 0;
  std::vector<std::uint32_t> resources;
};

struct OutputNode {
  const OutputBlock* block = nullptr;
  std::uint32_t scope = 0;
  NodeId node = 0;
  Value value;
};

struct ValidationNode {
  const VariableBlock* variable = nullptr;
  const Validation* validation = nullptr;
  std::uint32_t scope = 0;
  NodeId node = 0;
};

struct CheckNode {
  const CheckBlock* block = nullptr;
  std::uint32_t scope = 0;
  NodeId node = 0;
  CheckResult result;
};

// Reads of objects that are desired but not in state; sent together when nothing else can run.
struct PendingRead {
  std::uint32_t instance = 0;
  ReadKey key;
  bool new_name = false;  // the answer goes to `taken`
};

}  // namespace plumb
