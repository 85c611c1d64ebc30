// The text of a `timeouts:` entry.
#pragma once

#include <chrono>
#include <string_view>

#include "engine/base/result.h"

namespace plumb {

// `90s`, `5m`, `1h30m`, plain seconds; more than zero, at most 30 days. The error has no place yet.
Result<std::chrono::milliseconds> parse_timeout(std::string_view text);

}  // namespace plumb
