// Splits the `${...}` in a scalar's text.
#pragma once

#include "engine/config/source_text.h"
#include "engine/config/tree.h"

namespace plumb {

// Makes a template of a scalar that holds expressions, and `${` of `$${`. `begin` is the offset of the scalar's bytes.
void split_template(Tree& scalar, const SourceText& source, std::size_t begin, Diagnostics& diagnostics);

// A key's text with `${` for `$${`; an expression in it is an error.
std::string key_text(const std::string& text, const SourceText& source, std::size_t begin, Diagnostics& diagnostics);

// The expression that broke the YAML at `offset`, if one did: says that it must be quoted.
bool explain_unquoted(const SourceText& source, std::size_t offset, Diagnostics& diagnostics);

}  // namespace plumb
