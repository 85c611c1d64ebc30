#include <algorithm>
#include <set>
#include <unordered_map>

#include "engine/base/suggest.h"
#include "engine/config/source_text.h"
#include "engine/config/stack.h"
#include "engine/config/yaml.h"

namespace plumb {
namespace {

constexpr std::string_view prefix = "PLUMB_VAR_";

class Resolver {
 public:
  Resolver(const StackConfig& stack, FileSystem& fs, Diagnostics& diagnostics)
      : stack_(stack), fs_(fs), diagnostics_(diagnostics) {
    for (const VariableBlock& block : stack.variables) {
      blocks_.emplace(block.name, &block);
      names_.push_back(block.name);
    }
    std::sort(names_.begin(), names_.end());
  }

  void defaults(bool allow_literal_secrets) {
    for (const VariableBlock& block : stack_.variables) {
      if (!block.default_value) continue;
      const Tree& tree = *block.default_value;
      if (secret(block) && tree.kind != Tree::Kind::null && !allow_literal_secrets) {
        diagnostics_.error(
            "the sensitive variable `" + block.name + "` has a default, so the secret stands in the file",
            "remove it and give the value with " + std::string(prefix) + block.name +
                ", or use --allow-literal-secrets for a try-out",
            tree.pos);
        tried_.insert(block.name);
        continue;
      }
      set(block, tree);
    }
  }

  void file(const std::string& path) {
    const Result<std::string> text = fs_.read(path, kLargestDocument);
    if (!text.has_value()) {
      diagnostics_.add(text.error());
      return;
    }
    YamlOptions options;
    options.templates = false;
    const std::size_t errors = diagnostics_.error_count();
    const Tree tree = read_yaml(*text, FileName(path), diagnostics_, options);
    if (diagnostics_.error_count() > errors || tree.kind == Tree::Kind::null) return;
    if (tree.kind != Tree::Kind::map) {
      diagnostics_.error("a file of variables must be a map", "write it as `name: value` lines", tree.pos);
      return;
    }
    for (const Tree::Entry& entry : tree.entries) {
      if (const VariableBlock* block = declared(entry.key, entry.pos)) set(*block, entry.value);
    }
  }

  void environment(const std::map<std::string, std::string>& environment) {
    for (const VariableBlock& block : stack_.variables) {
      const std::string name = std::string(prefix) + block.name;
      if (const auto found = environment.find(name); found != environment.end()) text(block, name, found->second);
    }
  }

  void flag(const std::string& name, const std::string& value) {
    const std::string place = "--var " + name;
    if (const VariableBlock* block = declared(name, {FileName(place)})) text(*block, place, value);
  }

  std::map<std::string, Value> finish() {
    for (const VariableBlock& block : stack_.variables) {
      if (tried_.contains(block.name)) continue;
      diagnostics_.error("the variable `" + block.name + "` has no value",
                         "give it with --var " + block.name + "=..., " + std::string(prefix) + block.name +
                             " or a --var-file, or give it a default",
                         block.pos);
    }
    return std::move(values_);
  }

 private:
  static bool secret(const VariableBlock& block) { return block.sensitive || block.type->sensitive; }

  const VariableBlock* declared(const std::string& name, SourcePos pos) {
    if (const auto found = blocks_.find(name); found != blocks_.end()) return found->second;
    diagnostics_.error("no variable `" + name + "` is declared" + did_you_mean(name, names_),
                       "declare it under `variables:`, or remove it here", pos);
    return nullptr;
  }

  // Text for string types, else one YAML value.
  void text(const VariableBlock& block, const std::string& place, const std::string& value) {
    Tree tree;
    tree.pos = {FileName(place)};
    if (block.type->kind == Type::Kind::string || block.type->kind == Type::Kind::enumeration) {
      tree.kind = Tree::Kind::scalar;
      tree.text = value;
    } else if (value.find_first_not_of(" \t\r\n") != std::string::npos) {
      YamlOptions options;
      options.templates = false;
      Diagnostics found;
      tree = read_yaml(value, FileName(place), found, options);
      if (report(block, found, tree.pos)) return;
    }
    set(block, tree);
  }

  // The last one wins; each must fit.
  void set(const VariableBlock& block, const Tree& tree) {
    // null is "not given": it fits every type, and `var.x or y` tells.
    if (tree.kind == Tree::Kind::null) {
      tried_.insert(block.name);
      values_.insert_or_assign(block.name, Value());
      return;
    }
    Diagnostics found;
    Value value = constant_value(tree, *block.type, found);
    if (report(block, found, tree.pos)) return;
    tried_.insert(block.name);
    values_.insert_or_assign(block.name, block.sensitive ? std::move(value).with_sensitive() : std::move(value));
  }

  // Passes errors on; those of a secret without their words, which may quote it. True if there are any.
  bool report(const VariableBlock& block, Diagnostics& found, SourcePos pos) {
    if (!found.has_errors()) return false;
    tried_.insert(block.name);
    if (secret(block)) {
      diagnostics_.error("the value of the sensitive variable `" + block.name + "` is no " + block.type->str(),
                         "give one that fits the type at " + block.pos.str(), pos);
    } else {
      diagnostics_.merge(std::move(found));
    }
    return true;
  }

  const StackConfig& stack_;
  FileSystem& fs_;
  Diagnostics& diagnostics_;
  std::unordered_map<std::string, const VariableBlock*> blocks_;
  std::vector<std::string> names_;
  std::map<std::string, Value> values_;
  std::set<std::string> tried_;  // had some value, good or bad
};

}  // namespace

std::map<std::string, Value> resolve_variables(const StackConfig& stack, const VariableInputs& inputs, FileSystem& fs,
                                               bool allow_literal_secrets, Diagnostics& diagnostics) {
  Resolver resolver(stack, fs, diagnostics);
  resolver.defaults(allow_literal_secrets);
  for (const std::string& path : inputs.files) resolver.file(path);
  resolver.environment(inputs.environment);
  for (const auto& [name, value] : inputs.flags) resolver.flag(name, value);
  return resolver.finish();
}

}  // namespace plumb
