// Traces for whoever debugs Plumb. What a user sees are events and diagnostics, never this.
// Off unless PLUMB_LOG=debug|info|warn is set; goes to stderr, through the redactor that was installed.
#pragma once

#include <string>
#include <string_view>

namespace plumb {

class Redactor;

enum class LogLevel { debug, info, warn };

[[nodiscard]] bool log_enabled(LogLevel level) noexcept;
void log_write(LogLevel level, std::string_view text);
// Install before worker threads start. The redactor must outlive all logging.
void log_redact_with(const Redactor* redactor) noexcept;

// The text is only made when somebody reads it.
#define PLUMB_LOG(level, text)                                                                              \
  do {                                                                                                      \
    if (::plumb::log_enabled(::plumb::LogLevel::level)) ::plumb::log_write(::plumb::LogLevel::level, text); \
  } while (false)

}  // namespace plumb
