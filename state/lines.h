// Lines of a text with their numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace plumb::statefile {

struct Line {
  std::string_view text;     // without its newline
  std::uint32_t number = 0;  // from 1
  std::size_t begin = 0;     // offset of its first byte
  bool complete = false;     // a newline ended it
};

class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {}

  std::optional<Line> next() {
    if (at_ >= text_.size()) return std::nullopt;
    const std::size_t newline = text_.find('\n', at_);
    const std::size_t end = newline == std::string_view::npos ? text_.size() : newline;
    Line line{text_.substr(at_, end - at_), ++number_, at_, newline != std::string_view::npos};
    at_ = end + 1;
    return line;
  }
  [[nodiscard]] bool at_end() const noexcept { return at_ >= text_.size(); }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  std::uint32_t number_ = 0;
};

}  // namespace plumb::statefile
