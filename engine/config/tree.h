// Tree: a value as it was written, with templates still in it and a position on every node.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/diagnostics.h"
#include "engine/model/type.h"
#include "engine/model/value.h"

namespace plumb {

// One piece of a string: literal text, or the text of an expression (without `${` and `}`).
struct Piece {
  bool expression = false;
  std::string text;
  SourcePos pos{};  // of the first byte of the expression; of the literal
};

struct Tree {
  enum class Kind : std::uint8_t {
    null,       // `null`, `~` or nothing
    scalar,     // no expression in it
    template_,  // pieces: one lone expression keeps its type, else text is joined
    list,
    map,
  };
  struct Entry;

  Kind kind = Kind::null;
  SourcePos pos{};
  bool plain = false;  // scalar: written without quotes, so it may be a number
  std::string text;    // scalar: as written
  std::vector<Piece> pieces;
  std::vector<Tree> items;
  std::vector<Entry> entries;  // in order of the file; keys are unique and hold no expression

  [[nodiscard]] const Entry* find(std::string_view key) const noexcept;
  // A template that is just one `${...}`.
  [[nodiscard]] bool lone_expression() const noexcept { return kind == Kind::template_ && pieces.size() == 1; }
  // No expression at or below. Linear; call once and keep it.
  [[nodiscard]] bool constant() const noexcept;
};

struct Tree::Entry {
  std::string key;
  SourcePos pos{};
  Tree value;
};

// A scalar as the YAML 1.2 core schema reads it: null, bool, integer (decimal, 0x, 0o), float, else the text.
// Out-of-range integers are errors. Quoted scalars are strings.
Result<Value> resolve_scalar(const Tree& scalar);
// The same, when a value of `type` is wanted: a string takes a plain number as it was written (`1.10`, `0x1F`).
Result<Value> scalar_as(const Tree& scalar, const Type& type);

// A constant tree as a value of `type`; errors are placed. Precondition: constant().
Value constant_value(const Tree& tree, const Type& type, Diagnostics& diagnostics);

}  // namespace plumb
