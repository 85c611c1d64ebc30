// Where something stands in a source file. Every configuration node and most errors carry one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace plumb {

// A file name held once for the life of the process, so that a position stays 16 bytes and copies for free.
// Thread-safe. Compares by identity: equal names give equal handles.
class FileName {
 public:
  FileName() = default;
  explicit FileName(std::string_view name);

  [[nodiscard]] bool empty() const noexcept { return name_ == nullptr; }
  [[nodiscard]] const std::string& str() const noexcept;
  bool operator==(const FileName&) const = default;

 private:
  const std::string* name_ = nullptr;
};

// Line and column count from 1; the column counts bytes. Line 0 means "no position in the file", column 0 "somewhere in
// the line".
struct SourcePos {
  FileName file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;

  [[nodiscard]] bool known() const noexcept { return !file.empty(); }
  // `plumb.yaml:12:3`; `plumb.yaml:12` or `plumb.yaml` when no more is known; empty when nothing is.
  [[nodiscard]] std::string str() const;
  // `plumb.yaml:12`, for reasons in a plan.
  [[nodiscard]] std::string line_str() const;
  bool operator==(const SourcePos&) const = default;
};

// Orders by file name, then line, then column: the order in which diagnostics are shown.
bool operator<(const SourcePos& a, const SourcePos& b);

}  // namespace plumb
