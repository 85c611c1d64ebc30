// Tokens of Lua's source text, as far as telling them apart is needed. Never fails: what is no Lua gives a `bad` token.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace plumb {

enum class TokenKind : std::uint8_t { name, number, string, symbol, end, bad };

struct Token {
  TokenKind kind = TokenKind::end;
  std::size_t begin = 0;
  std::string_view text;
  [[nodiscard]] std::size_t end() const noexcept { return begin + text.size(); }
  [[nodiscard]] bool is(std::string_view symbol) const noexcept {
    return (kind == TokenKind::symbol || kind == TokenKind::name) && text == symbol;
  }
};

// A small value: copy it to look ahead.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}
  // The next token after white space and comments. `bad` is an unfinished string or comment, and stays.
  Token next();

 private:
  // False when a long comment does not end.
  bool skip_blanks();
  // `at` is a `[`; the offset after the closing bracket, npos when unfinished, 0 when this is no long bracket.
  [[nodiscard]] std::size_t long_bracket(std::size_t at) const;
  [[nodiscard]] std::size_t short_string(std::size_t at) const;
  [[nodiscard]] std::size_t number(std::size_t at) const;
  [[nodiscard]] std::size_t symbol(std::size_t at) const;

  std::string_view text_;
  std::size_t at_ = 0;
};

// The bytes that a string token stands for; nullopt when it holds an escape that Lua refuses.
std::optional<std::string> string_literal(std::string_view token);
// The decimal text of a number token that is a whole number; nullopt for any other.
std::optional<std::string> whole_number(std::string_view token);

// Follows how deep the tokens of a text are nested, in brackets and in blocks that end with `end` or `until`.
struct Nesting {
  int depth = 0;
  void take(const Token& token);
};

}  // namespace plumb
