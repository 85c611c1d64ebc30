#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "engine/base/hash.h"
#include "engine/base/suggest.h"
#include "engine/base/text.h"
#include "engine/config/document_files.h"
#include "engine/config/module_folder.h"
#include "engine/config/module_source.h"
#include "engine/config/value_tree.h"
#include "engine/config/yaml_value.h"

namespace plumb {
namespace {

constexpr std::uint64_t largest_text = 16U << 20U;

// A module and what is known of it beside its document.
struct Entry {
  ModuleSource source;
  std::string folder;
  std::set<Entry*> calls;        // modules that it calls, as far as they are known
  Diagnostics found;             // while it was read
  std::set<std::string> opaque;  // names of its variables that are
  bool good = false;             // neither it nor what it calls has errors
};

// Whether a text in the value, a key included, would become an expression.
bool holds_expression(const Value& value) {
  if (value.is_string()) return value.as_string().find("${") != std::string::npos;
  if (value.is_list()) {
    return std::any_of(value.as_list().begin(), value.as_list().end(), holds_expression);
  }
  if (!value.is_map()) return false;
  return std::any_of(value.as_map().begin(), value.as_map().end(), [](const ValueMap::Entry& entry) {
    return entry.first.find("${") != std::string::npos || holds_expression(entry.second);
  });
}

// The names of a call's inputs, and its constants, against what the module declares.
void check_inputs(const ModuleBlock& call, const Document& module, Diagnostics& diagnostics) {
  std::map<std::string_view, const VariableBlock*> variables;
  std::vector<std::string> names;
  for (const VariableBlock& variable : module.variables) {
    variables.emplace(variable.name, &variable);
    names.push_back(variable.name);
  }
  std::set<std::string_view> given;
  for (const AttributeEntry& input : call.inputs) {
    given.insert(input.name);
    const auto found = variables.find(input.name);
    if (found == variables.end()) {
      diagnostics.error(
          "the module `" + call.name + "` takes no input `" + input.name + "`" + did_you_mean(input.name, names),
          names.empty() ? "remove it: the module declares no variables" : "use one of: " + join(names, ", "),
          input.pos);
      continue;
    }
    const VariableBlock& variable = *found->second;
    // Errors may quote the value; a secret is checked by plan, which does not.
    const bool secret = variable.sensitive || variable.type->str().find("sensitive(") != std::string::npos;
    if (secret || input.value.kind == Tree::Kind::null || !input.value.constant()) continue;
    Diagnostics wrong;
    static_cast<void>(constant_value(input.value, *variable.type, wrong));
    for (const Diagnostic& item : wrong.sorted()) {
      diagnostics.error("input `" + input.name + "` of the module `" + call.name + "`: " + item.message, item.next_step,
                        item.pos);
    }
  }
  for (const VariableBlock& variable : module.variables) {
    if (variable.default_value || given.contains(variable.name)) continue;
    diagnostics.error("the module `" + call.name + "` needs the input `" + variable.name + "`",
                      "give it under `inputs:`, or give the variable at " + variable.pos.str() + " a default",
                      call.pos);
  }
}

class FolderModules final : public ModuleLoader {
 public:
  FolderModules(const std::string& directory, FileSystem& fs) : fs_(fs), finder_(directory, fs) {}

  const ModuleSource* load(const std::string& source, const std::string& from, SourcePos pos,
                           Diagnostics& diagnostics) override {
    const auto owner = owners_.find(from);
    Entry* const entry = find(owner == owners_.end() ? nullptr : owner->second, source, from, pos, diagnostics);
    read_queued();
    return entry != nullptr && pass_on(*entry, diagnostics) ? &entry->source : nullptr;
  }

  const Document* build(const ModuleSource& module, const Value& inputs, const std::string& call,
                        Diagnostics& diagnostics) override {
    Diagnostics found;
    Document* const document = build_document(module, inputs, found);
    if (document != nullptr) load_modules(*this, *document, found);
    for (const Diagnostic& item : found.sorted()) {
      Diagnostic placed = item;
      placed.message = call + ": " + placed.message;
      diagnostics.add(std::move(placed));
    }
    return found.has_errors() ? nullptr : document;
  }

  Result<std::string> read_file(const std::string& path, const std::string& from) override {
    const std::string relative = PLUMB_TRY(finder_.resolve(path, from, "file"));
    const std::string real = PLUMB_TRY(finder_.real_path(relative));
    if (const auto known = texts_.find(real); known != texts_.end()) return known->second;
    std::string text = PLUMB_TRY(fs_.read(finder_.path_of(relative), largest_text));
    if (!valid_utf8(text)) {
      return fail("`" + printable(path) + "` is not valid UTF-8", "save it as UTF-8; other bytes cannot be text");
    }
    note(relative, text);
    return texts_.emplace(real, std::move(text)).first->second;
  }

  [[nodiscard]] std::vector<FileRead> files() const override {
    std::vector<FileRead> out;
    out.reserve(files_.size());
    for (const auto& [path, sha256] : files_) out.push_back({path, sha256});
    return out;
  }

 private:
  void note(const std::string& path, std::string_view text) { files_.emplace(path, hex(bytes(sha256(text)))); }

  // The module, queued for reading when it is new. Null after errors.
  Entry* find(Entry* caller, const std::string& source, const std::string& from, SourcePos pos,
              Diagnostics& diagnostics) {
    Result<Entry*> entry = entry_of(source, from);
    if (!entry.has_value()) {
      diagnostics.add(std::move(entry).error().at(pos));
      return nullptr;
    }
    if (caller == nullptr || caller->calls.contains(*entry)) return *entry;
    const std::vector<const Entry*> chain = way(*entry, caller);
    if (chain.empty()) {
      caller->calls.insert(*entry);
      caller->good = false;
      return *entry;
    }
    std::string shown = caller->folder;
    for (const Entry* one : chain) shown += " -> " + one->folder;
    diagnostics.error("the module calls itself: " + shown, "break the circle: give what both need to a third module",
                      pos);
    return nullptr;
  }

  Result<Entry*> entry_of(const std::string& source, const std::string& from) {
    const std::string named = std::filesystem::path(from).parent_path().generic_string() + '\n' + source;
    if (const auto known = by_name_.find(named); known != by_name_.end()) return known->second;
    const ModuleFolder folder = PLUMB_TRY(find_module(source, from, finder_, fs_));
    auto& entry = by_real_[folder.real];
    if (entry == nullptr) {
      entry = std::make_unique<Entry>();
      entry->source.path = folder.file;
      entry->folder = folder.folder;
      owners_.emplace(folder.file, entry.get());
      queue_.push_back({entry.get(), folder.lua});
    }
    by_name_.emplace(named, entry.get());
    return entry.get();
  }

  // The way of calls from one module to another, both ends included; empty when there is none.
  static std::vector<const Entry*> way(const Entry* from, const Entry* to) {
    std::map<const Entry*, const Entry*> before{{from, nullptr}};
    std::vector<const Entry*> open{from};
    while (!open.empty() && !before.contains(to)) {
      const Entry* const at = open.back();
      open.pop_back();
      for (const Entry* next : at->calls) {
        if (before.emplace(next, at).second) open.push_back(next);
      }
    }
    std::vector<const Entry*> out;
    if (!before.contains(to)) return out;
    for (const Entry* at = to; at != nullptr; at = before.at(at)) out.push_back(at);
    std::reverse(out.begin(), out.end());
    return out;
  }

  // Nothing recurses, however deep modules call each other.
  void read_queued() {
    std::vector<Entry*> read;
    while (!queue_.empty()) {
      const Queued next = queue_.back();
      queue_.pop_back();
      next.lua ? read_script(*next.entry) : read_document(*next.entry);
      for (ModuleBlock& call : next.entry->source.document.modules) {
        Entry* const callee =
            find(next.entry, call.source, call.source_pos.file.str(), call.source_pos, next.entry->found);
        if (callee != nullptr) call.loaded = &callee->source;
      }
      read.push_back(next.entry);
    }
    for (Entry* entry : read) {
      for (const ModuleBlock& call : entry->source.document.modules) {
        if (call.loaded != nullptr && !found_in(*call.loaded).has_errors()) {
          check_inputs(call, call.loaded->document, entry->found);
        }
      }
    }
  }

  const Diagnostics& found_in(const ModuleSource& source) const { return owners_.at(source.path)->found; }

  void read_document(Entry& entry) {
    BlockReader blocks(entry.source.document, DocumentKind::module, entry.found);
    std::vector<FileRead> files;
    DocumentFiles(finder_, fs_, blocks, files, entry.found).read(entry.source.path, {});
    for (FileRead& file : files) {
      owners_.emplace(file.path, &entry);
      files_.emplace(std::move(file.path), std::move(file.sha256));
    }
  }

  void read_script(Entry& entry) {
    const std::string& path = entry.source.path;
    const SourcePos pos{FileName(path)};
    Result<std::string> text = fs_.read(finder_.path_of(path), largest_text);
    if (!text.has_value()) {
      entry.found.add(std::move(text).error().at(pos));
      return;
    }
    note(path, *text);
    Result<std::unique_ptr<LuaModule>> script = LuaModule::load(
        *text, path, [this, path](std::string_view name) { return read_file(std::string(name), path); }, script_limits,
        yaml_value);
    if (!script.has_value()) {
      entry.found.add(std::move(script).error().at(pos));
      return;
    }
    entry.source.script = *std::move(script);
    Tree variables = variables_of(*entry.source.script, entry.found);
    BlockReader(entry.source.document, DocumentKind::script, entry.found).script_variables(variables);
    for (const VariableBlock& variable : entry.source.document.variables) {
      if (variable.opaque) entry.opaque.insert(variable.name);
    }
  }

  // What the script declares, each where it is declared.
  static Tree variables_of(const LuaModule& script, Diagnostics& found) {
    Tree out;
    out.kind = Tree::Kind::map;
    out.pos = script.build_pos();
    for (const auto& [name, value] : script.variables().as_map()) {
      const SourcePos pos = script.variable_pos(name);
      out.entries.push_back({name, pos, tree_of_value(value, pos, found)});
    }
    return out;
  }

  // Hands over what was found in a module and in all that it calls. True if there are no errors.
  static bool pass_on(Entry& entry, Diagnostics& diagnostics) {
    if (entry.good) return true;
    std::set<Entry*> seen{&entry};
    std::vector<Entry*> open{&entry};
    bool good = true;
    while (!open.empty()) {
      Entry* const at = open.back();
      open.pop_back();
      diagnostics.merge(at->found);
      if (at->found.has_errors()) {
        good = false;
      } else {
        at->found = {};  // warnings are said once
      }
      for (Entry* next : at->calls) {
        if (!next->good && seen.insert(next).second) open.push_back(next);
      }
    }
    if (good) {
      for (Entry* one : seen) one->good = true;
    }
    return good;
  }

  Document* build_document(const ModuleSource& module, const Value& inputs, Diagnostics& found) {
    const Entry& entry = *owners_.at(module.path);
    for (const VariableBlock& variable : module.document.variables) {
      const Value* const input = inputs.find(variable.name);
      if (variable.opaque || input == nullptr || !holds_expression(*input)) continue;
      found.error("input `" + variable.name + "` holds `${`, which the module's text would take for an expression",
                  "declare it `opaque = true`", variable.pos);
    }
    if (found.has_errors()) return nullptr;
    const SourcePos pos = module.script->build_pos();
    Result<Value> built = module.script->build(inputs, entry.opaque);
    if (!built.has_value()) {
      found.add(std::move(built).error().at(pos));
      return nullptr;
    }
    Tree tree = tree_of_value(*built, pos, found);
    auto document = std::make_unique<Document>();
    BlockReader(*document, DocumentKind::script, found).document(tree, module.path);
    return built_.emplace_back(std::move(document)).get();
  }

  struct Queued {
    Entry* entry;
    bool lua;
  };

  FileSystem& fs_;
  IncludeFinder finder_;
  std::map<std::string, std::unique_ptr<Entry>> by_real_;
  std::map<std::string, Entry*> by_name_;  // folder of the caller and source as written
  std::map<std::string, Entry*> owners_;   // file, relative to the stack -> the module it belongs to
  std::vector<Queued> queue_;
  std::vector<std::unique_ptr<Document>> built_;
  std::map<std::string, std::string> texts_;  // by real path: what read_file() read
  std::map<std::string, std::string> files_;  // path -> sha256
};

}  // namespace

std::shared_ptr<ModuleLoader> make_module_loader(const std::string& directory, FileSystem& fs) {
  return std::make_shared<FolderModules>(directory, fs);
}

void load_modules(ModuleLoader& loader, Document& document, Diagnostics& diagnostics) {
  for (ModuleBlock& call : document.modules) {
    call.loaded = loader.load(call.source, call.source_pos.file.str(), call.source_pos, diagnostics);
    if (call.loaded != nullptr) check_inputs(call, call.loaded->document, diagnostics);
  }
}

}  // namespace plumb
