// Diagnostics: everything that is wrong, gathered, and shown once and in a stable order.
#pragma once

#include <string>
#include <vector>

#include "engine/base/error.h"

namespace plumb {

enum class Severity : std::uint8_t { error, warning };

struct Diagnostic {
  Severity severity = Severity::error;
  std::string message;
  std::string next_step;
  SourcePos pos{};
  // Further places that matter ("first given here"), each with its words.
  std::vector<std::pair<SourcePos, std::string>> related{};
  Fault fault = Fault::input;

  bool operator==(const Diagnostic&) const = default;
};

// Not thread-safe: workers return errors, the owner adds them.
class Diagnostics {
 public:
  void add(Diagnostic diagnostic);
  void error(std::string message, std::string next_step, SourcePos pos = {});
  void warning(std::string message, std::string next_step, SourcePos pos = {});
  void add(const Error& error);
  void merge(Diagnostics other);

  [[nodiscard]] bool has_errors() const noexcept { return errors_ > 0; }
  [[nodiscard]] std::size_t error_count() const noexcept { return errors_; }
  [[nodiscard]] bool empty() const noexcept { return items_.empty(); }
  // Sorted by severity, place and text; exact repeats are dropped.
  [[nodiscard]] std::vector<Diagnostic> sorted() const;

 private:
  std::vector<Diagnostic> items_;
  std::size_t errors_ = 0;
};

}  // namespace plumb
