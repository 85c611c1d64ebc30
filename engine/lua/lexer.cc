#include "engine/lua/lexer.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace plumb {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }
bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

int hex_value(char c) {
  if (digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void append_utf8(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | code >> 18);
    out += static_cast<char>(0x80 | (code >> 12 & 0x3f));
    out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  }
}

// The escapes that take more than one byte after the backslash. `i` stands at the first of them, and moves behind.
bool numeric_escape(std::string_view body, std::size_t& i, std::string& out) {
  if (body[i] == 'x') {
    if (i + 2 >= body.size()) return false;
    const int high = hex_value(body[i + 1]);
    const int low = hex_value(body[i + 2]);
    if (high < 0 || low < 0) return false;
    out += static_cast<char>(high << 4 | low);
    i += 3;
    return true;
  }
  if (body[i] == 'u') {
    if (++i >= body.size() || body[i] != '{') return false;
    std::uint32_t code = 0;
    std::size_t digits = 0;
    for (++i; i < body.size() && hex_value(body[i]) >= 0; ++i, ++digits) {
      code = code << 4 | static_cast<std::uint32_t>(hex_value(body[i]));
      if (code > 0x10ffff) return false;
    }
    if (digits == 0 || i >= body.size() || body[i] != '}') return false;
    ++i;
    append_utf8(out, code);
    return true;
  }
  int code = 0;
  std::size_t n = 0;
  for (; n < 3 && i < body.size() && digit(body[i]); ++n, ++i) code = code * 10 + (body[i] - '0');
  if (n == 0 || code > 255) return false;
  out += static_cast<char>(code);
  return true;
}

std::optional<std::string> short_literal(std::string_view body) {
  std::string out;
  out.reserve(body.size());
  for (std::size_t i = 0; i < body.size();) {
    if (body[i] != '\\') {
      out += body[i++];
      continue;
    }
    if (++i >= body.size()) return std::nullopt;
    constexpr std::string_view names = "abfnrtv\\\"'\n";
    constexpr std::string_view bytes = "\a\b\f\n\r\t\v\\\"'\n";
    if (const auto at = names.find(body[i]); at != std::string_view::npos) {
      out += bytes[at];
      ++i;
    } else if (body[i] == 'z') {
      for (++i; i < body.size() && blank(body[i]); ++i) {
      }
    } else if (!numeric_escape(body, i, out)) {
      return std::nullopt;
    }
  }
  return out;
}

}  // namespace

std::size_t Lexer::long_bracket(std::size_t at) const {
  std::size_t level = at + 1;
  while (level < text_.size() && text_[level] == '=') ++level;
  if (level >= text_.size() || text_[level] != '[') return 0;
  const std::size_t equals = level - at - 1;
  for (std::size_t i = level + 1; i < text_.size();) {
    i = text_.find(']', i);
    if (i == std::string_view::npos) return i;
    std::size_t j = i + 1;
    while (j < text_.size() && text_[j] == '=') ++j;
    if (j < text_.size() && text_[j] == ']' && j - i - 1 == equals) return j + 1;
    i = j;
  }
  return std::string_view::npos;
}

std::size_t Lexer::short_string(std::size_t at) const {
  const char quote = text_[at];
  for (std::size_t i = at + 1; i < text_.size(); ++i) {
    if (text_[i] == quote) return i + 1;
    if (text_[i] == '\n' || text_[i] == '\r') return std::string_view::npos;
    if (text_[i] != '\\') continue;
    ++i;
    if (i < text_.size() && text_[i] == 'z') {
      while (i + 1 < text_.size() && blank(text_[i + 1])) ++i;
    }
  }
  return std::string_view::npos;
}

std::size_t Lexer::number(std::size_t at) const {
  const bool hex = text_[at] == '0' && at + 1 < text_.size() && (text_[at + 1] | 0x20) == 'x';
  std::size_t i = hex ? at + 2 : at;
  for (; i < text_.size(); ++i) {
    const char lower = static_cast<char>(text_[i] | 0x20);
    if ((hex ? lower == 'p' : lower == 'e') && i + 1 < text_.size() && (text_[i + 1] == '+' || text_[i + 1] == '-')) {
      ++i;
    } else if (!digit(text_[i]) && !letter(text_[i]) && text_[i] != '.') {
      break;
    }
  }
  return i;
}

std::size_t Lexer::symbol(std::size_t at) const {
  const std::string_view rest = text_.substr(at, 3);
  if (rest == "...") return at + 3;
  for (const std::string_view two : {"==", "~=", "<=", ">=", "//", "::", "<<", ">>", ".."}) {
    if (rest.substr(0, 2) == two) return at + 2;
  }
  return at + 1;
}

bool Lexer::skip_blanks() {
  while (at_ < text_.size()) {
    if (blank(text_[at_])) {
      ++at_;
    } else if (text_[at_] == '-' && at_ + 1 < text_.size() && text_[at_ + 1] == '-') {
      const std::size_t after = at_ + 2;
      const std::size_t end = after < text_.size() && text_[after] == '[' ? long_bracket(after) : 0;
      if (end == std::string_view::npos) return false;
      if (end > 0) {
        at_ = end;
      } else {
        at_ = text_.find_first_of("\n\r", after);
        if (at_ == std::string_view::npos) at_ = text_.size();
      }
    } else {
      break;
    }
  }
  return true;
}

Token Lexer::next() {
  if (!skip_blanks()) return {TokenKind::bad, at_, text_.substr(at_)};
  if (at_ >= text_.size()) return {TokenKind::end, text_.size(), {}};
  const char c = text_[at_];
  TokenKind kind = TokenKind::symbol;
  std::size_t end = 0;
  if (letter(c)) {
    kind = TokenKind::name;
    for (end = at_ + 1; end < text_.size() && (letter(text_[end]) || digit(text_[end])); ++end) {
    }
  } else if (digit(c) || (c == '.' && at_ + 1 < text_.size() && digit(text_[at_ + 1]))) {
    kind = TokenKind::number;
    end = number(at_);
  } else if (c == '"' || c == '\'') {
    kind = TokenKind::string;
    end = short_string(at_);
  } else if (c == '[' && (end = long_bracket(at_)) != 0) {
    kind = TokenKind::string;
  } else {
    end = symbol(at_);
  }
  if (end == std::string_view::npos) return {TokenKind::bad, at_, text_.substr(at_)};
  const Token token{kind, at_, text_.substr(at_, end - at_)};
  at_ = end;
  return token;
}

std::optional<std::string> string_literal(std::string_view token) {
  if (token.size() < 2) return std::nullopt;
  if (token.front() != '[') return short_literal(token.substr(1, token.size() - 2));
  const std::size_t bracket = token.find('[', 1) + 1;
  std::string_view body = token.substr(bracket, token.size() - 2 * bracket);
  if (body.starts_with("\r\n")) {
    body.remove_prefix(2);
  } else if (body.starts_with('\n')) {
    body.remove_prefix(1);
  }
  return std::string(body);
}

std::optional<std::string> whole_number(std::string_view token) {
  std::uint64_t value = 0;
  const bool hex = token.starts_with("0x") || token.starts_with("0X");
  const std::string_view digits = hex ? token.substr(2) : token;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? 16 : 10);
  if (read.ec == std::errc() && read.ptr == digits.data() + digits.size()) {
    if (hex || value <= INT64_MAX) return std::to_string(static_cast<std::int64_t>(value));
    return std::nullopt;
  }
  const std::string copy(token);
  char* end = nullptr;
  const double number = std::strtod(copy.c_str(), &end);
  if (end != copy.c_str() + copy.size() || !(std::fabs(number) < 9e15) || number != std::floor(number)) {
    return std::nullopt;
  }
  return std::to_string(static_cast<std::int64_t>(number));
}

void Nesting::take(const Token& token) {
  if (token.kind == TokenKind::symbol) {
    if (token.text == "(" || token.text == "[" || token.text == "{") ++depth;
    if (token.text == ")" || token.text == "]" || token.text == "}") --depth;
  } else if (token.kind == TokenKind::name) {
    // `while` and `for` bring their own `do`.
    if (token.text == "function" || token.text == "if" || token.text == "do" || token.text == "repeat") ++depth;
    if (token.text == "end" || token.text == "until") --depth;
  }
}

}  // namespace plumb
