// Lua's patterns, with every step counted: the original backtracks in C, where no hook fires.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "engine/lua/run.h"

namespace plumb::lua {

class Matcher {
 public:
  Matcher(lua_State* L, std::string_view subject, std::string_view pattern)
      : L_(L), subject_(subject), pattern_(pattern) {}
  ~Matcher() = default;
  Matcher(const Matcher&) = delete;
  Matcher& operator=(const Matcher&) = delete;

  static constexpr std::size_t none = std::string_view::npos;
  // The end of the match of the pattern (from `pattern_at`) that starts at `start`; none when there is none.
  std::size_t match(std::size_t start, std::size_t pattern_at);
  // Forgets the captures of the last match.
  void reset() { captures_ = 0; }

  // After a match from `start` to `end`: pushes capture `i`, where capture 0 of a pattern without captures is all of
  // it.
  void push_capture(std::size_t i, std::size_t start, std::size_t end);
  // Pushes all; the whole match when there are none and `whole_if_none`. Returns how many.
  int push_captures(std::size_t start, std::size_t end, bool whole_if_none);

  [[nodiscard]] std::string_view subject() const { return subject_; }

 private:
  static constexpr std::size_t open = none;
  static constexpr std::size_t position = none - 1;
  struct Capture {
    std::size_t start = 0;
    std::size_t size = 0;  // or `open`, or `position`
  };

  void step() {
    if (++uncharged_ == 64) {
      uncharged_ = 0;
      charge(L_, 64);
    }
  }
  std::size_t run(std::size_t s, std::size_t p);
  [[nodiscard]] std::size_t class_end(std::size_t p) const;
  bool in_set(unsigned char c, std::size_t p, std::size_t end);
  bool single(std::size_t s, std::size_t p, std::size_t end);
  std::size_t longest(std::size_t s, std::size_t p, std::size_t end);
  std::size_t shortest(std::size_t s, std::size_t p, std::size_t end);
  std::size_t start_capture(std::size_t s, std::size_t p, std::size_t kind);
  std::size_t end_capture(std::size_t s, std::size_t p);
  std::size_t back_reference(std::size_t s, std::size_t p);
  std::size_t balance(std::size_t s, std::size_t p);
  bool frontier(std::size_t s, std::size_t p, std::size_t end);

  lua_State* L_;
  std::string_view subject_;
  std::string_view pattern_;
  std::array<Capture, 32> capture_{};
  std::size_t captures_ = 0;
  int depth_ = 0;
  unsigned uncharged_ = 0;
};

// First place of `needle` at or after `from`, in linear time; npos when there is none.
std::size_t find_plain(std::string_view text, std::string_view needle, std::size_t from = 0);

}  // namespace plumb::lua
