#include "engine/cli/import_write.h"

#include <algorithm>
#include <filesystem>
#include <functional>

#include "engine/base/text.h"
#include "engine/cli/imported_block.h"
#include "engine/config/include.h"
#include "engine/config/source_text.h"
#include "engine/config/yaml_append.h"
#include "engine/model/identity.h"
#include "engine/plan/unconfigured.h"

namespace plumb::cli {

namespace {

namespace stdfs = std::filesystem;

constexpr std::uint32_t kNewFileMode = 0644;

// Where FILE lies, and how the stack would name it.
struct Target {
  std::string path;  // as given
  std::string real;  // with links followed
  std::uint32_t mode = kNewFileMode;
  std::string relative;  // to the stack's directory
  std::optional<std::string> before;
};

Result<Target> target_of(const std::string& path, const StackConfig& stack) {
  FileSystem& fs = real_file_system();
  const stdfs::path given(path);
  const std::string name = given.filename().string();
  if (!name.ends_with(".yaml") && !name.ends_with(".yml")) {
    return fail("--write \"" + printable(path) + "\" is no YAML file", "name one that ends in .yaml");
  }
  if (name == "plumb.project.yaml" || name == "plumb.lock.yaml") {
    return fail("--write \"" + printable(path) + "\" is a file of Plumb's own", "name another one, which may be new");
  }
  Target target;
  target.path = path;
  const auto info = PLUMB_TRY(fs.info(path));
  if (info.has_value()) target.before = PLUMB_TRY(fs.read(path, kLargestDocument));
  // Links are followed as far as there is something: a new file is judged by its folder.
  const std::string folder = given.has_parent_path() ? given.parent_path().string() : ".";
  const std::string real_folder = PLUMB_TRY(fs.real_path(folder));
  const std::string real = info.has_value() ? PLUMB_TRY(fs.real_path(path)) : real_folder + "/" + name;
  const IncludeFinder finder(stack.directory, fs);
  target.real = real;
  if (info.has_value()) target.mode = info->mode;
  target.relative = stdfs::path(real).lexically_relative(finder.real_directory()).generic_string();
  const std::string inside =
      info.has_value() ? target.relative : stdfs::path(target.relative).parent_path().generic_string();
  if (const auto ok = finder.real_path(inside.empty() ? "." : inside); !ok.has_value()) {
    return fail("--write \"" + printable(path) + "\" leads out of the project", "name a file in the stack's directory");
  }
  return target;
}

Result<std::string> extended(const Target& target, const std::function<std::string(std::size_t)>& block) {
  auto text = append_resource(target.before.value_or(""), FileName(target.relative), block);
  if (text.has_value()) return text;
  return fail(std::move(text).error().in("--write \"" + printable(target.path) + "\""));
}

// The stack reads this file: told by reading it all again.
Result<bool> is_included(const StackConfig& stack, const Target& target) {
  FileSystem& fs = real_file_system();
  Diagnostics diagnostics;
  const StackConfig fresh = load_stack(stack.directory, fs, diagnostics);
  for (const Diagnostic& diagnostic : diagnostics.sorted()) {
    if (diagnostic.severity == Severity::error) {
      return fail(diagnostic.message, diagnostic.next_step, diagnostic.pos);
    }
  }
  return std::any_of(fresh.files.begin(), fresh.files.end(), [&](const FileRead& file) {
    const auto other = fs.real_path(stack.directory + "/" + file.path);
    return other.has_value() && *other == target.real;
  });
}

// A file that was there keeps its rights, whatever ours are.
Result<void> write(const Target& target, const std::string& text) {
  PLUMB_CHECK(replace_file(real_file_system(), target.real, text, target.mode));
  std::error_code ignored;
  if (target.before) stdfs::permissions(target.real, static_cast<stdfs::perms>(target.mode), ignored);
  return {};
}

Result<void> put_back(const Target& target) {
  return target.before ? write(target, *target.before) : real_file_system().remove(target.real);
}

std::string import_command(const Context& context) {
  return "`plumb import '" + context.options.arguments[0] + "' '" + context.options.arguments[1] + "'`";
}

Result<ReadResult> read_object(const Context& context, const StackRun& run, SessionInputs inputs,
                               const Address& address, const TypeSchema& type, const std::string& provider) {
  if (run.state.instances.contains(address)) {
    return fail(address.str() + " is already in state", "see it with `plumb state show '" + address.str() + "'`");
  }
  const Value identity = PLUMB_TRY(parse_identity(type, context.options.arguments[1]));
  ReadResult found = PLUMB_TRY(read_unconfigured(std::move(inputs), provider, type, identity));
  if (found.status == ReadResult::Status::unreadable) return fail(found.error);
  if (found.status == ReadResult::Status::present) return found;
  return fail("there is no " + type.name + " \"" + printable(identity_text(type, identity)) + "\"",
              "check the name; an object that is not there yet is made by `plumb apply`");
}

}  // namespace

Result<void> check_no_block(const StackConfig& stack, const Address& address) {
  if (!address.modules.empty()) {
    return fail(address.str() + " is in a module, whose blocks are written by hand",
                "write it in the module, then import it without --write");
  }
  if (address.key) {
    return fail("--write makes a block for one object, and " + address.str() + " has a key",
                "write the block with its `for_each`, then import it without --write");
  }
  for (const ResourceBlock& block : stack.resources) {
    if (block.address != address) continue;
    return fail("there is a block for " + address.str() + " already", "import it without --write", block.pos);
  }
  return {};
}

Result<Written> write_block(Context& context, StackRun& run, const Address& address, const TypeSchema& type) {
  const Target target = PLUMB_TRY(target_of(context.options.write, run.stack));
  const std::string provider =
      context.options.provider.empty() ? std::string(address.provider()) : context.options.provider;
  std::optional<SessionInputs> inputs = run.session_inputs();
  if (!inputs) return fail("the key of this state cannot be had", "see the error above");
  const ReadResult found = PLUMB_TRY(read_object(context, run, *std::move(inputs), address, type, provider));
  const auto block = [&](std::size_t indent) { return imported_block(type, address, provider, found.value, indent); };
  const std::string text = PLUMB_TRY(extended(target, block));
  PLUMB_CHECK(write(target, text));
  auto included = is_included(run.stack, target);
  if (!included.has_value()) {
    PLUMB_CHECK(put_back(target));
    return fail(std::move(included).error());
  }
  Written out{target.path, block(0), {}, [target] { return put_back(target); }};
  const std::vector<std::string> unread = unread_attributes(type, found.value);
  if (!*included) {
    out.next_step =
        "no `include:` matches " + target.relative + ": add it to plumb.yaml, then run " + import_command(context);
  } else if (!unread.empty()) {
    out.next_step =
        "nobody can read `" + join(unread, "`, `") + "`: write it into the block, then run " + import_command(context);
  }
  return out;
}

void tell_written(const Context& context, const Written& written) {
  context.print("Written to " + printable(written.file) + ":\n\n" + printable(written.text, true) + "\n");
}

void tell_not_imported(Context& context, const Written& written) {
  Diagnostics diagnostics;
  diagnostics.warning("the block was written, and nothing is imported yet", written.next_step, {});
  context.say(diagnostics);
  if (context.options.json) {
    context.print_json(with_written({}, written));
  } else {
    tell_written(context, written);
  }
}

Value with_written(const Value& instance, const Written& written) {
  ValueMap out;
  out.set("format_version", "1.0");
  out.set("instance", instance.get("instance"));
  out.set("written", ValueMap{{"file", written.file}, {"text", written.text}});
  return Value(std::move(out));
}

}  // namespace plumb::cli
