#include "engine/lua/module.h"

namespace plumb {

// The scripts themselves are still to come.
Result<std::unique_ptr<LuaModule>> LuaModule::load(std::string_view /*text*/, const std::string& /*file*/,
                                                   ReadFile /*read_file*/, InterpreterLimits /*limits*/) {
  return fail("modules written in Lua are not supported yet in this version", "write it as a module.yaml");
}

}  // namespace plumb
