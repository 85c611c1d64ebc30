#include "engine/report/diagnostics.h"

#include <map>

#include "engine/base/text.h"

namespace plumb {

namespace {

// Beyond this a line is more noise than help (a minified document).
constexpr std::size_t kLongestExcerpt = 240;

std::optional<std::string_view> line_of(std::string_view text, std::uint32_t number) {
  std::size_t begin = 0;
  for (std::uint32_t at = 1; at < number; ++at) {
    const std::size_t newline = text.find('\n', begin);
    if (newline == std::string_view::npos) return std::nullopt;
    begin = newline + 1;
  }
  if (begin >= text.size()) return std::nullopt;
  std::string_view line = text.substr(begin, text.find('\n', begin) - begin);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

std::size_t characters(std::string_view text) {
  std::size_t n = 0;
  for (const char c : text) n += (static_cast<unsigned char>(c) & 0xc0) != 0x80 ? 1 : 0;
  return n;
}

// The line and a caret under the column; nothing when the file cannot be had.
std::string excerpt(const SourcePos& pos, const SourceReader& sources, const TextOptions& options) {
  if (!sources || pos.line == 0) return {};
  const std::optional<std::string> text = sources(pos.file.str());
  if (!text) return {};
  const std::optional<std::string_view> line = line_of(*text, pos.line);
  if (!line || line->size() > kLongestExcerpt) return {};
  const std::string number = std::to_string(pos.line);
  const std::string gutter = "  " + std::string(number.size(), ' ') + " | ";
  std::string out = toned(gutter.substr(0, gutter.size() - 1), Tone::dim, options) + "\n";
  out += toned("  " + number + " | ", Tone::dim, options) + printable(*line) + "\n";
  if (pos.column > 0 && pos.column <= line->size() + 1) {
    const std::size_t before = characters(printable(line->substr(0, pos.column - 1)));
    out += toned(gutter, Tone::dim, options) + std::string(before, ' ') + toned("^", Tone::bad, options) + "\n";
  }
  return out;
}

// The line may hold the very secret that the message warns of: it is not repeated.
bool names_secret(std::string_view message) {
  return message.find("secret") != std::string_view::npos || message.find("sensitive") != std::string_view::npos;
}

// Lines after the first stand under it.
std::string indented(std::string_view text, std::string_view indent) {
  std::string out;
  for (const char c : printable(text, true)) {
    out += c;
    if (c == '\n') out += indent;
  }
  return out;
}

Diagnostic diagnostic_of(const Error& error) {
  Diagnostic diagnostic;
  diagnostic.message = error.message;
  diagnostic.next_step = error.next_step;
  diagnostic.pos = error.pos;
  diagnostic.fault = error.fault;
  return diagnostic;
}

Value range_json(const SourcePos& pos) {
  if (!pos.known()) return {};
  ValueMap start;
  start.set("column", std::int64_t{pos.column});
  start.set("line", std::int64_t{pos.line});
  ValueMap range;
  range.set("filename", pos.file.str());
  range.set("start", Value(std::move(start)));
  return range;
}

Value diagnostic_json(const Diagnostic& diagnostic) {
  Value::List related;
  for (const auto& [pos, text] : diagnostic.related) {
    ValueMap place;
    place.set("range", range_json(pos));
    place.set("text", text);
    related.emplace_back(std::move(place));
  }
  ValueMap out;
  out.set("detail", diagnostic.next_step);
  out.set("fault", word(diagnostic.fault));
  out.set("range", range_json(diagnostic.pos));
  out.set("related", Value(std::move(related)));
  out.set("severity", diagnostic.severity == Severity::error ? "error" : "warning");
  out.set("summary", diagnostic.message);
  return out;
}

// Files are read once for a whole list of diagnostics.
SourceReader remembering(const SourceReader& sources) {
  if (!sources) return {};
  return [&sources, read = std::map<std::string, std::optional<std::string>>()](const std::string& file) mutable {
    auto found = read.find(file);
    if (found == read.end()) found = read.emplace(file, sources(file)).first;
    return found->second;
  };
}

}  // namespace

std::string diagnostic_text(const Diagnostic& diagnostic, const SourceReader& sources, const TextOptions& options) {
  const bool error = diagnostic.severity == Severity::error;
  std::string out = toned(error ? "error:" : "warning:", error ? Tone::bad : Tone::warn, options);
  out += " " + indented(diagnostic.message, "  ") + "\n";
  if (diagnostic.pos.known()) {
    out += toned("  --> ", Tone::dim, options) + printable(diagnostic.pos.str()) + "\n";
    if (!names_secret(diagnostic.message)) out += excerpt(diagnostic.pos, sources, options);
  }
  for (const auto& [pos, text] : diagnostic.related) {
    out += toned("  --> ", Tone::dim, options) + (pos.known() ? printable(pos.str()) + ": " : "") + printable(text);
    out += "\n";
  }
  if (diagnostic.fault == Fault::internal) out += "  this is a bug in Plumb, not in what you wrote\n";
  if (!diagnostic.next_step.empty()) {
    out += toned("  next step: ", Tone::strong, options) + indented(diagnostic.next_step, "  ") + "\n";
  }
  return out;
}

std::string diagnostics_text(const Diagnostics& diagnostics, const SourceReader& sources, const TextOptions& options) {
  const SourceReader reader = remembering(sources);
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics.sorted()) out += diagnostic_text(diagnostic, reader, options);
  return out;
}

std::string error_text(const Error& error, const SourceReader& sources, const TextOptions& options) {
  return diagnostic_text(diagnostic_of(error), sources, options);
}

Value diagnostics_json(const Diagnostics& diagnostics) {
  Value::List out;
  for (const Diagnostic& diagnostic : diagnostics.sorted()) out.push_back(diagnostic_json(diagnostic));
  return out;
}

Value validation_json(const Diagnostics& diagnostics) {
  std::int64_t errors = 0;
  std::int64_t warnings = 0;
  for (const Diagnostic& diagnostic : diagnostics.sorted()) {
    (diagnostic.severity == Severity::error ? errors : warnings) += 1;
  }
  ValueMap out;
  out.set("diagnostics", diagnostics_json(diagnostics));
  out.set("error_count", errors);
  out.set("format_version", "1.0");
  out.set("valid", errors == 0);
  out.set("warning_count", warnings);
  return out;
}

std::string_view word(Fault fault) noexcept {
  switch (fault) {
    case Fault::input:
      return "input";
    case Fault::environment:
      return "environment";
    case Fault::unreachable:
      return "unreachable";
    case Fault::refused:
      return "refused";
    case Fault::denied:
      return "denied";
    case Fault::provider:
      return "provider";
    case Fault::internal:
      return "internal";
  }
  return "internal";
}

}  // namespace plumb
