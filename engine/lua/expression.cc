#include "engine/lua/expression.h"

#include <algorithm>
#include <unordered_set>

#include "engine/lua/lexer.h"

namespace plumb {
namespace {

bool is_field(const Token& before) { return before.is(".") || before.is(":"); }

// Reads `.name`, `["literal"]` and `[1]` as long as they come; leaves the lexer behind the last, or before an index
// that is no literal, so that the chains inside of it are found too.
void read_steps(Lexer& lexer, ReferenceChain& chain, Token& last) {
  while (true) {
    Lexer ahead = lexer;
    const Token open = ahead.next();
    if (open.is(".")) {
      const Token name = ahead.next();
      if (name.kind != TokenKind::name) return;
      chain.steps.emplace_back(name.text);
      last = name;
    } else if (open.is("[")) {
      const Token key = ahead.next();
      const Token close = ahead.next();
      std::optional<std::string> literal;
      if (close.is("]") && key.kind == TokenKind::string) literal = string_literal(key.text);
      if (close.is("]") && key.kind == TokenKind::number) literal = whole_number(key.text);
      if (!literal) {
        chain.widened = true;
        return;
      }
      chain.steps.push_back(std::move(*literal));
      last = close;
    } else {
      return;
    }
    lexer = ahead;
  }
}

std::string chain_key(const ReferenceChain& chain) {
  std::string key(1, chain.widened ? '*' : '.');
  for (const auto& step : chain.steps) key.append(std::to_string(step.size())).append(1, ':').append(step);
  return key;
}

// Writes the arguments of the forms as functions while the tokens go by.
class FormWriter {
 public:
  FormWriter(std::string_view text, bool script) : text_(text), lexer_(text), script_(script) {}

  std::string write() {
    Token before{TokenKind::symbol, 0, {}};
    for (Token token = lexer_.next(); token.kind != TokenKind::end && token.kind != TokenKind::bad;
         token = lexer_.next()) {
      before = step(token, before);
    }
    out_.append(text_.substr(copied_));
    return std::move(out_);
  }

 private:
  struct Form {
    int depth;             // of its arguments
    bool started = false;  // the argument at hand has a token
  };

  // Returns the last token that it took.
  Token step(const Token& token, const Token& before) {
    const bool level = !forms_.empty() && nesting_.depth == forms_.back().depth;
    if (level && (token.is(",") || token.is(")"))) {
      close_argument(token);
      if (token.is(")")) forms_.pop_back();
    } else if (!forms_.empty() && !forms_.back().started) {
      copy_to(token.begin);
      out_ += "function() return ";
      forms_.back().started = true;
    }
    nesting_.take(token);
    copy_to(token.end());
    if (!is_form(token, before)) return token;
    Lexer ahead = lexer_;
    const Token open = ahead.next();
    if (!open.is("(")) return token;
    lexer_ = ahead;
    nesting_.take(open);
    copy_to(open.end());
    forms_.push_back({nesting_.depth});
    return open;
  }

  [[nodiscard]] bool is_form(const Token& token, const Token& before) const {
    return token.kind == TokenKind::name && !is_field(before) && !before.is("function") &&
           (token.text == "try" || token.text == "can" || token.text == "nonsensitive" ||
            (!script_ && (token.text == "file" || token.text == "template")));
  }

  void close_argument(const Token& token) {
    copy_to(token.begin);
    if (forms_.back().started) out_ += " end";
    forms_.back().started = false;
  }

  void copy_to(std::size_t end) {
    out_.append(text_.substr(copied_, end - copied_));
    copied_ = end;
  }

  std::string_view text_;
  Lexer lexer_;
  bool script_;
  std::string out_;
  std::size_t copied_ = 0;
  Nesting nesting_;
  std::vector<Form> forms_;
};

}  // namespace

std::optional<std::size_t> expression_end(std::string_view text) {
  Lexer lexer(text);
  std::size_t braces = 0;
  while (true) {
    const Token token = lexer.next();
    if (token.kind == TokenKind::end || token.kind == TokenKind::bad) return std::nullopt;
    if (token.kind != TokenKind::symbol) continue;
    if (token.text == "{") ++braces;
    if (token.text == "}" && braces-- == 0) return token.begin;
  }
}

References references(std::string_view expression, const std::vector<std::string>& scope) {
  References found;
  std::unordered_set<std::string> seen;
  Lexer lexer(expression);
  Token before{TokenKind::symbol, 0, {}};
  std::size_t tokens = 0;
  for (Token token = lexer.next(); token.kind != TokenKind::end && token.kind != TokenKind::bad; token = lexer.next()) {
    ++tokens;
    Token last = token;
    if (token.kind == TokenKind::name && !is_field(before) &&
        std::find(scope.begin(), scope.end(), token.text) != scope.end()) {
      Lexer ahead = lexer;
      // `{ stack = 1 }` and `local var = 1` give a name, they read none.
      if (!ahead.next().is("=")) {
        ReferenceChain chain{{std::string(token.text)}, false, token.begin};
        read_steps(lexer, chain, last);
        ahead = lexer;
        found.whole = tokens == 1 && !chain.widened && ahead.next().kind == TokenKind::end;
        if (seen.insert(chain_key(chain)).second) found.chains.push_back(std::move(chain));
      }
    }
    before = last;
  }
  return found;
}

std::string rewrite_forms(std::string_view expression, bool script) { return FormWriter(expression, script).write(); }

std::string literal_text(std::string_view text) {
  std::string out;
  std::size_t copied = 0;
  for (std::size_t at = text.find("${"); at != std::string_view::npos; at = text.find("${", at + 2)) {
    out.append(text, copied, at - copied) += '$';
    copied = at;
  }
  return out.append(text, copied);
}

}  // namespace plumb
