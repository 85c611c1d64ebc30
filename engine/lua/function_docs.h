// What the standard functions say of themselves: for the reference page and editor hints.
#pragma once

#include <vector>

namespace plumb {

struct FunctionDoc {
  const char* name;
  const char* signature;
  const char* doc;  // one line
};

// Sorted by name.
std::vector<FunctionDoc> function_docs();

}  // namespace plumb
