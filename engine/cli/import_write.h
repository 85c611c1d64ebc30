// `plumb import --write FILE`: the block of an object that exists, put into a file of the stack.
#pragma once

#include <functional>
#include <string>

#include "engine/cli/stack_run.h"

namespace plumb::cli {

struct Written {
  std::string file;                        // as named by the flag; empty: nothing was written
  std::string text;                        // the block
  std::string next_step;                   // why it could not be imported too, and what to do; empty when it can be
  std::function<Result<void>()> put_back;  // the file becomes what it was, when the import fails after all
};

// The address can have a block of its own, and has none yet.
Result<void> check_no_block(const StackConfig& stack, const Address& address);
// Reads the object (context.options.arguments[1] is its identity) and writes its block. The file stays as it was after
// an error.
Result<Written> write_block(Context& context, StackRun& run, const Address& address, const TypeSchema& type);
void tell_written(const Context& context, const Written& written);
void tell_not_imported(Context& context, const Written& written);
// The JSON of the instance (null: not imported), with what was written.
Value with_written(const Value& instance, const Written& written);

}  // namespace plumb::cli
