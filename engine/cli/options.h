// The command line as plain structs. Touches no other part of the engine.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace plumb::cli {

enum class Command : std::uint8_t {
  validate,
  plan,
  apply,
  destroy,
  drift,
  accept,
  show,
  output,
  import,
  state_list,
  state_show,
  state_mv,
  state_rm,
  state_rekey,
  schema,
  version,
};

enum class RefreshFlag : std::uint8_t { full, changed, none };

struct Options {
  Command command = Command::version;
  std::string directory = ".";
  bool json = false;
  bool no_color = false;
  bool timings = false;

  std::vector<std::pair<std::string, std::string>> variables;  // --var, in order
  std::vector<std::string> var_files;
  bool allow_literal_secrets = false;

  std::vector<std::string> targets;  // addresses as given, of modules too
  std::vector<std::string> replace;
  RefreshFlag refresh = RefreshFlag::full;
  std::size_t parallelism = 0;  // 0: as the providers say

  std::string out;       // plan: the file to save it to
  bool destroy = false;  // plan: of a destroy
  bool auto_approve = false;
  bool show_sensitive = false;  // output NAME
  std::string write;            // import: the file that gets the block; empty for none
  std::string provider;         // import --write: the provider instance; empty for the one called like its kind
  std::chrono::milliseconds lock_timeout{0};

  std::vector<std::string> arguments;  // addresses, names, ids
};

// Either options, or a text to show and the exit that goes with it: help (0, for stdout) or a mistake (1, for stderr).
struct Parsed {
  std::optional<Options> options;
  std::string text;
  int exit = 0;
};

Parsed parse_options(const std::vector<std::string>& arguments);  // without the program's name

// `30s`, `500ms`, `2m`, `1h`, or plain seconds; nullopt for anything else.
std::optional<std::chrono::milliseconds> parse_duration(const std::string& text);

}  // namespace plumb::cli
