// A stack's documents, parsed and checked as far as that goes without schemas: unexpanded blocks with source positions.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/file_system.h"
#include "engine/config/tree.h"
#include "engine/model/address.h"

namespace plumb {

struct Validation {
  Tree condition;
  Tree message;
};

struct VariableBlock {
  std::string name;
  SourcePos pos{};
  TypePtr type = any_type();
  std::optional<Tree> default_value;  // constant
  bool sensitive = false;
  bool opaque = false;  // of a Lua module: its script gets a reference, never the value
  std::string description;
  std::vector<Validation> validations;
};

struct LocalBlock {
  std::string name;
  SourcePos pos{};
  Tree value;
};

struct AttributeEntry {
  std::string name;
  SourcePos pos{};
  Tree value;
};

struct ProviderBlock {
  std::string name;  // of the instance
  std::string kind;  // `postgres`; the name unless `type:` says otherwise
  SourcePos pos{};
  std::vector<AttributeEntry> attributes;  // `type` is not among them
};

// All optional; trees that evaluate to bool, unless said otherwise.
struct LifecycleBlock {
  std::optional<Tree> prevent_destroy;
  std::optional<Tree> create_before_destroy;
  std::optional<Tree> ignore_changes;  // a list of path globs
  std::optional<Tree> retain;
  std::optional<Tree> adopt;       // `never` | `always`
  std::vector<Tree> replace_when;  // values: when one of them differs from the last applied, the object is replaced
  std::vector<Validation> precondition;  // before the step; a postcondition may read `self`, the object after it
  std::vector<Validation> postcondition;
};

// `timeouts: {create: 5m, ...}`; trees that evaluate to text such as `90s`, `5m`, `1h30m`.
struct TimeoutsBlock {
  std::optional<Tree> create, update, remove, read;
};

// A resource, or a data source: then address.data is set, and only `depends_on`, `provider`, `for_each`, `when`,
// `timeouts`, precondition and postcondition may go with its attributes.
struct ResourceBlock {
  Address address;  // without key and modules
  SourcePos pos{};  // of the key in the file
  std::optional<Tree> for_each;
  std::optional<Tree> when;
  std::optional<Tree> depends_on;       // list of addresses (of modules too), as constant text
  std::optional<std::string> provider;  // provider instance; constant
  SourcePos provider_pos{};
  LifecycleBlock lifecycle;
  TimeoutsBlock timeouts;
  std::optional<Tree> hold;  // true, or the reason as text: changes are shown and not made
  std::vector<AttributeEntry> attributes;
};

struct ModuleSource;  // module_source.h

// A call of a module: `modules: {billing: {source: ./modules/billing, inputs: {...}}}`.
struct ModuleBlock {
  std::string name;
  SourcePos pos{};
  std::string source;  // as written
  SourcePos source_pos{};
  const ModuleSource* loaded = nullptr;  // null only after an error
  std::optional<Tree> for_each;
  std::optional<Tree> when;
  std::optional<Tree> depends_on;                // like a resource's
  std::map<std::string, std::string> providers;  // name in the module -> provider instance of the caller
  SourcePos providers_pos{};
  std::vector<AttributeEntry> inputs;
};

struct OutputBlock {
  std::string name;
  SourcePos pos{};
  Tree value;
  bool sensitive = false;
  std::string description;
};

// Without `for_each`, `to` holds no expression and `address` is what it says.
struct ImportBlock {
  SourcePos pos{};
  std::optional<Tree> for_each;
  Tree to;  // an address as text, which may hold `${each.key}`
  Address address;
  Tree id;  // map of identity attributes, or a scalar
};

// `moved: [{from, to}]`: both resources, both instances, or both modules.
struct MovedBlock {
  SourcePos pos{};
  Address from, to;
};

// `removed: [{from, destroy, release}]`: what state still holds of `from` is forgotten; with `destroy: true` deleted;
// `release: true` ends its protection, and deletes unless `destroy: false` is said.
struct RemovedBlock {
  SourcePos pos{};
  Address from;
  bool destroy = false;
  bool release = false;
};

// `checks: {name: {data: {...}, assert: [{condition, message}]}}`: said as warnings, never in the way.
struct CheckBlock {
  std::string name;
  SourcePos pos{};
  std::vector<ResourceBlock> data;  // only this check's expressions see them
  std::vector<Validation> asserts;
};

// `ignore: [{address, path, reason}]`: differences at these paths count for nothing, in plan, apply and drift alike.
// `*` in the address stands for any text; the path is a glob.
struct IgnoreBlock {
  SourcePos pos{};
  std::string address;
  Path path;
  std::string reason;
};

struct FileRead {
  std::string path;    // relative to the stack
  std::string sha256;  // hex
};

// What the documents of a stack or of a module say; each kind in order of the files.
struct Document {
  std::vector<VariableBlock> variables;
  std::vector<LocalBlock> locals;
  std::vector<ProviderBlock> providers;  // a stack's only
  std::vector<ResourceBlock> data;
  std::vector<ResourceBlock> resources;
  std::vector<ModuleBlock> modules;
  std::vector<OutputBlock> outputs;
  std::vector<MovedBlock> moved;  // of a module: within the module
  std::vector<RemovedBlock> removed;
  std::vector<ImportBlock> imports;
  std::vector<CheckBlock> checks;
  std::vector<IgnoreBlock> ignores;  // a stack's only
};

class ModuleLoader;  // module_source.h

// `vault_transit` of `state.key`. What is empty comes from the environment.
struct TransitKeyBlock {
  SourcePos pos{};
  std::string key;
  std::string mount = "transit";
  std::string address, namespace_name, ca_cert;
  std::optional<std::string> token_env;  // the variable that holds the token
};

struct StackConfig : Document {
  std::string name;  // `stack:`; the directory's name when it is not given
  std::string directory;
  std::shared_ptr<ModuleLoader> modules_loader;  // holds every ModuleSource
  // `state: {key: {file|env|passphrase|vault_transit}}`
  std::optional<std::string> key_file;
  std::optional<std::string> key_env;
  std::optional<std::string> key_passphrase_env;
  std::optional<TransitKeyBlock> key_transit;
  std::vector<FileRead> files;  // every document that was opened; the loader has those of modules and functions
};

// Reads `<directory>/plumb.yaml` and what it includes. All errors are in `diagnostics`; the result is usable only
// without errors. File names in positions are relative to the stack's directory. `fs` must outlive the result, whose
// loader reads on.
StackConfig load_stack(const std::string& directory, FileSystem& fs, Diagnostics& diagnostics);

// Where variable values come from, by rising precedence: default, files, environment, flags.
struct VariableInputs {
  std::vector<std::string> files;                  // --var-file
  std::map<std::string, std::string> environment;  // PLUMB_VAR_name -> text, prefix included; others are ignored
  std::vector<std::pair<std::string, std::string>> flags;  // --var name=text, in order; the last wins
};

// A value for every variable, typed, canonical and marked; a missing one, one nobody declared (flags and files; with
// "did you mean") and one that does not fit are errors. Validations are evaluated by plan. `allow_literal_secrets`
// permits a default on a sensitive variable.
std::map<std::string, Value> resolve_variables(const StackConfig& stack, const VariableInputs& inputs, FileSystem& fs,
                                               bool allow_literal_secrets, Diagnostics& diagnostics);

}  // namespace plumb
