// Diagnostics and errors for people, and as JSON.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "engine/base/diagnostics.h"
#include "engine/model/value.h"
#include "engine/report/style.h"

namespace plumb {

// The whole text of a file as positions name it; nullopt when it cannot be had. May be empty: then no line is shown.
using SourceReader = std::function<std::optional<std::string>(const std::string& file)>;

// Every diagnostic, sorted, each as
//   error: there is no attribute "logn" (did you mean "login"?)
//     --> plumb.yaml:12:5
//      |
//   12 |     logn: true
//      |     ^
//     next step: ...
// The line is left out when the message speaks of a secret, since the secret may stand in it. All text is made
// printable. Ends with a newline unless there is nothing to say.
std::string diagnostics_text(const Diagnostics& diagnostics, const SourceReader& sources, const TextOptions& options);
std::string diagnostic_text(const Diagnostic& diagnostic, const SourceReader& sources, const TextOptions& options);
std::string error_text(const Error& error, const SourceReader& sources, const TextOptions& options);

// A list of {severity, summary, detail, fault, range, related}; `range` is null or {filename, start: {line, column}}.
Value diagnostics_json(const Diagnostics& diagnostics);
// `plumb validate --json`: {format_version, valid, error_count, warning_count, diagnostics}.
Value validation_json(const Diagnostics& diagnostics);
// `input`, `environment`, ...
std::string_view word(Fault fault) noexcept;

}  // namespace plumb
