#include "engine/config/template.h"

#include <optional>
#include <utility>

#include "engine/lua/expression.h"

namespace plumb {
namespace {

constexpr std::string_view opening = "${";
constexpr std::string_view escaped = "$${";
// How much of a broken document is looked at for the end of an expression.
constexpr std::size_t window = 4096;

// Folding and escapes move bytes, but no style divides or reorders a `${`: the n-th of the value is the n-th of the
// source.
class Locator {
 public:
  Locator(std::string_view value, const SourceText& source, std::size_t begin)
      : value_(value), source_(source), begin_(begin), source_next_(begin) {}

  // The offset of the `${` that stands at `index` of the value; ever greater indices. The scalar itself if it is
  // written with escapes (`\x24{`).
  std::size_t find(std::size_t index) {
    std::size_t found = begin_;
    while (value_next_ <= index && source_next_ != std::string_view::npos) {
      const std::size_t at = value_.find(opening, value_next_);
      const std::size_t in_source = source_.text().find(opening, source_next_);
      if (in_source == std::string_view::npos) return begin_;
      found = in_source;
      value_next_ = at + 1;
      source_next_ = in_source + 1;
      if (at == index) return found;
    }
    return begin_;
  }

 private:
  std::string_view value_;
  const SourceText& source_;
  std::size_t begin_;
  std::size_t value_next_ = 0;
  std::size_t source_next_;
};

// The ` #` that follows on the line of an unterminated expression in a plain scalar.
std::optional<std::size_t> comment_after(const SourceText& source, std::size_t offset) {
  const std::size_t end = source.line_end(offset);
  for (std::size_t i = offset + 1; i < end; ++i) {
    const char before = source.byte(i - 1);
    if (source.byte(i) == '#' && (before == ' ' || before == '\t')) return i;
  }
  return std::nullopt;
}

void unterminated(bool plain, const SourceText& source, std::size_t offset, Diagnostics& diagnostics) {
  const std::optional<std::size_t> comment = plain ? comment_after(source, offset) : std::nullopt;
  if (comment) {
    diagnostics.error("the expression has no end: the ` #` at column " + std::to_string(source.at(*comment).column) +
                          " starts a comment and cuts it",
                      "quote it: put the whole value in single quotes", source.at(offset));
    return;
  }
  diagnostics.error("the expression has no end",
                    "close it with `}`, and its strings and brackets too; a literal `${` is written `$${`",
                    source.at(offset));
}

// The pieces of one text.
class Splitter {
 public:
  Splitter(const Tree& scalar, const SourceText& source, std::size_t begin, Diagnostics& diagnostics)
      : text_(scalar.text),
        plain_(scalar.plain),
        source_(source),
        diagnostics_(diagnostics),
        locator_(text_, source, begin) {
    literal_.pos = scalar.pos;
  }

  bool split() {
    std::size_t at = 0;
    while (true) {
      const std::size_t dollar = text_.find('$', at);
      literal_.text.append(text_.substr(at, dollar - at));
      if (dollar == std::string_view::npos) break;
      const std::string_view rest = text_.substr(dollar);
      if (rest.starts_with(escaped)) {
        literal_.text += opening;
        at = dollar + escaped.size();
      } else if (rest.starts_with(opening)) {
        const std::optional<std::size_t> end = expression(dollar);
        if (!end) return false;
        at = *end;
      } else {
        literal_.text += '$';
        at = dollar + 1;
      }
    }
    finish_literal();
    return true;
  }

  std::vector<Piece> pieces;
  bool expressions = false;

 private:
  void finish_literal() {
    if (!literal_.text.empty()) pieces.push_back(std::exchange(literal_, {}));
  }

  // Returns where the text goes on behind the `}`.
  std::optional<std::size_t> expression(std::size_t dollar) {
    finish_literal();
    const std::size_t offset = locator_.find(dollar);
    const std::string_view body = text_.substr(dollar + opening.size());
    const std::optional<std::size_t> end = expression_end(body);
    if (!end) {
      unterminated(plain_, source_, offset, diagnostics_);
      return std::nullopt;
    }
    Piece piece{true, std::string(body.substr(0, *end)), source_.at(offset + opening.size())};
    if (piece.text.find_first_not_of(" \t\r\n") == std::string::npos) {
      diagnostics_.error("the expression is empty", "write one between `${` and `}`; a literal `${` is written `$${`",
                         source_.at(offset));
      return std::nullopt;
    }
    // On one line and without escapes, what follows stands just behind.
    const std::size_t after = offset + opening.size() + *end + 1;
    const bool verbatim = source_.text().substr(offset + opening.size(), *end) == piece.text;
    literal_ = {false, {}, verbatim ? source_.at(after) : piece.pos};
    pieces.push_back(std::move(piece));
    expressions = true;
    return dollar + opening.size() + *end + 1;
  }

  std::string_view text_;
  bool plain_;
  const SourceText& source_;
  Diagnostics& diagnostics_;
  Locator locator_;
  Piece literal_;
};

// The last `${` at or before the offset, on its line or the few before it.
std::optional<std::size_t> opening_before(const SourceText& source, std::size_t offset) {
  const std::size_t at = source.text().rfind(opening, offset);
  if (at == std::string_view::npos || offset - at > window) return std::nullopt;
  return at;
}

}  // namespace

void split_template(Tree& scalar, const SourceText& source, std::size_t begin, Diagnostics& diagnostics) {
  if (scalar.text.find(opening) == std::string::npos) return;
  Splitter splitter(scalar, source, begin, diagnostics);
  if (!splitter.split()) return;
  if (!splitter.expressions) {
    scalar.text = std::move(splitter.pieces.front().text);
    return;
  }
  scalar.kind = Tree::Kind::template_;
  scalar.text.clear();
  scalar.pieces = std::move(splitter.pieces);
}

std::string key_text(const std::string& text, const SourceText& source, std::size_t begin, Diagnostics& diagnostics) {
  if (text.find(opening) == std::string::npos) return text;
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = std::string_view(text).substr(at);
    if (rest.starts_with(escaped)) {
      out += opening;
      at += escaped.size();
    } else if (rest.starts_with(opening)) {
      const bool whole = expression_end(rest.substr(opening.size())).has_value();
      if (whole) {
        diagnostics.error("a key cannot hold an expression",
                          "write the key as text, or make the whole map with one expression", source.at(begin + at));
      } else {
        diagnostics.error("the `: ` in this expression makes a key of its beginning",
                          "quote it: put the whole value in single quotes", source.at(begin + at));
      }
      return text;
    } else {
      out += text[at++];
    }
  }
  return out;
}

bool explain_unquoted(const SourceText& source, std::size_t offset, Diagnostics& diagnostics) {
  const std::optional<std::size_t> at = opening_before(source, offset);
  if (!at || (*at > 0 && source.byte(*at - 1) == '\\')) return false;
  if (*at + 1 == offset) {
    diagnostics.error("an expression inside of `[...]` or `{...}` must be quoted", "quote it: '${...}'",
                      source.at(*at));
    return true;
  }
  const std::optional<std::size_t> end = expression_end(source.text().substr(*at + opening.size(), window));
  const bool same_line = source.line_begin(*at) == source.line_begin(offset);
  const bool inside = end ? *at + opening.size() + *end >= offset : same_line;
  if (!inside) return false;
  diagnostics.error(
      "this expression breaks the YAML around it: `: `, ` #` or a quote of the kind around it stands in it",
      "quote it: put the whole value in single quotes, and write each single quote inside twice", source.at(*at));
  return true;
}

}  // namespace plumb
