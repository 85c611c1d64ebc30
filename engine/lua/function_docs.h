// What the standard functions say of themselves: for the reference page, the tests and editor hints.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace plumb {

// In the order of the reference page.
enum class FunctionFamily : std::uint8_t {
  text,
  numbers,
  collections,
  logic,
  conversion,
  encoding,
  hashes,
  networks,
  files,
};

struct FunctionDoc {
  const char* name;
  const char* signature;
  const char* doc;  // one line
  FunctionFamily family;
  const char* example;  // an expression that needs nothing but files next to it
  const char* result;   // of the example, as Value::debug() prints it
};

// Sorted by name.
std::vector<FunctionDoc> function_docs();

// engine/FUNCTIONS.md: every function by family, and where to look for what Terraform has under another name.
std::string functions_page();

// Where a function of Terraform's is found here.
struct KnownElsewhere {
  const char* name;  // Terraform's
  const char* here;  // an expression of ours; nothing when there is none
  const char* note;  // why there is none, or what differs; may be empty
};
// Sorted by name; those that are called the same are left out.
std::vector<KnownElsewhere> functions_elsewhere();

}  // namespace plumb
