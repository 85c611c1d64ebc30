// A stack's documents, parsed and checked as far as that goes without schemas: unexpanded blocks with source positions.
#pragma once

#include <map>
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

// All optional; trees that evaluate to bool, or for ignore_changes to a list of path globs.
struct LifecycleBlock {
  std::optional<Tree> prevent_destroy;
  std::optional<Tree> ignore_changes;
  std::optional<Tree> retain;
  std::optional<Tree> adopt;  // `never` | `always`
};

struct ResourceBlock {
  Address address;  // without key
  SourcePos pos{};  // of the key in the file
  std::optional<Tree> for_each;
  std::optional<Tree> when;
  std::optional<Tree> depends_on;       // list of addresses, as constant text
  std::optional<std::string> provider;  // provider instance; constant
  SourcePos provider_pos{};
  LifecycleBlock lifecycle;
  std::vector<AttributeEntry> attributes;
};

struct OutputBlock {
  std::string name;
  SourcePos pos{};
  Tree value;
  bool sensitive = false;
  std::string description;
};

struct ImportBlock {
  SourcePos pos{};
  Address to;
  Tree id;  // map of identity attributes, or a scalar
};

struct FileRead {
  std::string path;    // relative to the stack
  std::string sha256;  // hex
};

struct StackConfig {
  std::string name;  // `stack:`; the directory's name when it is not given
  std::string directory;
  std::vector<VariableBlock> variables;  // each kind in order of the files
  std::vector<LocalBlock> locals;
  std::vector<ProviderBlock> providers;
  std::vector<ResourceBlock> resources;
  std::vector<OutputBlock> outputs;
  std::vector<ImportBlock> imports;
  // `state: {key: {file|env|passphrase}}`
  std::optional<std::string> key_file;
  std::optional<std::string> key_env;
  std::optional<std::string> key_passphrase_env;
  std::vector<FileRead> files;  // every file that was opened
};

// Reads `<directory>/plumb.yaml` and what it includes. All errors are in `diagnostics`; the result is usable only
// without errors. File names in positions are relative to the stack's directory.
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
