// Names of HTTP headers.
#pragma once

#include <algorithm>
#include <string_view>

namespace plumb::net {

// Letter case does not count.
inline bool same_header(std::string_view a, std::string_view b) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace plumb::net
