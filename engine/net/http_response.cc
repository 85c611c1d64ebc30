#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <ctime>

#include "engine/base/clock.h"
#include "engine/net/http.h"
#include "engine/net/http_header.h"

namespace plumb {
namespace {

// Longer waits are all the same: nobody waits for them.
constexpr std::int64_t longest_seconds = 24 * 3600;

}  // namespace

const std::string* HttpResponse::header(std::string_view name) const noexcept {
  const auto found = std::find_if(headers.begin(), headers.end(),
                                  [&](const HttpHeader& one) { return net::same_header(one.name, name); });
  return found == headers.end() ? nullptr : &found->value;
}

std::chrono::milliseconds HttpResponse::retry_after() const noexcept {
  const auto* text = header("Retry-After");
  if (text == nullptr || text->empty()) return std::chrono::milliseconds{0};
  std::int64_t seconds = 0;
  const char* end = text->data() + text->size();
  if (std::all_of(text->begin(), text->end(), [](char c) { return c >= '0' && c <= '9'; })) {
    if (std::from_chars(text->data(), end, seconds).ec != std::errc{}) seconds = longest_seconds;
  } else {
    const auto until = curl_getdate(text->c_str(), nullptr);
    if (until == -1) return std::chrono::milliseconds{0};
    // By the server's own clock where it tells it: ours may differ.
    const auto* date = header("Date");
    auto now = date == nullptr ? std::time_t{-1} : curl_getdate(date->c_str(), nullptr);
    if (now == -1) now = std::chrono::system_clock::to_time_t(system_clock().now());
    seconds = static_cast<std::int64_t>(until) - static_cast<std::int64_t>(now);
  }
  return std::chrono::seconds{std::clamp<std::int64_t>(seconds, 0, longest_seconds)};
}

}  // namespace plumb
