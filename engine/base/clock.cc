#include "engine/base/clock.h"

#include <cstdint>
#include <cstdio>
#include <ctime>

namespace plumb {
namespace {

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Time now() const override { return std::chrono::system_clock::now(); }
  [[nodiscard]] std::chrono::steady_clock::time_point ticks() const override {
    return std::chrono::steady_clock::now();
  }
};

std::string one_decimal(double number, const char* unit) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.1f %s", number, unit);
  return buffer;
}

std::string two_units(std::int64_t count, std::int64_t of, const char* big, const char* small) {
  std::string out = std::to_string(count / of) + " " + big;
  if (count % of != 0) out += " " + std::to_string(count % of) + " " + small;
  return out;
}

}  // namespace

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

std::string rfc3339(Clock::Time time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const std::time_t value = std::chrono::system_clock::to_time_t(seconds);
  std::tm parts{};
  gmtime_r(&value, &parts);
  char buffer[32];
  std::strftime(buffer, sizeof buffer, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return buffer;
}

std::string duration_text(std::chrono::nanoseconds duration) {
  // Each limit lies where rounding would reach the next unit.
  const double ms = duration.count() > 0 ? static_cast<double>(duration.count()) / 1e6 : 0;
  if (ms == 0) return "0 ms";
  if (ms < 9.95) return one_decimal(ms, "ms");
  if (ms < 999.5) return std::to_string(static_cast<std::int64_t>(ms + 0.5)) + " ms";
  if (ms < 59'950) return one_decimal(ms / 1000, "s");
  const auto seconds = static_cast<std::int64_t>(ms / 1000 + 0.5);
  if (seconds < 3600) return two_units(seconds, 60, "min", "s");
  return two_units((seconds + 30) / 60, 60, "h", "min");
}

std::string size_text(std::uint64_t bytes) {
  if (bytes < 1000) return std::to_string(bytes) + " B";
  double size = static_cast<double>(bytes) / 1000;
  for (const char* unit : {"kB", "MB", "GB", "TB", "PB"}) {
    if (size < 999.95) return one_decimal(size, unit);
    size /= 1000;
  }
  return one_decimal(size, "EB");
}

}  // namespace plumb
