#include "engine/config/source_text.h"

#include <algorithm>
#include <cstdio>

#include "engine/base/clock.h"
#include "engine/base/text.h"

namespace plumb {
namespace {

constexpr std::string_view save_as_utf8 = "save the file as UTF-8";

bool looks_like_utf16(std::string_view text) noexcept {
  if (text.size() < 2) return false;
  const std::string_view first = text.substr(0, 2);
  return first == "\xff\xfe" || first == "\xfe\xff" || text[0] == '\0' || text[1] == '\0';
}

// What YAML calls not printable, among the bytes below 0x80; a carriage return only before a line feed.
bool forbidden(std::string_view text, std::size_t i) noexcept {
  const auto c = static_cast<unsigned char>(text[i]);
  if (c == '\r') return i + 1 >= text.size() || text[i + 1] != '\n';
  return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
}

std::size_t first_forbidden(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (forbidden(text, i)) return i;
  }
  return text.size();
}

// The first line that is no UTF-8; precondition: there is one. A sequence never spans lines.
std::size_t first_bad_line(std::string_view text) {
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (!valid_utf8(text.substr(begin, end - begin)) || end == text.size()) return begin;
    begin = end + 1;
  }
}

// The first byte that does not belong: the longest good beginning of its line, found by halving.
std::size_t first_bad_byte(std::string_view text) {
  const std::size_t line = first_bad_line(text);
  std::size_t good = line;
  std::size_t end = std::min(text.find('\n', line), text.size());
  const auto starts_sequence = [&](std::size_t i) { return (static_cast<unsigned char>(text[i]) & 0xc0U) != 0x80U; };
  while (end - good > 8) {
    std::size_t middle = good + (end - good) / 2;
    while (middle > good && !starts_sequence(middle)) --middle;
    if (middle == good) break;
    if (valid_utf8(text.substr(good, middle - good))) {
      good = middle;
    } else {
      end = middle;
    }
  }
  for (std::size_t i = good + 1; i <= end; ++i) {
    if ((i == text.size() || starts_sequence(i)) && valid_utf8(text.substr(good, i - good))) good = i;
  }
  return good;
}

std::string byte_name(char c) {
  char buffer[8];
  std::snprintf(buffer, sizeof buffer, "0x%02x", static_cast<unsigned char>(c));
  return buffer;
}

}  // namespace

SourceText::SourceText(std::string_view text, FileName file) : text_(text), file_(file), starts_{0} {
  starts_.reserve(text.size() / 24);
  for (std::size_t i = text.find('\n'); i != std::string_view::npos; i = text.find('\n', i + 1)) {
    starts_.push_back(static_cast<std::uint32_t>(i + 1));
  }
}

SourcePos SourceText::at(std::size_t offset) const {
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
  const auto line = static_cast<std::uint32_t>(after - starts_.begin());  // from 1
  return {file_, line, static_cast<std::uint32_t>(offset - starts_[line - 1]) + 1};
}

std::size_t SourceText::line_end(std::size_t offset) const noexcept {
  return std::min(text_.find('\n', offset), text_.size());
}

std::size_t SourceText::line_begin(std::size_t offset) const noexcept {
  return *(std::upper_bound(starts_.begin(), starts_.end(), offset) - 1);
}

std::string_view without_bom(std::string_view text) noexcept {
  constexpr std::string_view bom = "\xef\xbb\xbf";
  return text.starts_with(bom) ? text.substr(bom.size()) : text;
}

bool check_bytes(const SourceText& source, Diagnostics& diagnostics) {
  const std::string_view text = source.text();
  if (text.size() > kLargestDocument) {
    diagnostics.error("the document has " + size_text(text.size()) + ", more than " + size_text(kLargestDocument),
                      "split it into files and name them under `include:`", {source.file()});
    return false;
  }
  if (looks_like_utf16(text)) {
    diagnostics.error("the file is UTF-16, not UTF-8", std::string(save_as_utf8), {source.file()});
    return false;
  }
  if (!valid_utf8(text)) {
    const std::size_t bad = first_bad_byte(text);
    diagnostics.error("the byte " + byte_name(source.byte(bad)) + " is not valid UTF-8", std::string(save_as_utf8),
                      source.at(bad));
    return false;
  }
  const std::size_t bad = first_forbidden(text);
  if (bad == text.size()) return true;
  diagnostics.error("the control byte " + byte_name(text[bad]) + " may not stand in YAML",
                    "remove it, or write it as an escape in a double-quoted string", source.at(bad));
  return false;
}

}  // namespace plumb
