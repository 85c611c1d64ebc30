// Where a module's `source` leads.
#pragma once

#include <string>

#include "engine/config/include.h"

namespace plumb {

struct ModuleFolder {
  std::string folder;  // relative to the stack
  std::string file;    // its module.yaml or module.lua, relative to the stack
  std::string real;    // where the file really lies
  bool lua = false;
};

// The folder that `source` names in the file `from`. Errors have no place yet.
Result<ModuleFolder> find_module(const std::string& source, const std::string& from, const IncludeFinder& finder,
                                 FileSystem& fs);

}  // namespace plumb
