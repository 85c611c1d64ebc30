#include "engine/base/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <atomic>
#include <cstdlib>
#include <memory>

#include "engine/base/redact.h"
#include "engine/base/text.h"

namespace plumb {
namespace {

std::atomic<const Redactor*> redactor{nullptr};

// The least level that is shown; 3 for none.
int threshold() noexcept {
  static const int value = [] {
    const char* const wish = std::getenv("PLUMB_LOG");
    const std::string_view name = wish != nullptr ? wish : "";
    if (name == "debug") return 0;
    if (name == "info") return 1;
    return name == "warn" ? 2 : 3;
  }();
  return value;
}

// A logger of our own and not spdlog's default one: that would start a registry with colours and patterns for all.
spdlog::logger& logger() {
  static const auto instance = [] {
    auto out = std::make_unique<spdlog::logger>("plumb", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    out->set_level(spdlog::level::debug);
    out->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l [%t] %v", spdlog::pattern_time_type::utc);
    return out;
  }();
  return *instance;
}

spdlog::level::level_enum spdlog_level(LogLevel level) noexcept {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warn:
      return spdlog::level::warn;
  }
  return spdlog::level::warn;
}

}  // namespace

bool log_enabled(LogLevel level) noexcept { return static_cast<int>(level) >= threshold(); }

void log_write(LogLevel level, std::string_view text) {
  if (!log_enabled(level)) return;
  const Redactor* const hide = redactor.load(std::memory_order_acquire);
  // One record, one line: what comes from a server may hold newlines and escape sequences.
  logger().log(spdlog_level(level), printable(hide != nullptr ? hide->redact(text) : std::string(text)));
}

void log_redact_with(const Redactor* installed) noexcept { redactor.store(installed, std::memory_order_release); }

}  // namespace plumb
