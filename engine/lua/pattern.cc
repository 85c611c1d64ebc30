#include "engine/lua/pattern.h"

#include <cstring>

namespace plumb::lua {
namespace {

constexpr int deepest = 200;

bool between(unsigned char c, char low, char high) {
  return c >= static_cast<unsigned char>(low) && c <= static_cast<unsigned char>(high);
}
bool is_letter(unsigned char c) { return between(static_cast<unsigned char>(c | 0x20), 'a', 'z'); }
bool is_digit(unsigned char c) { return between(c, '0', '9'); }

// A class letter, as in `%a`. ASCII only: a plan does not depend on a locale.
bool in_class(unsigned char c, char letter) {
  const char lower = static_cast<char>(letter | 0x20);
  bool is = false;
  switch (lower) {
    case 'a':
      is = is_letter(c);
      break;
    case 'c':
      is = c < 32 || c == 127;
      break;
    case 'd':
      is = is_digit(c);
      break;
    case 'g':
      is = c > 32 && c < 127;
      break;
    case 'l':
      is = between(c, 'a', 'z');
      break;
    case 'p':
      is = c > 32 && c < 127 && !is_letter(c) && !is_digit(c);
      break;
    case 's':
      is = c == ' ' || between(c, '\t', '\r');
      break;
    case 'u':
      is = between(c, 'A', 'Z');
      break;
    case 'w':
      is = is_letter(c) || is_digit(c);
      break;
    case 'x':
      is = is_digit(c) || between(static_cast<unsigned char>(c | 0x20), 'a', 'f');
      break;
    default:
      return c == static_cast<unsigned char>(letter);
  }
  return between(static_cast<unsigned char>(letter), 'A', 'Z') ? !is : is;
}

}  // namespace

std::size_t Matcher::class_end(std::size_t p) const {
  const char c = pattern_[p++];
  if (c == '%') {
    if (p >= pattern_.size()) raise(L_, "malformed pattern (ends with '%')");
    return p + 1;
  }
  if (c != '[') return p;
  if (p < pattern_.size() && pattern_[p] == '^') ++p;
  do {  // a `]` at the start is part of the set
    if (p >= pattern_.size()) raise(L_, "malformed pattern (missing ']')");
    if (pattern_[p++] == '%') ++p;
  } while (p >= pattern_.size() || pattern_[p] != ']');
  return p + 1;
}

// `p` stands at the `[`, `end` behind the `]`.
bool Matcher::in_set(unsigned char c, std::size_t p, std::size_t end) {
  const std::size_t last = end - 1;
  bool wanted = true;
  if (pattern_[++p] == '^') {
    wanted = false;
    ++p;
  }
  for (; p < last; ++p) {
    step();
    if (pattern_[p] == '%') {
      ++p;
      if (in_class(c, pattern_[p])) return wanted;
    } else if (p + 2 < last && pattern_[p + 1] == '-') {
      if (between(c, pattern_[p], pattern_[p + 2])) return wanted;
      p += 2;
    } else if (static_cast<unsigned char>(pattern_[p]) == c) {
      return wanted;
    }
  }
  return !wanted;
}

bool Matcher::single(std::size_t s, std::size_t p, std::size_t end) {
  step();
  if (s >= subject_.size()) return false;
  const auto c = static_cast<unsigned char>(subject_[s]);
  switch (pattern_[p]) {
    case '.':
      return true;
    case '%':
      return in_class(c, pattern_[p + 1]);
    case '[':
      return in_set(c, p, end);
    default:
      return static_cast<unsigned char>(pattern_[p]) == c;
  }
}

std::size_t Matcher::longest(std::size_t s, std::size_t p, std::size_t end) {
  std::size_t count = 0;
  while (single(s + count, p, end)) ++count;
  for (;; --count) {
    if (const std::size_t found = match(s + count, end + 1); found != none) return found;
    if (count == 0) return none;
  }
}

std::size_t Matcher::shortest(std::size_t s, std::size_t p, std::size_t end) {
  for (;; ++s) {
    if (const std::size_t found = match(s, end + 1); found != none) return found;
    if (!single(s, p, end)) return none;
  }
}

std::size_t Matcher::start_capture(std::size_t s, std::size_t p, std::size_t kind) {
  if (captures_ >= capture_.size()) raise(L_, "too many captures");
  capture_[captures_++] = {s, kind};
  const std::size_t found = match(s, p);
  if (found == none) --captures_;
  return found;
}

std::size_t Matcher::end_capture(std::size_t s, std::size_t p) {
  std::size_t i = captures_;
  while (i > 0 && capture_[i - 1].size != open) --i;
  if (i == 0) raise(L_, "invalid pattern capture");
  capture_[i - 1].size = s - capture_[i - 1].start;
  const std::size_t found = match(s, p);
  if (found == none) capture_[i - 1].size = open;
  return found;
}

std::size_t Matcher::back_reference(std::size_t s, std::size_t p) {
  const auto i = static_cast<std::size_t>(pattern_[p] - '1');
  if (pattern_[p] == '0' || i >= captures_ || capture_[i].size == open) raise(L_, "invalid capture index");
  if (capture_[i].size == position) return none;
  const std::string_view wanted = subject_.substr(capture_[i].start, capture_[i].size);
  charge_bytes(L_, wanted.size());
  return subject_.substr(s).starts_with(wanted) ? s + wanted.size() : none;
}

// `%bxy`: `p` stands at the x.
std::size_t Matcher::balance(std::size_t s, std::size_t p) {
  if (p + 1 >= pattern_.size()) raise(L_, "malformed pattern (missing arguments to '%b')");
  if (s >= subject_.size() || subject_[s] != pattern_[p]) return none;
  std::size_t depth = 1;
  for (++s; s < subject_.size(); ++s) {
    step();
    if (subject_[s] == pattern_[p + 1]) {
      if (--depth == 0) return s + 1;
    } else if (subject_[s] == pattern_[p]) {
      ++depth;
    }
  }
  return none;
}

bool Matcher::frontier(std::size_t s, std::size_t p, std::size_t end) {
  const auto before = static_cast<unsigned char>(s == 0 ? '\0' : subject_[s - 1]);
  const auto after = static_cast<unsigned char>(s < subject_.size() ? subject_[s] : '\0');
  return !in_set(before, p, end) && in_set(after, p, end);
}

std::size_t Matcher::match(std::size_t s, std::size_t p) {
  // Recursion is one level for each item of the pattern that can backtrack.
  if (++depth_ > deepest) raise(L_, "pattern too complex");
  const std::size_t found = run(s, p);
  --depth_;
  return found;
}

std::size_t Matcher::run(std::size_t s, std::size_t p) {
  while (p < pattern_.size()) {
    step();
    const char c = pattern_[p];
    const char after = p + 1 < pattern_.size() ? pattern_[p + 1] : '\0';
    if (c == '(') return after == ')' ? start_capture(s, p + 2, position) : start_capture(s, p + 1, open);
    if (c == ')') return end_capture(s, p + 1);
    if (c == '$' && p + 1 == pattern_.size()) return s == subject_.size() ? s : none;
    if (c == '%' && after == 'b') {
      s = balance(s, p + 2);
      if (s == none) return none;
      p += 4;
      continue;
    }
    if (c == '%' && after == 'f') {
      p += 2;
      if (p >= pattern_.size() || pattern_[p] != '[') raise(L_, "missing '[' after '%f' in pattern");
      const std::size_t end = class_end(p);
      if (!frontier(s, p, end)) return none;
      p = end;
      continue;
    }
    if (c == '%' && is_digit(static_cast<unsigned char>(after))) {
      s = back_reference(s, p + 1);
      if (s == none) return none;
      p += 2;
      continue;
    }
    const std::size_t end = class_end(p);
    const char suffix = end < pattern_.size() ? pattern_[end] : '\0';
    if (suffix == '*') return longest(s, p, end);
    if (suffix == '-') return shortest(s, p, end);
    if (suffix == '+') return single(s, p, end) ? longest(s + 1, p, end) : none;
    if (suffix == '?') {
      if (single(s, p, end)) {
        if (const std::size_t found = match(s + 1, end + 1); found != none) return found;
      }
      p = end + 1;
      continue;
    }
    if (!single(s, p, end)) return none;
    ++s;
    p = end;
  }
  return s;
}

void Matcher::push_capture(std::size_t i, std::size_t start, std::size_t end) {
  if (i >= captures_) {
    if (i != 0) raise(L_, "invalid capture index %" + std::to_string(i + 1));
    push_text(L_, subject_.substr(start, end - start));
  } else if (capture_[i].size == position) {
    lua_pushinteger(L_, static_cast<lua_Integer>(capture_[i].start + 1));
  } else {
    if (capture_[i].size == open) raise(L_, "unfinished capture");
    push_text(L_, subject_.substr(capture_[i].start, capture_[i].size));
  }
}

int Matcher::push_captures(std::size_t start, std::size_t end, bool whole_if_none) {
  const std::size_t count = captures_ == 0 && whole_if_none ? 1 : captures_;
  luaL_checkstack(L_, static_cast<int>(count), "too many captures");
  for (std::size_t i = 0; i < count; ++i) push_capture(i, start, end);
  return static_cast<int>(count);
}

std::size_t find_plain(std::string_view text, std::string_view needle, std::size_t from) {
  if (from > text.size()) return std::string_view::npos;
  if (needle.empty()) return from;
  const void* at = memmem(text.data() + from, text.size() - from, needle.data(), needle.size());
  return at == nullptr ? std::string_view::npos : static_cast<std::size_t>(static_cast<const char*>(at) - text.data());
}

}  // namespace plumb::lua
