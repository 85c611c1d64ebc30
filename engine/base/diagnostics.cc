#include "engine/base/diagnostics.h"

#include <algorithm>
#include <tuple>

namespace plumb {

void Diagnostics::add(Diagnostic diagnostic) {
  if (diagnostic.severity == Severity::error) ++errors_;
  items_.push_back(std::move(diagnostic));
}

void Diagnostics::error(std::string message, std::string next_step, SourcePos pos) {
  add(Diagnostic{Severity::error, std::move(message), std::move(next_step), pos});
}

void Diagnostics::warning(std::string message, std::string next_step, SourcePos pos) {
  add(Diagnostic{Severity::warning, std::move(message), std::move(next_step), pos});
}

void Diagnostics::add(const Error& error) {
  add(Diagnostic{Severity::error, error.message, error.next_step, error.pos, {}, error.fault});
}

void Diagnostics::merge(Diagnostics other) {
  for (Diagnostic& item : other.items_) add(std::move(item));
}

std::vector<Diagnostic> Diagnostics::sorted() const {
  std::vector<Diagnostic> out = items_;
  const auto before = [](const Diagnostic& a, const Diagnostic& b) {
    if (a.severity != b.severity) return a.severity < b.severity;
    if (!(a.pos == b.pos)) return a.pos < b.pos;
    return std::tie(a.message, a.next_step) < std::tie(b.message, b.next_step);
  };
  std::stable_sort(out.begin(), out.end(), before);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace plumb
