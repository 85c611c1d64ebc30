// Stacks in memory, loaded.
#pragma once

#include <memory>
#include <string>

#include "engine/config/module_source.h"
#include "engine/config/stack.h"
#include "tests/support/memory_file_system.h"
#include "tests/unit/config/support.h"

namespace plumb::test {

struct Loaded {
  std::shared_ptr<MemoryFileSystem> fs;  // of load(text); the stack's loader reads on
  StackConfig stack;
  Diagnostics diagnostics;
};

inline Loaded load(MemoryFileSystem& fs, const std::string& directory = "/p/s") {
  Loaded out;
  out.stack = load_stack(directory, fs, out.diagnostics);
  return out;
}

inline Loaded load(std::string_view text) {
  auto fs = std::make_shared<MemoryFileSystem>();
  fs->put("/p/s/plumb.yaml", text);
  Loaded out = load(*fs);
  out.fs = std::move(fs);
  return out;
}

inline std::string load_errors(std::string_view text) { return lines(load(text).diagnostics); }

}  // namespace plumb::test
