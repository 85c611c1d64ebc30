// The blocks of a stack's documents, read one section at a time.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/config/stack.h"

namespace plumb {

// Adds the sections of documents to a stack. A name given twice, in one file or in two, is an error naming both.
class BlockReader {
 public:
  BlockReader(StackConfig& stack, Diagnostics& diagnostics) : stack_(stack), diagnostics_(diagnostics) {}

  // One document; `path` is its file, relative to the stack. Takes the trees out of it. `include:` is the caller's.
  void document(Tree& tree, const std::string& path);

 private:
  using Section = void (BlockReader::*)(Tree::Entry&);
  static Section section_of(std::string_view key) noexcept;

  void stack_name(Tree::Entry& entry);
  void variables(Tree::Entry& section);
  void locals(Tree::Entry& section);
  void providers(Tree::Entry& section);
  void resources(Tree::Entry& section);
  void outputs(Tree::Entry& section);
  void imports(Tree::Entry& section);
  void state(Tree::Entry& section);

  void variable(Tree::Entry& entry);
  void validation(Tree& tree, VariableBlock& block);
  void resource(Tree::Entry& entry);
  // True if the key was one.
  bool meta_key(Tree::Entry& entry, ResourceBlock& block);
  void lifecycle(Tree::Entry& entry, LifecycleBlock& block);
  void check_lifecycle(const LifecycleBlock& block);
  void depends_on(Tree::Entry& entry, ResourceBlock& block);
  void output(Tree::Entry& entry);
  void import(Tree& tree);
  void state_key(Tree& tree);

  void error(std::string message, std::string next_step, SourcePos pos);
  // `entry` is `kind.name` for the second time.
  bool first_of(const std::string& kind, const std::string& name, SourcePos pos);
  bool good_name(const std::string& name, std::string_view what, SourcePos pos);
  // The entry's value as a map; null is an empty one.
  bool want_map(Tree::Entry& entry, std::string_view what);
  std::optional<std::string> constant_text(const Tree::Entry& entry);
  std::optional<bool> constant_bool(const Tree::Entry& entry);
  std::optional<Address> address(const Tree& tree, const std::string& text, SourcePos pos);
  void unknown_key(const Tree::Entry& entry, std::string_view where, const std::vector<std::string>& known);
  void not_supported(const Tree::Entry& entry);

  StackConfig& stack_;
  Diagnostics& diagnostics_;
  std::string path_;
  std::map<std::string, SourcePos> seen_;
};

}  // namespace plumb
