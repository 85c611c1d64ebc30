// The text of a module's script, and where in it things stand.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "engine/base/source.h"

namespace plumb {

class ScriptSource {
 public:
  ScriptSource(std::string_view text, std::string_view file);

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  // The position of a line, column 0; of the file when the line is 0.
  [[nodiscard]] SourcePos line(std::uint32_t number) const { return {file_, number, 0}; }
  // Where the chunk's own last `return` stands.
  [[nodiscard]] std::uint32_t return_line() const noexcept { return return_line_; }
  // Where `variables = { name = ...` names a variable; the line of `variables` when it is written otherwise.
  [[nodiscard]] std::uint32_t variable_line(std::string_view name) const;

 private:
  void read();

  std::string text_;
  FileName file_;
  std::uint32_t return_line_ = 1;
  std::uint32_t variables_line_ = 1;
  std::map<std::string, std::uint32_t, std::less<>> variables_;
};

}  // namespace plumb
