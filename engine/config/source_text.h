// The text of a document: its lines, and the bytes that may not stand in it.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/base/diagnostics.h"

namespace plumb {

// Largest document that is read, in bytes.
inline constexpr std::uint64_t kLargestDocument = 16U << 20U;

// Turns offsets into positions. Refers to the text, which must outlive it.
class SourceText {
 public:
  SourceText(std::string_view text, FileName file);

  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  [[nodiscard]] FileName file() const noexcept { return file_; }
  // The byte at the offset; '\0' behind the end.
  [[nodiscard]] char byte(std::size_t offset) const noexcept { return offset < text_.size() ? text_[offset] : '\0'; }
  // Logarithmic in the number of lines.
  [[nodiscard]] SourcePos at(std::size_t offset) const;
  // Where the line of the offset ends: at its line feed, or at the end of the text.
  [[nodiscard]] std::size_t line_end(std::size_t offset) const noexcept;
  // Where the line of the offset begins.
  [[nodiscard]] std::size_t line_begin(std::size_t offset) const noexcept;

 private:
  std::string_view text_;
  FileName file_;
  std::vector<std::uint32_t> starts_;  // offset of each line
};

// Takes a byte order mark off.
std::string_view without_bom(std::string_view text) noexcept;
// Refuses what is too large, not UTF-8 (UTF-16 by name), or holds control bytes. True when all is well.
bool check_bytes(const SourceText& source, Diagnostics& diagnostics);

}  // namespace plumb
