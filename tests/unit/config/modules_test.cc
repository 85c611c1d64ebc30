// Modules in YAML: where they may come from, what stands in them, and that each is read once.
#include "engine/config/module_source.h"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "engine/base/hash.h"
#include "tests/unit/config/stack_support.h"

using namespace plumb;
using namespace plumb::test;

namespace {

// The errors of a stack that calls `source`, beside the folders /p/s/modules/{billing,users}.
std::string call_errors(const std::string& source) {
  MemoryFileSystem fs;
  fs.put("/p/s/modules/billing/module.yaml", "");
  fs.put("/p/s/modules/users/module.yaml", "");
  fs.put("/p/s/modules/empty/readme.md", "");
  fs.put("/p/s/modules/two/module.yaml", "");
  fs.put("/p/s/modules/two/module.lua", "");
  fs.put("/p/s/file", "");
  fs.put("/p/other/module.yaml", "");
  fs.put("/p/s/plumb.yaml", "modules: { m: { source: '" + source + "' } }\n");
  return lines(load(fs).diagnostics);
}

// A stack and modules: path in /p/s -> text.
Loaded load_files(MemoryFileSystem& fs, const std::map<std::string, std::string>& files) {
  for (const auto& [path, text] : files) fs.put("/p/s/" + path, text);
  return load(fs);
}

std::string errors_of(const std::map<std::string, std::string>& files) {
  MemoryFileSystem fs;
  return lines(load_files(fs, files).diagnostics);
}

}  // namespace

TEST_CASE("A call of a module is read") {
  MemoryFileSystem fs;
  const Loaded loaded = load_files(fs, {{"plumb.yaml", R"yaml(modules:
  billing:
    source: ./modules/billing
    for_each: [eu, us]
    when: ${true}
    depends_on: [postgres.role.app, module.users]
    providers: { postgres: analytics }
    inputs: { plan: "${each.key}", seats: 3 }
  users: { source: modules/users }
)yaml"},
                                        {"modules/billing/module.yaml", R"yaml(
variables:
  plan: { type: string }
  seats: { type: integer, default: 1 }
data: { a.b.c: {} }
resources: { postgres.role.app: { name: "${var.plan}" } }
modules: { inner: { source: ../users } }
outputs: { plan: { value: "${var.plan}" } }
moved: [{ from: a.b.x, to: a.b.y }]
checks: { c: { assert: [{ condition: true, message: m }] } }
)yaml"},
                                        {"modules/users/module.yaml", "locals: { l: 1 }\n"}});
  INFO(lines(loaded.diagnostics));
  REQUIRE(loaded.diagnostics.empty());
  REQUIRE(loaded.stack.modules.size() == 2);
  const ModuleBlock& billing = loaded.stack.modules[0];
  CHECK(billing.name == "billing");
  CHECK(billing.pos.str() == "plumb.yaml:2:3");
  CHECK(billing.source == "./modules/billing");
  CHECK(billing.source_pos.str() == "plumb.yaml:3:13");
  CHECK((billing.for_each && billing.when));
  CHECK(billing.depends_on->items.size() == 2);
  CHECK(billing.providers == std::map<std::string, std::string>{{"postgres", "analytics"}});
  CHECK(billing.providers_pos.str() == "plumb.yaml:7:16");
  REQUIRE(billing.inputs.size() == 2);
  CHECK(billing.inputs[1].name == "seats");
  REQUIRE(billing.loaded != nullptr);
  CHECK(billing.loaded->path == "modules/billing/module.yaml");
  CHECK_FALSE(billing.loaded->is_lua());
  const Document& document = billing.loaded->document;
  CHECK((document.variables.size() == 2 && document.data.size() == 1 && document.resources.size() == 1));
  CHECK((document.outputs.size() == 1 && document.moved.size() == 1 && document.checks.size() == 1));
  CHECK(document.resources[0].pos.str() == "modules/billing/module.yaml:6:14");
  // One module, however it is named.
  REQUIRE(document.modules.size() == 1);
  CHECK(document.modules[0].loaded == loaded.stack.modules[1].loaded);
  const std::vector<FileRead> files = loaded.stack.modules_loader->files();
  REQUIRE(files.size() == 2);
  CHECK(files[0].path == "modules/billing/module.yaml");
  CHECK(files[1].path == "modules/users/module.yaml");
  CHECK(files[1].sha256 == hex(bytes(sha256("locals: { l: 1 }\n"))));
  CHECK(loaded.stack.files.size() == 1);
}

TEST_CASE("Calls of modules are checked") {
  const auto with = [](const std::string& line) { return load_errors("modules:\n  m:\n    " + line + "\n"); };
  CHECK(with("inputs: {}") == "plumb.yaml:2:3: the module `m` has no `source`\n");
  CHECK(with("source: \"${x}\"") == "plumb.yaml:3:14: `source` must be text, and may hold no expression\n");
  CHECK(with("sorce: x") ==
        "plumb.yaml:2:3: the module `m` has no `source`\n"
        "plumb.yaml:3:5: unknown key `sorce` in the call of a module (did you mean \"source\"?)\n");
  const std::string no_source = "plumb.yaml:2:3: the module `m` has no `source`\n";
  CHECK(with("inputs: [a]") == no_source + "plumb.yaml:3:13: `inputs` must be a map of names to values\n");
  CHECK(with("inputs: \"${x}\"") == no_source + "plumb.yaml:3:14: `inputs` must be a map of names to values\n");
  CHECK(with("inputs: { a-b: 1 }").find(no_source + "plumb.yaml:3:15: ") == 0);
  CHECK(with("providers: { postgres: \"${x}\" }") ==
        no_source + "plumb.yaml:3:29: `postgres` must be text, and may hold no expression\n");
  CHECK(with("depends_on: module.x") == no_source + "plumb.yaml:3:17: `depends_on` must be a list of addresses\n");
  CHECK(load_errors("modules: { each: { source: x } }\n").find("plumb.yaml:1:12: ") == 0);
  CHECK(load_errors("modules: [a]\n") == "plumb.yaml:1:10: `modules` must be a map of names to calls of modules\n");
}

TEST_CASE("A source is a folder of the project") {
  const std::string at = "plumb.yaml:1:26: ";
  CHECK(call_errors("./modules/billing").empty());
  CHECK(call_errors("modules/../modules/billing/").empty());
  CHECK(call_errors("/p/s/modules/billing") == at + "the source `/p/s/modules/billing` is an absolute path\n");
  CHECK(call_errors("../other") == at + "the source `../other` leads out of the project\n");
  CHECK(call_errors("modules/../../other") == at + "the source `modules/../../other` leads out of the project\n");
  CHECK(call_errors("../../../etc") == at + "the source `../../../etc` leads out of the project\n");
  for (const char* source :
       {"https://example.com/m", "file:///p/s/modules/billing", "file:modules/billing", "git::ext::sh -c x",
        "git@example.com:m.git", "github.com/a/b", "modules/billing.git?ref=v1", "--upload-pack=x://"}) {
    CAPTURE(source);
    CHECK(call_errors(source) ==
          at + "the source `" + source + "` is not a folder: git sources are not supported yet\n");
  }
  CHECK(call_errors("./modules/biling") == at + "there is no folder `./modules/biling` (did you mean \"billing\"?)\n");
  CHECK(call_errors("nowhere/at/all") == at + "there is no folder `nowhere/at/all`\n");
  CHECK(call_errors("./file") == at + "`./file` is no folder\n");
  CHECK(call_errors("modules/billing/module.yaml") == at + "`modules/billing/module.yaml` is no folder\n");
  CHECK(call_errors("modules/empty") == at + "`modules/empty` holds no module.yaml and no module.lua\n");
  CHECK(call_errors("modules/two") == at + "`modules/two` holds both a module.yaml and a module.lua\n");
  CHECK(call_errors("") == at + "`source` is empty\n");
}

TEST_CASE("The project's root holds modules for many stacks") {
  MemoryFileSystem fs;
  fs.put("/p/plumb.project.yaml", "");
  fs.put("/p/modules/m/module.yaml", "include: parts/*.yaml\n");
  fs.put("/p/modules/m/parts/x.yaml", "modules: { n: { source: ../../n } }\n");
  fs.put("/p/modules/n/module.yaml", "locals: { l: 1 }\n");
  fs.put("/p/s/plumb.yaml", "modules: { m: { source: ../modules/m } }\n");
  const Loaded loaded = load(fs);
  INFO(lines(loaded.diagnostics));
  REQUIRE(loaded.diagnostics.empty());
  CHECK(loaded.stack.modules[0].loaded->path == "../modules/m/module.yaml");
  CHECK(loaded.stack.modules[0].loaded->document.modules[0].loaded->document.locals.size() == 1);
  CHECK(loaded.stack.modules_loader->files().size() == 3);
}

TEST_CASE("Links that lead out of the project are refused") {
  namespace stdfs = std::filesystem;
  char name[] = "/tmp/plumb-config-XXXXXX";
  REQUIRE(::mkdtemp(name) != nullptr);
  const stdfs::path base = name;
  stdfs::create_directories(base / "outside");
  stdfs::create_directories(base / "s/inside");
  stdfs::create_directories(base / "s/half");
  std::ofstream(base / "outside/module.yaml") << "locals: { stolen: 1 }\n";
  std::ofstream(base / "s/inside/module.yaml") << "";
  std::ofstream(base / "s/plumb.yaml") << "modules:\n  a: { source: out }\n  b: { source: half }\n  c: { source: in }\n"
                                       << "  d: { source: inside }\n";
  stdfs::create_symlink("../outside", base / "s/out");
  stdfs::create_symlink("inside", base / "s/in");
  stdfs::create_symlink("../../outside/module.yaml", base / "s/half/module.yaml");
  Diagnostics diagnostics;
  const StackConfig stack = load_stack((base / "s").string(), real_file_system(), diagnostics);
  CHECK(lines(diagnostics) ==
        "plumb.yaml:2:16: `out` leads out of the project\n"
        "plumb.yaml:3:16: `half/module.yaml` leads out of the project\n");
  REQUIRE(stack.modules.size() == 4);
  CHECK(stack.modules[0].loaded == nullptr);
  CHECK(stack.modules[2].loaded != nullptr);
  CHECK(stack.modules[2].loaded == stack.modules[3].loaded);  // one real place
  stdfs::remove_all(base);
}

TEST_CASE("A module that calls itself is refused, with the circle") {
  CHECK(errors_of({{"plumb.yaml", "modules: { a: { source: a } }\n"},
                   {"a/module.yaml", "modules: { again: { source: ../a } }\n"}}) ==
        "a/module.yaml:1:29: the module calls itself: a -> a\n");
  CHECK(errors_of({{"plumb.yaml", "modules: { a: { source: a }, b: { source: b } }\n"},
                   {"a/module.yaml", "modules: { b: { source: ../b } }\n"},
                   {"b/module.yaml", "include: more.yaml\n"},
                   {"b/more.yaml", "modules: { c: { source: ../c } }\n"},
                   {"c/module.yaml", "modules: { a: { source: ../a }, x: { source: ./x } }\n"},
                   {"c/x/module.yaml", ""}}) == "c/module.yaml:1:25: the module calls itself: c -> a -> b -> c\n");
  // The stack is no module.
  CHECK(errors_of({{"plumb.yaml", "modules: { a: { source: . } }\n"}}) ==
        "plumb.yaml:1:25: `.` holds no module.yaml and no module.lua\n");
}

TEST_CASE("Modules nest as deep as one likes") {
  std::map<std::string, std::string> files;
  constexpr int depth = 2000;
  files["plumb.yaml"] = "modules: { m: { source: m0 } }\n";
  for (int i = 0; i < depth; ++i) {
    files["m" + std::to_string(i) + "/module.yaml"] = "modules: { m: { source: ../m" + std::to_string(i + 1) + " } }\n";
  }
  files["m" + std::to_string(depth) + "/module.yaml"] = "";
  const auto start = std::chrono::steady_clock::now();
  CHECK(errors_of(files).empty());
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
  files["m" + std::to_string(depth) + "/module.yaml"] = "modules: { m: { source: ../m1990 } }\n";
  CHECK(errors_of(files).find("the module calls itself: m2000 -> m1990 -> m1991") != std::string::npos);
}

TEST_CASE("Some keys stand only in a stack") {
  const auto with = [](const std::string& text) {
    return errors_of({{"plumb.yaml", "modules: { m: { source: m } }\n"}, {"m/module.yaml", text}});
  };
  for (const char* key : {"stack", "providers", "state", "ignore", "policies", "reads"}) {
    CAPTURE(key);
    CHECK(with(std::string(key) + ": {}\n") ==
          "m/module.yaml:1:1: `" + std::string(key) + "` may not stand in a module\n");
  }
  CHECK(with("provider: {}\n") == "m/module.yaml:1:1: unknown key `provider` at the top level\n");
  CHECK(with("variables: { a: { opaque: true } }\n") ==
        "m/module.yaml:1:19: `opaque` is for the variables of a module.lua: only a script could look into them\n");
  CHECK(with("- x\n") == "m/module.yaml:1:1: the document must be a map\n");
}

TEST_CASE("A module's errors are told once, all of them") {
  CHECK(errors_of({{"plumb.yaml", "modules: { a: { source: m }, b: { source: m, inputs: { x: 1 } } }\n"},
                   {"m/module.yaml", "include: part.yaml\nlocal: {}\nmodules: { n: { source: n } }\n"},
                   {"m/part.yaml", "resources: { a.b: {} }\n"},
                   {"m/n/module.yaml", "outputs: { o: 1 }\n"}}) ==
        "m/module.yaml:2:1: unknown key `local` at the top level (did you mean \"locals\"?)\n"
        "m/n/module.yaml:1:15: the output `o` must be a map with `value`\n"
        "m/part.yaml:1:14: the address \"a.b\" cannot be read at column 4: expected `.` and the resource's name\n");
  // Names are unique within a module, not beyond.
  CHECK(errors_of({{"plumb.yaml", "modules: { a: { source: m } }\nlocals: { l: 1 }\n"},
                   {"m/module.yaml", "include: part.yaml\nlocals: { l: 1 }\n"},
                   {"m/part.yaml", "locals: { l: 1 }\n"}}) ==
        "m/part.yaml:1:11: the local `l` is given twice, first at m/module.yaml:2:11\n");
}

TEST_CASE("Inputs are checked against the module's variables") {
  const auto with = [](const std::string& inputs) {
    return errors_of({{"plumb.yaml", "modules:\n  m: { source: m, inputs: " + inputs + " }\n"},
                      {"m/module.yaml",
                       "variables:\n  plan: { type: string }\n  seats: { type: integer, default: 1 }\n"
                       "  token: { type: string, sensitive: true, default: x }\n"}});
  };
  CHECK(with("{ plan: a }").empty());
  CHECK(with("{ plan: \"${x}\", seats: \"${y}\", token: null }").empty());
  CHECK(with("{}") == "plumb.yaml:2:3: the module `m` needs the input `plan`\n");
  CHECK(with("{ plan: a, seat: 1 }") ==
        "plumb.yaml:2:38: the module `m` takes no input `seat` (did you mean \"seats\"?)\n");
  CHECK(with("{ plan: a, seats: many }").find("plumb.yaml:2:45: input `seats` of the module `m`: ") == 0);
  CHECK(with("{ plan: [a] }").find("plumb.yaml:2:35: input `plan` of the module `m`: ") == 0);
  // Inputs of nested calls too.
  CHECK(errors_of({{"plumb.yaml", "modules: { a: { source: a } }\n"},
                   {"a/module.yaml", "modules: { b: { source: b, inputs: { y: 1 } } }\n"},
                   {"a/b/module.yaml", "variables: { x: {} }\n"}}) ==
        "a/module.yaml:1:12: the module `b` needs the input `x`\n"
        "a/module.yaml:1:38: the module `b` takes no input `y` (did you mean \"x\"?)\n");
}

TEST_CASE("A stack's globs leave modules alone") {
  MemoryFileSystem fs;
  const Loaded loaded = load_files(fs, {{"plumb.yaml", "include: '**/*.yaml'\nmodules: { m: { source: m } }\n"},
                                        {"more/x.yaml", "locals: { l: 1 }\n"},
                                        {"m/module.yaml", "locals: { l: 1 }\n"}});
  CHECK(lines(loaded.diagnostics).empty());
  CHECK(loaded.stack.locals.size() == 1);
}

TEST_CASE("Text files are read inside of the project, once") {
  MemoryFileSystem fs;
  fs.put("/p/plumb.project.yaml", "");
  fs.put("/p/s/plumb.yaml", "");
  fs.put("/p/s/m/text.txt", "h\xc3\xa9llo ${x}\n");
  fs.put("/p/s/m/latin.txt", "\xe9");
  fs.put("/p/s/m/large.txt", std::string((16U << 20U) + 1, 'x'));
  fs.put("/p/s/m/limit.txt", std::string(16U << 20U, 'x'));
  fs.put("/p/shared.txt", "s");
  fs.put("/q.txt", "q");
  const Loaded loaded = load(fs);
  ModuleLoader& loader = *loaded.stack.modules_loader;
  const auto message = [&](const std::string& path) {
    const Result<std::string> text = loader.read_file(path, "m/module.yaml");
    return text.has_value() ? "read: " + text->substr(0, 5) : text.error().message;
  };
  CHECK(loader.read_file("text.txt", "m/module.yaml").value() == "h\xc3\xa9llo ${x}\n");
  CHECK(loader.read_file("m/text.txt", "plumb.yaml").value() == "h\xc3\xa9llo ${x}\n");
  CHECK(message("../../shared.txt") == "read: s");
  CHECK(message("limit.txt") == "read: xxxxx");
  CHECK(message("/q.txt") == "the file `/q.txt` is an absolute path");
  CHECK(message("../../../q.txt") == "the file `../../../q.txt` leads out of the project");
  CHECK(message("latin.txt") == "`latin.txt` is not valid UTF-8");
  CHECK(message("large.txt") == "cannot read /p/s/m/large.txt: it is larger than 16777216 bytes");
  CHECK(message(".").find("it is not a regular file") != std::string::npos);
  CHECK(message("none.txt").find("No such file") != std::string::npos);
  // What was read stays as it was.
  fs.put("/p/s/m/text.txt", "changed");
  CHECK(message("text.txt") == "read: h\xc3\xa9ll");
  const std::vector<FileRead> files = loader.files();
  REQUIRE(files.size() == 3);
  CHECK(files[0].path == "../shared.txt");
  CHECK(files[1].path == "m/limit.txt");
  CHECK(files[2].path == "m/text.txt");
  CHECK(files[2].sha256 == hex(bytes(sha256("h\xc3\xa9llo ${x}\n"))));
}
