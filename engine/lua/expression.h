// What can be told of an expression's text without running it: where it ends, and what it names.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plumb {

// A chain that starts at a scope name: `postgres.role.app["x"].name` is {postgres, role, app, x, name}. At an index
// that is no literal the chain stops and is widened: it stands for everything below. A hint, never the truth: a local
// variable may shadow the name.
struct ReferenceChain {
  std::vector<std::string> steps;
  bool widened = false;
  std::size_t offset = 0;  // byte in the expression where it starts
  bool operator==(const ReferenceChain&) const = default;
};

// `text` starts just after `${`. The offset of the `}` that ends the expression by Lua's own lexical rules (strings,
// long brackets, comments, nested braces); nullopt when there is none.
std::optional<std::size_t> expression_end(std::string_view text);

// Chains whose first name is one of `scope` (var, locals, each, ..., provider names), in order of appearance, without
// repeats. `whole` is set when the expression is nothing but that one chain with literal indices.
struct References {
  std::vector<ReferenceChain> chains;
  bool whole = false;
};
References references(std::string_view expression, const std::vector<std::string>& scope);

// `try(a, b)`, `can(a)` and `nonsensitive(a)` are forms, not functions: each argument becomes a function, so that it
// runs lazily. So do those of `file(path)` and `template(path, vars)`, so that a path made of a secret can be told; but
// not in a `script`, which sees no secret and has names of its own.
// Line breaks are kept, so that Lua's line numbers stay true.
std::string rewrite_forms(std::string_view expression, bool script = false);

// The text with `$${` for each `${`: as a template it stands for itself.
std::string literal_text(std::string_view text);

}  // namespace plumb
