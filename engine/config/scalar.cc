// The YAML 1.2 core schema (section 10.3.2): what a plain scalar means, and nothing that YAML 1.1 saw in it.
#include <charconv>
#include <cmath>
#include <string>

#include "engine/config/tree.h"

namespace plumb {
namespace {

constexpr const char* quote_it = "quote it to keep it as text";

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Takes digits off the front; how many.
std::size_t take_digits(std::string_view& text) noexcept {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  text.remove_prefix(count);
  return count;
}

bool take(std::string_view& text, std::string_view chars) noexcept {
  if (text.empty() || chars.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

enum class Form : std::uint8_t { text, decimal, hexadecimal, octal, floating, not_finite };

Form form_of(std::string_view text) noexcept {
  if (text.starts_with("0x") && text.size() > 2) {
    return text.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string_view::npos ? Form::hexadecimal
                                                                                         : Form::text;
  }
  if (text.starts_with("0o") && text.size() > 2) {
    return text.find_first_not_of("01234567", 2) == std::string_view::npos ? Form::octal : Form::text;
  }
  if (text == ".nan" || text == ".NaN" || text == ".NAN") return Form::not_finite;
  take(text, "+-");
  if (text == ".inf" || text == ".Inf" || text == ".INF") return Form::not_finite;
  const std::size_t whole = take_digits(text);
  if (whole > 0 && text.empty()) return Form::decimal;
  std::size_t fraction = 0;
  if (take(text, ".")) fraction = take_digits(text);
  if (whole + fraction == 0) return Form::text;
  if (text.empty()) return Form::floating;
  if (!take(text, "eE")) return Form::text;
  take(text, "+-");
  return take_digits(text) > 0 && text.empty() ? Form::floating : Form::text;
}

Result<Value> whole_number(const Tree& scalar, std::string_view digits, int base) {
  if (digits.starts_with('+')) digits.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (code == std::errc{} && end == digits.data() + digits.size()) return Value(value);
  return fail(scalar.text + " is out of range: integers have 64 bits, from -9223372036854775808 to 9223372036854775807",
              quote_it, scalar.pos);
}

Result<Value> floating(const Tree& scalar) {
  std::string_view text = scalar.text;
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code == std::errc{} && end == text.data() + text.size() && std::isfinite(value)) return Value(value);
  return fail(scalar.text + " is out of range of a number", quote_it, scalar.pos);
}

bool is_one_of(std::string_view text, std::string_view a, std::string_view b, std::string_view c) noexcept {
  return text == a || text == b || text == c;
}

}  // namespace

Result<Value> resolve_scalar(const Tree& scalar) {
  if (scalar.kind == Tree::Kind::null) return Value();
  const std::string& text = scalar.text;
  if (!scalar.plain) return Value(text);
  if (text.empty() || text == "~" || is_one_of(text, "null", "Null", "NULL")) return Value();
  if (is_one_of(text, "true", "True", "TRUE")) return Value(true);
  if (is_one_of(text, "false", "False", "FALSE")) return Value(false);
  switch (form_of(text)) {
    case Form::decimal:
      return whole_number(scalar, text, 10);
    case Form::hexadecimal:
      return whole_number(scalar, std::string_view(text).substr(2), 16);
    case Form::octal:
      return whole_number(scalar, std::string_view(text).substr(2), 8);
    case Form::floating:
      return floating(scalar);
    case Form::not_finite:
      return fail(text + " is not a finite number", "write a finite one, or quote it to keep it as text", scalar.pos);
    case Form::text:
      break;
  }
  return Value(text);
}

Result<Value> scalar_as(const Tree& scalar, const Type& type) {
  const bool text = type.kind == Type::Kind::string || type.kind == Type::Kind::enumeration;
  if (text && scalar.kind == Tree::Kind::scalar) return Value(scalar.text);
  return resolve_scalar(scalar);
}

}  // namespace plumb
