// When a request that only reads is sent again.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "engine/net/http.h"

namespace plumb::net {

struct HttpRetry {
  std::size_t attempts;                   // made so far, at least 1
  std::chrono::milliseconds elapsed;      // since the first began
  std::chrono::milliseconds retry_after;  // the server's wish; 0 for none
};

// How long to wait before the next attempt: up to 100 ms, doubled each time up to 5 s, evenly spread, and on top of the
// server's own wish. nullopt when attempts are used up, or the wish lies beyond the total.
std::optional<std::chrono::milliseconds> next_attempt(const HttpSettings& settings, const HttpRetry& retry);

}  // namespace plumb::net
