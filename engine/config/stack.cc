#include "engine/config/stack.h"

#include <set>

#include "engine/base/hash.h"
#include "engine/base/text.h"
#include "engine/config/blocks.h"
#include "engine/config/include.h"
#include "engine/config/source_text.h"
#include "engine/config/yaml.h"

namespace plumb {
namespace {

constexpr const char* entry_file = "plumb.yaml";

class Loader {
 public:
  Loader(StackConfig& stack, FileSystem& fs, Diagnostics& diagnostics)
      : stack_(stack), fs_(fs), diagnostics_(diagnostics), finder_(stack.directory, fs), blocks_(stack, diagnostics) {}

  void load() {
    if (!exists(entry_file)) return;
    open(entry_file, {});
    // The list grows while files name others.
    for (std::size_t i = 0; i < files_.size(); ++i) read(files_[i].path, files_[i].named_at);
    if (stack_.name.empty()) stack_.name = finder_.stack_name();
  }

 private:
  struct File {
    std::string path;
    SourcePos named_at;  // of the glob; none for the first
  };

  bool exists(const char* file) {
    const Result<std::optional<FileInfo>> info = fs_.info(finder_.path_of(file));
    if (info.has_value() && info->has_value()) return true;
    if (!info.has_value()) {
      diagnostics_.add(info.error());
    } else {
      diagnostics_.error("there is no " + std::string(file) + " in " + stack_.directory,
                         "go to a stack's directory or give one with -C", {FileName(file)});
    }
    return false;
  }

  // Notes a file, once however it is named.
  void open(const std::string& path, SourcePos named_at) {
    Result<std::string> real = finder_.real_path(path);
    if (!real.has_value()) {
      diagnostics_.add(std::move(real).error().at(named_at.known() ? named_at : SourcePos{FileName(path)}));
      return;
    }
    if (opened_.insert(*std::move(real)).second) files_.push_back({path, named_at});
  }

  // By value: reading adds to the list.
  void read(const std::string path, SourcePos named_at) {
    Result<std::string> text = fs_.read(finder_.path_of(path), kLargestDocument);
    if (!text.has_value()) {
      diagnostics_.add(std::move(text).error().at(named_at.known() ? named_at : SourcePos{FileName(path)}));
      return;
    }
    stack_.files.push_back({path, hex(bytes(sha256(*text)))});
    Tree tree = read_yaml(*text, FileName(path), diagnostics_);
    for (const Tree::Entry& entry : tree.entries) {
      if (entry.key == "include") include(entry.value, path);
    }
    blocks_.document(tree, path);
  }

  void include(const Tree& tree, const std::string& from) {
    const Tree* items = &tree;
    const std::size_t count = tree.kind == Tree::Kind::list ? tree.items.size() : 1;
    if (tree.kind == Tree::Kind::list) items = tree.items.data();
    for (std::size_t i = 0; i < count; ++i) {
      const Tree& item = items[i];
      if (item.kind != Tree::Kind::scalar || item.text.empty()) {
        diagnostics_.error("`include` must be paths or globs, without expressions", "write it as `[roles/*.yaml]`",
                           item.pos);
        continue;
      }
      for (const std::string& path : finder_.find(item.text, from, item.pos, diagnostics_)) open(path, item.pos);
    }
  }

  StackConfig& stack_;
  FileSystem& fs_;
  Diagnostics& diagnostics_;
  IncludeFinder finder_;
  BlockReader blocks_;
  std::vector<File> files_;
  std::set<std::string> opened_;  // where they really lie
};

}  // namespace

StackConfig load_stack(const std::string& directory, FileSystem& fs, Diagnostics& diagnostics) {
  StackConfig stack;
  stack.directory = directory;
  Loader(stack, fs, diagnostics).load();
  return stack;
}

}  // namespace plumb
