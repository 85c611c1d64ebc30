#include "engine/config/timeout.h"

#include <array>
#include <charconv>
#include <string>

#include "engine/base/text.h"
#include "engine/model/address.h"

namespace plumb {
namespace {

using std::chrono::milliseconds;

struct Unit {
  std::string_view name;
  std::int64_t size;  // in milliseconds
};

constexpr std::array units{Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1000},
                           Unit{"ms", 1}};
constexpr std::int64_t longest = 30 * units[0].size;

// The sum of numbers with units, each unit smaller than the one before; nullopt when it cannot be read.
std::optional<std::int64_t> read(std::string_view text) {
  std::int64_t total = 0;
  std::size_t next_unit = 0;
  bool first = true;
  while (first || !text.empty()) {
    std::int64_t number = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code != std::errc() || number < 0 || text.front() == '-') return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const std::size_t letters = std::min(text.find_first_of("0123456789"), text.size());
    const std::string_view name = first && text.empty() ? "s" : text.substr(0, letters);
    while (next_unit < units.size() && units[next_unit].name != name) ++next_unit;
    if (next_unit == units.size()) return std::nullopt;
    const std::int64_t size = units[next_unit++].size;
    total = number > longest / size ? longest + 1 : total + number * size;
    if (total > longest) return longest + 1;
    text.remove_prefix(letters);
    first = false;
  }
  return total;
}

}  // namespace

Result<milliseconds> parse_timeout(std::string_view text) {
  const std::optional<std::int64_t> total = read(text);
  if (!total) return fail(quoted(text) + " is no duration", "write it as 90s, 5m or 1h30m");
  if (*total == 0) return fail("a timeout of zero would stop every call", "write it as 90s, 5m or 1h30m, or remove it");
  if (*total > longest) return fail(quoted(text) + " is longer than 30 days", "write a shorter one");
  return milliseconds(*total);
}

}  // namespace plumb
