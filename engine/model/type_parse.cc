// Reads the language that variables' types are written in.
#include <algorithm>
#include <cctype>

#include "engine/base/suggest.h"
#include "engine/model/address.h"
#include "engine/model/quoted_text.h"
#include "engine/model/type.h"

namespace plumb {

namespace {

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<TypePtr> all() {
    TypePtr type = PLUMB_TRY(one(0));
    space();
    if (at_ != text_.size()) return bad("there is something after the type");
    return type;
  }

 private:
  tl::unexpected<Error> bad(const std::string& message, std::string next = {}) const {
    if (next.empty())
      next =
          "types are string, integer, number, bool, any, list(T), set(T), map(T), object({ a: T, b?: T }), "
          "enum(a, b), sensitive(T)";
    SourcePos pos;
    pos.line = 1;
    pos.column = static_cast<std::uint32_t>(at_ + 1);
    return fail(message, std::move(next), pos);
  }

  void space() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }

  bool accept(char c) {
    space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  Result<void> expect(char c) {
    if (accept(c)) return {};
    return bad(std::string("expected `") + c + "`" + (at_ < text_.size() ? "" : " before the end"));
  }

  std::string word() {
    space();
    const std::size_t start = at_;
    while (at_ < text_.size() &&
           (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '_' || text_[at_] == '-')) {
      ++at_;
    }
    return std::string(text_.substr(start, at_ - start));
  }

  Result<std::string> symbol() {
    space();
    if (at_ < text_.size() && text_[at_] == '"') {
      auto out = read_quoted(text_, at_);
      if (!out) return bad("a quote is not closed, or has an unknown escape");
      return std::move(*out);
    }
    if (at_ < text_.size() && text_[at_] == '\'') {
      const std::size_t start = at_ + 1;
      const std::size_t end = text_.find('\'', start);
      if (end == std::string_view::npos) return bad("a quote is not closed");
      at_ = end + 1;
      return std::string(text_.substr(start, end - start));
    }
    std::string out = word();
    if (out.empty()) return bad("expected a value of the enum");
    return out;
  }

  Result<TypePtr> one(int depth) {
    if (depth > 50) return bad("types are nested too deep");
    space();
    const std::size_t start = at_;
    const std::string name = word();
    if (name == "string") return string_type();
    if (name == "integer") return integer_type();
    if (name == "number") return number_type();
    if (name == "bool") return bool_type();
    if (name == "any") return any_type();
    if (name == "object") return object(depth);
    if (name == "enum") return enumeration();
    static const std::vector<std::string> known{"string", "integer", "number", "bool", "any",      "list",
                                                "set",    "map",     "object", "enum", "sensitive"};
    if (name != "list" && name != "set" && name != "map" && name != "sensitive") {
      at_ = start;
      return bad(name.empty() ? "expected a type" : "there is no type " + quoted(name) + did_you_mean(name, known));
    }
    PLUMB_CHECK(expect('('));
    TypePtr inner = PLUMB_TRY(one(depth + 1));
    PLUMB_CHECK(expect(')'));
    if (name == "list") return list_type(std::move(inner));
    if (name == "set") return set_type(std::move(inner));
    if (name == "map") return map_type(std::move(inner));
    return sensitive_type(inner);
  }

  Result<TypePtr> object(int depth) {
    PLUMB_CHECK(expect('('));
    PLUMB_CHECK(expect('{'));
    std::vector<Field> fields;
    while (!accept('}')) {
      if (!fields.empty()) {
        PLUMB_CHECK(expect(','));
        if (accept('}')) break;
      }
      Field field;
      field.name = word();
      if (field.name.empty()) return bad("expected the name of a field");
      if (std::any_of(fields.begin(), fields.end(), [&](const Field& f) { return f.name == field.name; })) {
        return bad("the field " + quoted(field.name) + " is given twice", "keep one of them");
      }
      field.optional = accept('?');
      PLUMB_CHECK(expect(':'));
      field.type = PLUMB_TRY(one(depth + 1));
      fields.push_back(std::move(field));
    }
    PLUMB_CHECK(expect(')'));
    return object_type(std::move(fields));
  }

  Result<TypePtr> enumeration() {
    PLUMB_CHECK(expect('('));
    std::vector<std::string> symbols;
    do {
      symbols.push_back(PLUMB_TRY(symbol()));
    } while (accept(','));
    PLUMB_CHECK(expect(')'));
    return enum_type(std::move(symbols));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<TypePtr> parse_type(std::string_view text) { return Parser(text).all(); }

}  // namespace plumb
