#include "engine/config/stack.h"

#include "engine/config/document_files.h"
#include "engine/config/module_source.h"

namespace plumb {
namespace {

constexpr const char* entry_file = "plumb.yaml";

// Whether there is a stack at all.
bool has_entry(const StackConfig& stack, const IncludeFinder& finder, FileSystem& fs, Diagnostics& diagnostics) {
  const Result<std::optional<FileInfo>> info = fs.info(finder.path_of(entry_file));
  if (info.has_value() && info->has_value()) return true;
  if (!info.has_value()) {
    diagnostics.add(info.error());
  } else {
    diagnostics.error("there is no " + std::string(entry_file) + " in " + stack.directory,
                      "go to a stack's directory or give one with -C", {FileName(entry_file)});
  }
  return false;
}

}  // namespace

StackConfig load_stack(const std::string& directory, FileSystem& fs, Diagnostics& diagnostics) {
  StackConfig stack;
  stack.directory = directory;
  const IncludeFinder finder(directory, fs);
  stack.modules_loader = make_module_loader(directory, fs);
  if (!has_entry(stack, finder, fs, diagnostics)) return stack;
  BlockReader blocks(stack, diagnostics);
  DocumentFiles(finder, fs, blocks, stack.files, diagnostics).read(entry_file, {});
  if (stack.name.empty()) stack.name = finder.stack_name();
  load_modules(*stack.modules_loader, stack, diagnostics);
  return stack;
}

}  // namespace plumb
