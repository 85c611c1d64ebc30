// What every command is given, and the few ways in which it talks back.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/base/diagnostics.h"
#include "engine/base/redact.h"
#include "engine/base/result.h"
#include "engine/cli/options.h"
#include "engine/cli/terminal.h"
#include "engine/model/value.h"
#include "engine/provider_api/registry.h"

namespace plumb::cli {

struct Context {
  Options options;
  std::map<std::string, std::string> environment;
  Terminal terminal;
  Registry registry;
  Redactor redactor;

  // Results, on stdout.
  void print(const std::string& text) const { write_out(text); }
  void print_json(const Value& value) const;
  // Everything else, on stderr, redacted.
  void note(const std::string& text) const;
  void say(const Diagnostics& diagnostics) const;
  void say(const Error& error) const;
  // Tells the error; 1, for `return context.failed(...)`.
  [[nodiscard]] int failed(const Error& error) const;
};

// One function a command; each returns the exit code. One file each.
int run_validate(Context& context);
int run_plan(Context& context);
int run_apply(Context& context);
int run_destroy(Context& context);
int run_drift(Context& context);
int run_accept(Context& context);
int run_show(Context& context);
int run_output(Context& context);
int run_import(Context& context);
int run_state_list(Context& context);
int run_state_show(Context& context);
int run_state_mv(Context& context);
int run_state_rm(Context& context);
int run_state_rekey(Context& context);
int run_schema(Context& context);
int run_version(Context& context);

// The explicit list of provider kinds.
Registry all_providers();
std::string_view engine_version() noexcept;

// Parses the arguments and runs the command; the process's exit code.
int run(const std::vector<std::string>& arguments, std::map<std::string, std::string> environment);

}  // namespace plumb::cli
