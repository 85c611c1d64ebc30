#include "engine/net/http_retry.h"

#include <algorithm>

#include "engine/base/random.h"

namespace plumb::net {

std::optional<std::chrono::milliseconds> next_attempt(const HttpSettings& settings, const HttpRetry& retry) {
  using std::chrono::milliseconds;
  if (retry.attempts >= settings.attempts) return std::nullopt;
  const auto left = settings.retry_total - retry.elapsed;
  if (left <= milliseconds{0} || retry.retry_after > left) return std::nullopt;
  const auto doublings = std::min<std::size_t>(retry.attempts - 1, 6);
  const auto most = std::min(milliseconds{100} * (1 << doublings), milliseconds{5000});
  const milliseconds jitter{random_below(static_cast<std::uint64_t>(most.count()) + 1)};
  return std::min(retry.retry_after + jitter, left);
}

}  // namespace plumb::net
