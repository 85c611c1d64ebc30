// Time. One interface, so that tests choose it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace plumb {

class Clock {
 public:
  using Time = std::chrono::system_clock::time_point;
  virtual ~Clock() = default;
  [[nodiscard]] virtual Time now() const = 0;
  // Monotonic, for durations.
  [[nodiscard]] virtual std::chrono::steady_clock::time_point ticks() const = 0;
};

// The machine's clock; lives for ever.
const Clock& system_clock();

// RFC 3339, UTC, whole seconds: `2026-11-21T12:00:00Z`.
std::string rfc3339(Clock::Time time);
// `12 ms`, `3.4 s`, `2 min 5 s`.
std::string duration_text(std::chrono::nanoseconds duration);
// `812 B`, `4.2 MB`.
std::string size_text(std::uint64_t bytes);

}  // namespace plumb
