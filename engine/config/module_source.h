// Modules: where they come from, and the documents they give.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/config/stack.h"
#include "engine/lua/module.h"

namespace plumb {

// One module's folder, read once however often it is called.
struct ModuleSource {
  std::string path;                   // of its module.yaml or module.lua, relative to the stack
  Document document;                  // module.yaml: all of it; module.lua: its variables only
  std::shared_ptr<LuaModule> script;  // module.lua
  [[nodiscard]] bool is_lua() const noexcept { return script != nullptr; }
};

// Reads modules and the files that functions ask for, all of them inside of the project's root, and remembers what it
// read. One thread only. Lives as long as the stack's configuration.
class ModuleLoader {
 public:
  virtual ~ModuleLoader() = default;

  // `source` as written in the file `from` (relative to the stack). A folder in the project; git sources are refused
  // with the word "yet". Calls inside the module are loaded too; one that leads back to itself is an error. Null after
  // errors, which are placed at `pos`.
  virtual const ModuleSource* load(const std::string& source, const std::string& from, SourcePos pos,
                                   Diagnostics& diagnostics) = 0;

  // The document that a Lua module makes of these inputs (a map; opaque ones are left out). Null after errors; they are
  // placed in the script. The loader keeps it. `call` names the call chain in messages: `module.billing["eu"]`. An
  // input whose text holds `${` is refused: in the module's own text it would become an expression.
  virtual const Document* build(const ModuleSource& module, const Value& inputs, const std::string& call,
                                Diagnostics& diagnostics) = 0;

  // A text file, named relative to the folder of the file `from`; for file() and template(). At most 16 MiB, valid
  // UTF-8, inside of the project's root also behind links. Read once: the same text for everyone who asks.
  virtual Result<std::string> read_file(const std::string& path, const std::string& from) = 0;

  // What was read so far, each file once, sorted by path.
  [[nodiscard]] virtual std::vector<FileRead> files() const = 0;
};

// For the stack in `directory`; `fs` must outlive it.
std::shared_ptr<ModuleLoader> make_module_loader(const std::string& directory, FileSystem& fs);

// Loads what the document calls: sets every ModuleBlock::loaded, and checks names and constants of the inputs against
// what the modules declare. Those of a Lua module's documents are loaded by build().
void load_modules(ModuleLoader& loader, Document& document, Diagnostics& diagnostics);

}  // namespace plumb
