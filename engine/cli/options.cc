#include "engine/cli/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>

#include "engine/base/suggest.h"

namespace plumb::cli {

namespace {

// What a command takes beside --help, -C, --json and --no-color.
enum Takes : unsigned {
  nothing = 0,
  variables = 1U << 0U,  // --var, --var-file, --allow-literal-secrets
  planning = 1U << 1U,   // --parallelism, --timings
  choosing = 1U << 2U,   // --target, --refresh
  replacing = 1U << 3U,  // --replace
  approving = 1U << 4U,  // --auto-approve
  locking = 1U << 5U,    // --lock-timeout
  revealing = 1U << 6U,  // --show-sensitive
  writing = 1U << 7U,    // --write, --provider
  saving = 1U << 8U,     // --out, --destroy
};

struct Entry {
  std::string_view group;  // `state`, or nothing
  std::string_view name;
  Command command;
  std::string_view doc;
  unsigned takes;
  std::string_view arguments;  // shown in help; empty for none
  std::string_view arguments_doc;
  int least;
  int most;  // -1: as many as there are
};

constexpr unsigned kPlans = variables | planning | choosing;
constexpr std::array kCommands{
    Entry{"", "validate", Command::validate, "check configuration without a server or state", variables, "", "", 0, 0},
    Entry{"", "plan", Command::plan, "show the difference between what should be and what is",
          kPlans | replacing | saving, "", "", 0, 0},
    Entry{"", "apply", Command::apply, "plan, ask, and make it so; or carry out a saved plan",
          kPlans | replacing | approving | locking, "FILE", "a plan that `plan --out FILE` saved", 0, 1},
    Entry{"", "destroy", Command::destroy, "delete everything that this stack made",
          variables | planning | choosing | approving | locking, "", "", 0, 0},
    Entry{"", "drift", Command::drift, "tell what was changed outside since the last apply", kPlans, "", "", 0, 0},
    Entry{"", "accept", Command::accept, "take what was changed outside as the new prior",
          variables | planning | locking, "ADDRESS", "instances, resources or modules whose drift is accepted", 1, -1},
    Entry{"", "import", Command::import, "take an existing object into state", variables | planning | locking | writing,
          "ADDRESS ID",
          "a block's address, and the object's identity: app, or database=shop,name=area; a list is objects=a|b", 2, 2},
    Entry{"", "show", Command::show, "show what is in state, or a saved plan", nothing, "FILE",
          "a plan that `plan --out FILE` saved", 0, 1},
    Entry{"", "output", Command::output, "show outputs, or one as it is", revealing, "NAME", "an output", 0, 1},
    Entry{"state", "list", Command::state_list, "list the addresses in state", nothing, "", "", 0, 0},
    Entry{"state", "show", Command::state_show, "show one instance in state", nothing, "ADDRESS", "an instance", 1, 1},
    Entry{"state", "mv", Command::state_mv, "give what is in state another address", locking, "FROM TO",
          "resources, instances or modules; all below moves along", 2, 2},
    Entry{"state", "rm", Command::state_rm, "forget what is in state; objects stay", locking, "ADDRESS",
          "resources, instances or modules, with all below", 1, -1},
    Entry{"state", "rekey", Command::state_rekey, "seal what is secret in state under a new root key", locking, "", "",
          0, 0},
    Entry{"", "schema", Command::schema, "describe providers, their types and the standard functions", nothing, "NAME",
          "a provider, a type (postgres, postgres.role), or `functions`", 0, 1},
    Entry{"", "version", Command::version, "show the version", nothing, "", "", 0, 0},
};

std::string full_name(const Entry& entry) {
  return (entry.group.empty() ? "" : std::string(entry.group) + " ") + std::string(entry.name);
}

// One line a command; of one group, or (nothing) of all.
std::string command_lines(std::string_view group) {
  std::string out;
  for (const Entry& entry : kCommands) {
    if (!group.empty() && entry.group != group) continue;
    std::string name = full_name(entry);
    name.resize(12, ' ');
    out += "  " + name + "  " + std::string(entry.doc) + "\n";
  }
  return out;
}

std::string usage() {
  return "Plumb keeps a self-hosted platform true to its description.\n\n"
         "usage: plumb COMMAND [OPTIONS]\n\n" +
         command_lines({}) +
         "\nEvery command takes -C DIR (the stack's directory), --json and --no-color.\n"
         "`plumb COMMAND --help` tells the rest.\n"
         "Exit: 0 nothing to do or done, 1 an error, 2 changes, drift or something in the way.\n";
}

Parsed mistake(const std::string& message, const std::string& next_step) {
  return {std::nullopt, "error: " + message + "\n  next step: " + next_step + "\n", 1};
}

struct Found {
  const Entry* entry = nullptr;
  std::vector<std::string> rest;  // without the command's words
  Parsed parsed;                  // when there is no entry
};

// The first words that are neither options nor the value of -C name the command; options may stand before them.
Found find_command(const std::vector<std::string>& arguments) {
  Found found;
  std::vector<std::string> words;
  bool help = arguments.empty();
  bool version = false;
  const Entry* entry = nullptr;
  std::string tried;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (entry != nullptr || (argument.size() > 1 && argument[0] == '-')) {
      help = help || argument == "--help" || argument == "-h";
      version = version || argument == "--version";
      found.rest.push_back(argument);
      if (entry == nullptr && argument == "-C" && i + 1 < arguments.size()) found.rest.push_back(arguments[++i]);
      continue;
    }
    tried += (tried.empty() ? "" : " ") + argument;
    for (const Entry& candidate : kCommands) {
      if (full_name(candidate) == tried) entry = &candidate;
    }
    const bool group = tried == "state";
    if (entry == nullptr && !group) break;
  }
  found.entry = entry;
  if (entry != nullptr) return found;
  if (tried.empty() && version) {
    found.entry = &kCommands.back();
    found.rest.clear();
    return found;
  }
  if (tried.empty() && help) {
    found.parsed = {std::nullopt, usage(), arguments.empty() ? 1 : 0};
    return found;
  }
  if (tried.empty()) {
    found.parsed = mistake("no command was given", "run `plumb --help`");
    return found;
  }
  std::vector<std::string> names;
  for (const Entry& candidate : kCommands) names.push_back(full_name(candidate));
  if (tried == "state" && help) {
    found.parsed = {std::nullopt,
                    "usage: plumb state COMMAND [OPTIONS]\n\n" + command_lines("state") +
                        "\n`plumb state COMMAND --help` tells the rest.\n",
                    0};
  } else if (tried == "state") {
    found.parsed = mistake("`plumb state` needs a second word", "use `plumb state list`, `show`, `mv` or `rm`");
  } else {
    found.parsed = mistake("there is no command \"" + tried + "\"" + did_you_mean(tried, names),
                           "run `plumb --help` for the list");
  }
  return found;
}

// What CLI11 fills; turned into Options afterwards.
struct Raw {
  std::vector<std::string> vars;
  std::string refresh = "full";
  std::string lock_timeout = "0s";
};

void add_list(CLI::App& app, const std::string& name, std::vector<std::string>& into, const std::string& value,
              const std::string& doc) {
  app.add_option(name, into, doc)->type_name(value)->allow_extra_args(false);
}

void declare(CLI::App& app, const Entry& entry, Options& options, Raw& raw) {
  app.add_option("-C", options.directory, "the stack's directory")->type_name("DIR");
  app.add_flag("--json", options.json, "machine-readable output on stdout");
  app.add_flag("--no-color", options.no_color, "no colours");
  if ((entry.takes & variables) != 0) {
    add_list(app, "--var", raw.vars, "NAME=TEXT", "a variable; may be repeated");
    add_list(app, "--var-file", options.var_files, "FILE", "a YAML file of variables; may be repeated");
    app.add_flag("--allow-literal-secrets", options.allow_literal_secrets, "let secrets stand in configuration");
  }
  if ((entry.takes & planning) != 0) {
    app.add_option("--parallelism", options.parallelism, "provider calls at the same time")->type_name("N");
    app.add_flag("--timings", options.timings, "tell on stderr how long each phase took");
  }
  if ((entry.takes & choosing) != 0) {
    add_list(app, "--target", options.targets, "ADDRESS",
             "only this resource, instance or module, with what it depends on; may be repeated");
    app.add_option("--refresh", raw.refresh, "what is read anew: full, changed or none")->type_name("WHAT");
  }
  if ((entry.takes & replacing) != 0) {
    add_list(app, "--replace", options.replace, "ADDRESS",
             "make this resource, instance or module anew; may be repeated");
  }
  if ((entry.takes & saving) != 0) {
    app.add_option("--out", options.out, "save the plan, for `plumb apply FILE`")->type_name("FILE");
    app.add_flag("--destroy", options.destroy, "plan what `plumb destroy` would do");
  }
  if ((entry.takes & revealing) != 0) {
    app.add_flag("--show-sensitive", options.show_sensitive, "print the named output also when it is a secret");
  }
  if ((entry.takes & writing) != 0) {
    app.add_option("--write", options.write, "write the block too, into this file of the stack")->type_name("FILE");
    app.add_option("--provider", options.provider, "with --write: the provider instance it lives behind")
        ->type_name("NAME");
  }
  if ((entry.takes & approving) != 0) app.add_flag("--auto-approve", options.auto_approve, "do not ask");
  if ((entry.takes & locking) != 0) {
    app.add_option("--lock-timeout", raw.lock_timeout, "how long to wait for the lock (30s, 2m)")->type_name("TIME");
  }
  if (!entry.arguments.empty()) {
    // How many there may be is checked by finish(), in better words.
    app.add_option("arguments", options.arguments, std::string(entry.arguments_doc))
        ->type_name(std::string(entry.arguments));
  }
}

// What CLI11 could not place.
Parsed stray(const CLI::App& app, const Entry& entry, const std::string& word) {
  const std::string command = "`plumb " + full_name(entry) + "`";
  const std::string help = "run `plumb " + full_name(entry) + " --help`";
  if (word.empty() || word[0] != '-') return mistake(command + " takes no argument \"" + word + "\"", help);
  const std::string flag = word.substr(0, word.find('='));  // what follows may be a secret
  std::vector<std::string> known;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  return mistake(command + " has no option " + flag + did_you_mean(flag, known), help);
}

// Empty when all is well.
Parsed finish(const Entry& entry, const Raw& raw, Options& options) {
  for (const std::string& text : raw.vars) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      // The text is not repeated: it may be a secret.
      return mistake("--var needs NAME=TEXT", "write it as --var name=text");
    }
    options.variables.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  if (raw.refresh == "full") {
    options.refresh = RefreshFlag::full;
  } else if (raw.refresh == "changed") {
    options.refresh = RefreshFlag::changed;
  } else if (raw.refresh == "none") {
    options.refresh = RefreshFlag::none;
  } else {
    return mistake("--refresh cannot be \"" + raw.refresh + "\"", "use full, changed or none");
  }
  const std::optional<std::chrono::milliseconds> wait = parse_duration(raw.lock_timeout);
  if (!wait) return mistake("--lock-timeout cannot be \"" + raw.lock_timeout + "\"", "write it as 30s, 500ms or 2m");
  options.lock_timeout = *wait;
  if (!options.provider.empty() && options.write.empty()) {
    return mistake("--provider goes with --write", "a block that is there already names its provider itself");
  }
  const auto given = static_cast<int>(options.arguments.size());
  if (given < entry.least || (entry.most >= 0 && given > entry.most)) {
    return mistake("`plumb " + full_name(entry) + "` takes " + std::string(entry.arguments),
                   "run `plumb " + full_name(entry) + " --help`");
  }
  return {};
}

}  // namespace

Parsed parse_options(const std::vector<std::string>& arguments) {
  Found found = find_command(arguments);
  if (found.entry == nullptr) return std::move(found.parsed);
  const Entry& entry = *found.entry;
  Options options;
  options.command = entry.command;
  Raw raw;
  // CLI11 throws; nothing of it leaves this function.
  try {
    CLI::App app(std::string(entry.doc), "plumb " + full_name(entry));
    declare(app, entry, options, raw);
    app.allow_extras();
    std::vector<std::string> reversed(found.rest.rbegin(), found.rest.rend());
    try {
      app.parse(reversed);
    } catch (const CLI::CallForHelp&) {
      return {std::nullopt, app.help(), 0};
    }
    const std::vector<std::string> extras = app.remaining();
    const auto option = std::find_if(extras.begin(), extras.end(), [](const std::string& e) { return e[0] == '-'; });
    if (!extras.empty()) return stray(app, entry, option == extras.end() ? extras.front() : *option);
  } catch (const CLI::ParseError& error) {
    return mistake(error.what(), "run `plumb " + full_name(entry) + " --help`");
  } catch (const std::exception& error) {
    return mistake(error.what(), "report this: it is a bug of Plumb");
  }
  Parsed wrong = finish(entry, raw, options);
  if (wrong.exit != 0) return wrong;
  return {std::move(options), {}, 0};
}

std::optional<std::chrono::milliseconds> parse_duration(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0 || number > 1'000'000'000) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (unit == "ms") return std::chrono::milliseconds(number);
  if (unit == "s" || unit.empty()) return std::chrono::seconds(number);
  if (unit == "m") return std::chrono::minutes(number);
  if (unit == "h") return std::chrono::hours(number);
  return std::nullopt;
}

}  // namespace plumb::cli
