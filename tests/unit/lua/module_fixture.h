// A module's script that is loaded and called.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "engine/lua/module.h"
#include "engine/model/json_text.h"

namespace plumb {

class ScriptTrial {
 public:
  explicit ScriptTrial(std::string_view text, InterpreterLimits limits = script_limits) {
    auto loaded = LuaModule::load(
        text, "modules/tenant/module.lua",
        [](std::string_view path) -> Result<std::string> {
          if (path == "motd.txt") return "welcome ${user}\n";
          return fail("there is no file \"" + std::string(path) + "\"", "create it");
        },
        limits);
    if (loaded) {
      module = std::move(*loaded);
    } else {
      error = loaded.error();
    }
  }

  // What build returns as JSON, or the error.
  std::string say(const ValueMap& inputs = {}, const std::set<std::string>& opaque = {}) {
    if (!module) return error.str();
    auto made = module->build(Value(inputs), opaque);
    if (made) return json_text(*made);
    error = made.error();
    return error.str();
  }

  std::unique_ptr<LuaModule> module;
  Error error;  // the last one
};

// A script whose build has this body; it begins in line 2.
inline std::string with_body(const std::string& body) {
  return "return { build = function(input)\n" + body + "\nend }";
}
// What build returns when it returns this.
inline std::string returns(const std::string& expression, const ValueMap& inputs = {},
                           const std::set<std::string>& opaque = {}) {
  return ScriptTrial(with_body("return {r = " + expression + "}")).say(inputs, opaque);
}

}  // namespace plumb
