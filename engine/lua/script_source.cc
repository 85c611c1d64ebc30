#include "engine/lua/script_source.h"

#include <algorithm>

#include "engine/lua/lexer.h"

namespace plumb {

ScriptSource::ScriptSource(std::string_view text, std::string_view file) : file_(file) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  text_ = text;
  read();
}

// One pass over the tokens: a guess by their order, which is right for scripts as they are written.
void ScriptSource::read() {
  Lexer lexer(text_);
  Nesting nesting;
  Token before;
  std::uint32_t line = 1;
  std::size_t counted = 0;
  enum class Table { ahead, next, open, behind } variables = Table::ahead;
  int depth = 0;  // inside of `variables = {`
  for (Token token = lexer.next(); token.kind != TokenKind::end && token.kind != TokenKind::bad; token = lexer.next()) {
    line += static_cast<std::uint32_t>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(counted),
                                                  text_.begin() + static_cast<std::ptrdiff_t>(token.begin), '\n'));
    counted = token.begin;
    if (nesting.depth == 0 && token.is("return")) return_line_ = line;
    nesting.take(token);
    if (variables == Table::next) {
      variables = token.is("{") ? Table::open : Table::behind;
      depth = nesting.depth;
    } else if (variables == Table::open && nesting.depth < depth) {
      variables = Table::behind;
    } else if (token.is("=") && before.kind == TokenKind::name) {
      if (variables == Table::ahead && before.text == "variables") {
        variables_line_ = line;
        variables = Table::next;
      } else if (variables == Table::open && nesting.depth == depth) {
        variables_.emplace(before.text, line);
      }
    }
    before = token;
  }
}

std::uint32_t ScriptSource::variable_line(std::string_view name) const {
  const auto found = variables_.find(name);
  return found != variables_.end() ? found->second : variables_line_;
}

}  // namespace plumb
