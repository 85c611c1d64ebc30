// Values as plans and state show them: strings quoted, marked leaves masked, never a secret.
#pragma once

#include <string>
#include <vector>

#include "engine/model/path.h"
#include "engine/model/schema.h"
#include "engine/model/value.h"

namespace plumb {

// One line: `"text"`, `12`, `null`, `["a", "b"]`, `{ plan = "free" }`, `(known after apply)`, `(sensitive)`,
// `(unavailable)`.
std::string value_text(const Value& value);

// A value in as many lines as it takes: maps and lists of more than one short line are nested, strings of several lines
// stand as blocks. Each line begins with `indent` blanks; `label: ` comes before the first.
std::vector<std::string> value_lines(const std::string& label, const Value& value, std::size_t indent);

// The lines in which two texts of several lines differ, with two lines around; `- `, `+ ` or two blanks before each.
std::vector<std::string> text_diff(std::string_view before, std::string_view after);

}  // namespace plumb
