// Which files a stack is made of.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "engine/base/diagnostics.h"
#include "engine/base/file_system.h"

namespace plumb {

// Finds files by `include:` globs and keeps them inside of the project's root: the nearest directory at or above the
// stack's that holds a plumb.project.yaml, else the stack's.
class IncludeFinder {
 public:
  IncludeFinder(std::string directory, FileSystem& fs);

  // The files that `glob` means in the file `from` (relative to the stack), relative to the stack, sorted. Errors and
  // the warning that nothing matches stand at `pos`.
  std::vector<std::string> find(const std::string& glob, const std::string& from, SourcePos pos,
                                Diagnostics& diagnostics) const;
  // What `path` means in the file `from`, relative to the stack and in normal form. An absolute path is an error, and
  // so is one that leads out of the root by its `..`; `what` names it in messages. Links are real_path()'s business.
  [[nodiscard]] Result<std::string> resolve(const std::string& path, const std::string& from,
                                            std::string_view what) const;
  // From the working directory.
  [[nodiscard]] std::string path_of(const std::string& relative) const;
  // Where the file really lies, inside of the root; an error when a link leads out.
  [[nodiscard]] Result<std::string> real_path(const std::string& relative) const;
  // Where the stack's directory really lies.
  [[nodiscard]] const std::string& real_directory() const noexcept { return real_directory_; }
  [[nodiscard]] const std::string& stack_name() const noexcept { return stack_name_; }

 private:
  void walk(const std::string& folder, const std::string& glob, std::size_t depth, std::vector<std::string>& found,
            std::set<std::string>& visited) const;

  std::string directory_;
  FileSystem& fs_;
  std::string real_directory_;
  std::string root_;
  std::string stack_name_;  // the directory's own name
};

}  // namespace plumb
