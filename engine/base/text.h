// Small text helpers that more than one layer needs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace plumb {

// `text` as the inside of a JSON string, ASCII control bytes escaped; invalid UTF-8 becomes U+FFFD.
std::string json_escape(std::string_view text);
[[nodiscard]] bool valid_utf8(std::string_view text) noexcept;
// For terminals: control bytes, escape sequences and bidirectional controls shown as `\x1b`, `\u202e`; newlines stay
// when asked.
std::string printable(std::string_view text, bool keep_newlines = false);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
// `1 instance`, `3 instances`.
std::string counted(std::size_t n, std::string_view singular, std::string_view plural = {});
std::string url_encode(std::string_view text);
// Whether the text matches a glob with `*`, `**` and `?` (paths).
[[nodiscard]] bool glob_match(std::string_view glob, std::string_view text) noexcept;

}  // namespace plumb
