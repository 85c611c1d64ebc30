// A host with a few files, and with the reader that configuration is read by.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/config/yaml_value.h"
#include "tests/unit/lua/scripted_host.h"

namespace plumb {

class FilesHost : public ScriptedHost {
 public:
  Result<std::string> read_file(std::string_view path) override {
    read.emplace_back(path);
    const auto found = files.find(std::string(path));
    if (found == files.end()) return fail("cannot read " + std::string(path), "make the file");
    return found->second;
  }
  Result<Value> parse_yaml(std::string_view text) override { return yaml_value(text); }

  std::string say(Interpreter& interpreter, const std::string& text) {
    const auto id = interpreter.compile(text, {});
    if (!id) return "error: " + id.error().message;
    const Evaluation made = interpreter.evaluate(*id, *this);
    if (made.status == Evaluation::Status::demand) return "demand";
    if (made.status == Evaluation::Status::error) return "error: " + made.error.message;
    return made.value.debug();
  }

  std::map<std::string, std::string> files;
  std::vector<std::string> read;
};

}  // namespace plumb
