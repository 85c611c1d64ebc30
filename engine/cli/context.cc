#include "engine/cli/context.h"

#include <algorithm>

#include "engine/base/file_system.h"
#include "engine/base/log.h"
#include "engine/base/text.h"
#include "engine/model/json_text.h"
#include "engine/report/diagnostics.h"

namespace plumb::cli {

namespace {

constexpr std::uint64_t kLargestShown = 16U << 20U;

// Positions name files from the stack's directory. Files of variables are never quoted: they may hold secrets.
SourceReader sources_of(const Options& options) {
  return [&options](const std::string& file) -> std::optional<std::string> {
    const bool variables =
        std::find(options.var_files.begin(), options.var_files.end(), file) != options.var_files.end();
    if (variables || file.starts_with('/') || file.starts_with(".plumb/")) return std::nullopt;
    const std::string path = options.directory + "/" + file;
    const auto info = real_file_system().info(path);
    if (!info.has_value() || !info->has_value() || (*info)->kind != FileInfo::Kind::file) return std::nullopt;
    auto text = real_file_system().read(path, kLargestShown);
    return text.has_value() ? std::optional(*std::move(text)) : std::nullopt;
  };
}

int dispatch(Context& context) {
  switch (context.options.command) {
    case Command::validate:
      return run_validate(context);
    case Command::plan:
      return run_plan(context);
    case Command::apply:
      return run_apply(context);
    case Command::destroy:
      return run_destroy(context);
    case Command::drift:
      return run_drift(context);
    case Command::accept:
      return run_accept(context);
    case Command::show:
      return run_show(context);
    case Command::output:
      return run_output(context);
    case Command::import:
      return run_import(context);
    case Command::state_list:
      return run_state_list(context);
    case Command::state_show:
      return run_state_show(context);
    case Command::state_mv:
      return run_state_mv(context);
    case Command::state_rm:
      return run_state_rm(context);
    case Command::state_rekey:
      return run_state_rekey(context);
    case Command::schema:
      return run_schema(context);
    case Command::version:
      return run_version(context);
  }
  return 1;
}

}  // namespace

void Context::print_json(const Value& value) const { print(json_text(value) + "\n"); }

void Context::note(const std::string& text) const { write_err("note: " + printable(redactor.redact(text)) + "\n"); }

void Context::say(const Diagnostics& diagnostics) const {
  write_err(redactor.redact(diagnostics_text(diagnostics, sources_of(options), terminal.err)));
}

void Context::say(const Error& error) const {
  write_err(redactor.redact(error_text(error, sources_of(options), terminal.err)));
}

int Context::failed(const Error& error) const {
  say(error);
  return 1;
}

int run(const std::vector<std::string>& arguments, std::map<std::string, std::string> environment) {
  Parsed parsed = parse_options(arguments);
  if (!parsed.options) {
    parsed.exit == 0 ? write_out(parsed.text) : write_err(parsed.text);
    return parsed.exit;
  }
  Context context;
  context.options = *std::move(parsed.options);
  context.environment = std::move(environment);
  context.terminal = look_at_terminal(context.environment, context.options.no_color);
  context.registry = all_providers();
  log_redact_with(&context.redactor);
  const int exit = dispatch(context);
  log_redact_with(nullptr);
  return exit;
}

}  // namespace plumb::cli
