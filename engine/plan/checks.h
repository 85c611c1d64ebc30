// Static checks of a stack: attributes against schemas, names in expressions against what exists. Internal to plan/.
#pragma once

#include <string>
#include <vector>

#include "engine/plan/world.h"

namespace plumb {

// Names that do not exist, values where only the server may speak, required ones that are missing, literals where a
// secret belongs.
void check_attributes(World& world, const std::vector<AttributeEntry>& entries, const std::vector<Attribute>& schema,
                      const std::string& what, const SourcePos& pos, bool provider);
// After other errors: wrong types of constants too, so that all mistakes are told at once. (Else evaluation tells
// them.)
void check_constants(World& world);
// All that can be said of a scope's document without evaluating it: types and attributes that do not exist, expressions
// that do not compile, names in them that nobody declared, calls of modules that do not fit. Each document is checked
// once, however many calls share it.
void check_document(World& world, std::uint32_t scope, const Document& document);
// The same of the expressions in `providers:`.
void check_provider_expressions(World& world);
// State behind a provider block that is gone.
void check_state_providers(World& world);
// --target and --replace name something.
void check_selection(World& world);

std::string join_words(const std::vector<std::string>& words);

}  // namespace plumb
