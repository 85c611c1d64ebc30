// The blocks of a document, read one section at a time.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/config/stack.h"

namespace plumb {

// Some keys stand only in some documents.
enum class DocumentKind : std::uint8_t {
  stack,   // plumb.yaml and what it includes
  module,  // module.yaml and what it includes
  script,  // what the script of a module.lua makes; its positions are all one, so messages say where in the table
};

// Adds the sections of documents to a stack or a module. A name given twice, in one file or in two, is an error naming
// both. Modules are named, not loaded: module_source.h.
class BlockReader {
 public:
  BlockReader(StackConfig& stack, Diagnostics& diagnostics)
      : kind_(DocumentKind::stack), document_(stack), stack_(&stack), diagnostics_(diagnostics) {}
  // `kind` is not `stack`.
  BlockReader(Document& document, DocumentKind kind, Diagnostics& diagnostics)
      : kind_(kind), document_(document), diagnostics_(diagnostics) {}

  // One document; `path` is its file, relative to the stack. Takes the trees out of it. `include:` is the caller's.
  void document(Tree& tree, const std::string& path);
  // What a script says in `variables`.
  void script_variables(Tree& tree);

 private:
  using Section = void (BlockReader::*)(Tree::Entry&);
  struct SectionEntry;
  static const SectionEntry* section_of(std::string_view key) noexcept;
  [[nodiscard]] std::vector<std::string> top_level_keys() const;
  void misplaced(const Tree::Entry& entry);

  void stack_name(Tree::Entry& entry);
  void variables(Tree::Entry& section);
  void locals(Tree::Entry& section);
  void providers(Tree::Entry& section);
  void data(Tree::Entry& section);
  void resources(Tree::Entry& section);
  void modules(Tree::Entry& section);
  void outputs(Tree::Entry& section);
  void moves(Tree::Entry& section);
  void removals(Tree::Entry& section);
  void imports(Tree::Entry& section);
  void checks(Tree::Entry& section);
  void ignores(Tree::Entry& section);
  void state(Tree::Entry& section);

  void variable(Tree::Entry& entry);
  void validation(Tree::Entry& entry, VariableBlock& block);
  void opaque(const Tree::Entry& entry, VariableBlock& block);
  void check_opaque(const VariableBlock& block);
  // A list of `{condition, message}`; `noun` is one of them.
  void conditions(Tree::Entry& entry, std::string_view noun, std::vector<Validation>& out);
  void condition(Tree& item, std::string_view noun, std::vector<Validation>& out);
  // A resource or a data source; `scope` is what its name must be alone in.
  void resource(Tree::Entry& entry, bool data, const std::string& scope, std::vector<ResourceBlock>& out);
  // True if the key was one.
  bool meta_key(Tree::Entry& entry, ResourceBlock& block);
  void lifecycle(Tree::Entry& entry, LifecycleBlock& block, bool data);
  bool lifecycle_key(Tree::Entry& member, LifecycleBlock& block, bool data);
  void check_lifecycle(const LifecycleBlock& block);
  void timeouts(Tree::Entry& entry, TimeoutsBlock& block, bool data);
  void hold(Tree::Entry& entry, ResourceBlock& block);
  void depends_on(Tree::Entry& entry, std::optional<Tree>& out);
  void module(Tree::Entry& entry);
  void module_inputs(Tree::Entry& entry, ModuleBlock& block);
  void module_providers(Tree::Entry& entry, ModuleBlock& block);
  void output(Tree::Entry& entry);
  void move(Tree& tree);
  bool check_move(const MovedBlock& block);
  void removal(Tree& tree);
  void import(Tree& tree);
  void import_to(ImportBlock& block);
  void check(Tree::Entry& entry);
  void ignore(Tree& tree);
  void ignore_address(const Tree::Entry& member, IgnoreBlock& block);
  void state_key(Tree& tree);
  void transit_key(Tree& tree);
  std::optional<std::string> variable_name(const Tree::Entry& member);
  [[nodiscard]] std::string path_from_here(const std::string& path) const;

  // All errors pass here.
  void report(Error error);
  void error(std::string message, std::string next_step, SourcePos pos);
  // In a script's table, messages begin with this place from now on.
  void enter(std::string_view section, std::string_view key);
  // An error that a parser of text placed inside of the text, placed in the file.
  [[nodiscard]] Error placed(Error error, SourcePos text) const;
  // `entry` is `kind.name` for the second time in `scope`.
  bool first_of(const std::string& kind, const std::string& name, SourcePos pos, const std::string& scope = {});
  bool good_name(const std::string& name, std::string_view what, SourcePos pos);
  // The entry's value as a map; null is an empty one, and so is an empty list (Lua cannot tell them apart).
  bool want_map(Tree::Entry& entry, std::string_view what);
  // The entry's value as a list; null and an empty map are empty ones.
  bool want_list(Tree::Entry& entry, const std::string& next_step);
  // An item of a list that must be a map; `noun` with its article.
  bool want_item(const Tree& item, const std::string& noun, const std::string& next_step);
  std::optional<std::string> constant_text(const Tree::Entry& entry);
  std::optional<bool> constant_bool(const Tree::Entry& entry);
  // A constant is true or false; what holds an expression may be.
  void want_bool(const std::optional<Tree>& tree, const char* name);
  // `any`: modules too.
  std::optional<Address> address(const Tree& tree, bool any = false);
  void unknown_key(const Tree::Entry& entry, std::string_view where, const std::vector<std::string>& known);
  void not_supported(const Tree::Entry& entry);

  DocumentKind kind_;
  Document& document_;
  StackConfig* stack_ = nullptr;  // of a stack's documents
  Diagnostics& diagnostics_;
  std::string path_;
  std::string context_;
  std::map<std::string, SourcePos> seen_;
};

}  // namespace plumb
