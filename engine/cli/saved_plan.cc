#include "engine/cli/saved_plan.h"

#include <algorithm>

#include "engine/base/hash.h"
#include "engine/base/text.h"
#include "engine/config/module_source.h"
#include "engine/config/source_text.h"

namespace plumb::cli {

namespace {

const std::string kPlanAgain = "plan again with --out, and look at it before you apply it";

std::vector<FileRead> files_of(const StackConfig& stack) {
  std::vector<FileRead> out = stack.files;
  if (stack.modules_loader != nullptr) {
    for (FileRead& file : stack.modules_loader->files()) out.push_back(std::move(file));
  }
  std::sort(out.begin(), out.end(), [](const FileRead& a, const FileRead& b) { return a.path < b.path; });
  const auto same = [](const FileRead& a, const FileRead& b) { return a.path == b.path; };
  out.erase(std::unique(out.begin(), out.end(), same), out.end());
  return out;
}

std::optional<std::string> small_file(const std::string& path) {
  auto text = real_file_system().read(path, kLargestDocument);
  if (!text.has_value()) return std::nullopt;
  const std::size_t end = text->find_last_not_of(" \t\r\n");
  text->resize(end == std::string::npos ? 0 : end + 1);
  return *std::move(text);
}

bool is_directory(const std::string& path) {
  const auto info = real_file_system().info(path);
  return info.has_value() && info->has_value() && (*info)->kind == FileInfo::Kind::directory;
}

std::string commit_in(const std::string& git) {
  auto head = small_file(git + "/HEAD");
  if (!head || !head->starts_with("ref: ")) return head.value_or("");
  const std::string ref = head->substr(5);
  if (ref.find("..") != std::string::npos || ref.starts_with('/')) return {};
  std::string common = git;
  if (const auto shared = small_file(git + "/commondir")) {
    common = shared->starts_with('/') ? *shared : git + "/" + *shared;
  }
  for (const std::string& place : {git, common}) {
    if (auto commit = small_file(place + "/" + ref)) return *std::move(commit);
  }
  const std::string packed = "\n" + small_file(common + "/packed-refs").value_or("") + "\n";
  const std::size_t at = packed.find(" " + ref + "\n");
  if (at == std::string::npos) return {};
  const std::size_t line = packed.rfind('\n', at) + 1;
  return packed.substr(line, at - line);
}

// The commit that is checked out, told by files alone; empty when there is no repository, or nothing sensible in it.
std::string commit_of(const std::string& directory) {
  auto at = real_file_system().real_path(directory);
  for (std::string path = at.has_value() ? *at : std::string(); !path.empty(); path = path.substr(0, path.rfind('/'))) {
    std::string git = path + "/.git";
    if (!is_directory(git)) {
      const auto link = small_file(git);
      if (!link) continue;
      if (!link->starts_with("gitdir: ")) return {};
      git = link->substr(8);
      if (!git.starts_with('/')) git = path + "/" + git;
    }
    const std::string commit = commit_in(git);
    return from_hex(commit) && commit.size() >= 40 ? commit : std::string();
  }
  return {};
}

Result<void> check_place(const std::string& path) {
  const SourcePos pos{FileName(path), 0, 0};
  const auto info = PLUMB_TRY(real_file_system().info(path));
  if (!info) return {};
  if (info->kind == FileInfo::Kind::file && info->size == 0) return {};
  if (info->kind == FileInfo::Kind::file) {
    const auto text = PLUMB_TRY(real_file_system().read(path, kLargestPlanFile));
    if (is_plan_file(text)) return {};
  }
  return fail("there is something else here already, and it is no plan", "give --out another name", pos);
}

void note_type(const TypeSchema* type, PlanFile& file) {
  if (type != nullptr) file.types.insert_or_assign(type->name, type->version);
}

}  // namespace

Result<void> save_plan(const Context& context, const StackRun& run, const Plan& plan, const PlanEnvelope& envelope) {
  PlanFile file;
  file.engine = engine_version();
  file.id = envelope.id;
  file.nonce = envelope.nonce;
  file.time = envelope.time;
  file.commit = commit_of(run.stack.directory);
  file.stack = run.stack.name;
  file.lineage = run.state.lineage;
  file.serial = run.state.serial;
  file.key_id = run.state.key_id;
  const PlanOptions& options = run.options;
  file.mode = options.mode;
  file.refresh = options.refresh;
  file.targets = options.targets;
  file.replace = options.replace;
  file.allow_literal_secrets = options.allow_literal_secrets;
  for (const PlannedChange& change : plan.changes) note_type(change.type, file);
  for (const Step& step : plan.graph.steps) note_type(step.type, file);
  file.files = files_of(run.stack);
  file.variables = run.variables;
  const bool secrets = std::any_of(run.variables.begin(), run.variables.end(),
                                   [](const auto& entry) { return entry.second.any_sensitive(); });
  if ((secrets || plan.expectations->needs_key) && !run.digest_key) {
    if (!run.state.key_id.empty())
      return fail("the plan holds secrets, and the key " + run.state.key_id + " to digest them with is missing",
                  "restore the key from its backup");
    return fail("the plan holds secrets, and this state has no key yet to digest them with",
                "make one with `plumb state rekey`, or apply once without a file");
  }
  if (secrets) file.secrets = secret_variables(run.variables, *run.digest_key, file.id);
  file.configuration = configuration_json(run.stack);
  file.plan = plan;
  const std::string text = write_plan_file(file, [&](const std::string& one) { return context.redactor.redact(one); });
  PLUMB_CHECK(check_place(context.options.out));
  return replace_file(real_file_system(), context.options.out, text, 0600);
}

Result<PlanFile> open_plan(const Context& context, const std::string& path) {
  const FileName name(path);
  auto text = real_file_system().read(path, kLargestPlanFile);
  if (!text.has_value()) return fail(std::move(text).error().at({name, 0, 0}));
  return read_plan_file(*text, name, context.registry);
}

void check_tree(const Context& context, const PlanFile& file, Diagnostics& diagnostics) {
  if (file.engine != engine_version()) {
    diagnostics.error("the plan was made by plumb " + file.engine + ", and this is " + std::string(engine_version()),
                      "use that version, or plan again");
  }
  for (const auto& [name, version] : file.types) {
    auto type = context.registry.type(name);
    if (!type.has_value()) type = context.registry.data_type(name);
    if (type.has_value() && (*type)->version == version) continue;
    diagnostics.error("the plan was made with another version of " + name, "use that version of plumb, or plan again");
  }
  for (const FileRead& read : file.files) {
    const SourcePos pos{FileName(read.path), 0, 0};
    const auto text = real_file_system().read(context.options.directory + "/" + read.path, kLargestDocument);
    if (!text.has_value()) {
      diagnostics.error("the plan was made with this file, and it cannot be read now", kPlanAgain, pos);
    } else if (hex(bytes(sha256(*text))) != read.sha256) {
      diagnostics.error("this file changed since the plan was made", kPlanAgain, pos);
    }
  }
}

void check_new_files(const StackConfig& stack, const PlanFile& file, Diagnostics& diagnostics) {
  for (const FileRead& read : files_of(stack)) {
    const auto known = std::lower_bound(file.files.begin(), file.files.end(), read,
                                        [](const FileRead& a, const FileRead& b) { return a.path < b.path; });
    const SourcePos pos{FileName(read.path), 0, 0};
    if (known == file.files.end() || known->path != read.path) {
      diagnostics.error("this file was not there when the plan was made", kPlanAgain, pos);
    } else if (known->sha256 != read.sha256) {
      diagnostics.error("this file changed since the plan was made", kPlanAgain, pos);
    }
  }
}

std::map<std::string, Value> saved_variables(const StackConfig& stack, const PlanFile& file,
                                             const VariableInputs& inputs, Diagnostics& diagnostics) {
  // What is given now, without defaults: null is "not given".
  StackConfig given;
  for (VariableBlock block : stack.variables) {
    if (!file.secrets.contains(block.name) || !file.allow_literal_secrets || !block.default_value) {
      block.default_value.emplace();
      block.default_value->kind = Tree::Kind::null;
    }
    given.variables.push_back(std::move(block));
  }
  std::map<std::string, Value> out =
      resolve_variables(given, inputs, real_file_system(), file.allow_literal_secrets, diagnostics);
  if (diagnostics.has_errors()) return out;
  for (const VariableBlock& block : stack.variables) {
    Value& value = out[block.name];
    const auto saved = file.variables.find(block.name);
    if (saved == file.variables.end()) {
      diagnostics.error("the plan knows no variable `" + block.name + "`", kPlanAgain, block.pos);
    } else if (!file.secrets.contains(block.name)) {
      if (!value.is_null() && !(value == saved->second)) {
        diagnostics.error("the variable `" + block.name + "` has another value than in the plan",
                          "leave it out (the plan brings its own), or plan again", block.pos);
      }
      value = saved->second;
    } else if (value.is_null()) {
      diagnostics.error("the variable `" + block.name + "` is a secret, and no plan holds secrets",
                        "give it again with --var " + block.name + "=..., PLUMB_VAR_" + block.name + " or a --var-file",
                        block.pos);
    }
  }
  return out;
}

void check_secrets(const PlanFile& file, const std::map<std::string, Value>& variables,
                   const std::optional<std::string>& digest_key, Diagnostics& diagnostics) {
  if (file.secrets.empty()) return;
  if (!digest_key) {
    diagnostics.error("the plan holds digests of secrets, and the root key to compare them with is missing",
                      "restore the key from its backup");
    return;
  }
  for (const auto& [name, digest] : secret_variables(variables, *digest_key, file.id)) {
    const auto saved = file.secrets.find(name);
    if (saved != file.secrets.end() && equal_in_constant_time(saved->second, digest)) continue;
    diagnostics.error("the sensitive variable `" + name + "` has another value than in the plan",
                      "give the value that the plan was made with, or plan again");
  }
}

void check_state(const PlanFile& file, const State& state, Diagnostics& diagnostics) {
  if (!file.lineage.empty() && file.lineage != state.lineage) {
    diagnostics.error("the plan is for another state (" + file.lineage + ", and this is " + state.lineage + ")",
                      "go to its stack, or plan this one");
  }
  if (!file.key_id.empty() && file.key_id != state.key_id) {
    diagnostics.error("the state got a new root key since the plan was made, and its secrets cannot be compared",
                      kPlanAgain);
  }
  const auto& applied = state.applied_plans;
  if (std::find(applied.begin(), applied.end(), file.id) != applied.end()) {
    diagnostics.error("the plan was applied already", "plan again, to see what is left to do");
  }
}

}  // namespace plumb::cli
