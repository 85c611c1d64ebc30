#include "engine/cli/signals.h"

#include <unistd.h>

#include <csignal>

namespace plumb::cli {

namespace {

// A handler reaches nothing but globals. Constant-initialised, so nothing runs at start-up.
constinit StopRequest stop_{0};
constinit std::atomic<bool> deferred_{false};

void on_signal(int) {
  if (!deferred_.load()) {
    constexpr std::string_view text = "\ninterrupted; nothing was changed\n";
    // There is nobody left to tell when this fails.
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    _exit(1);
  }
  const int level = stop_.load();
  if (level < 2) stop_.store(level + 1);
}

}  // namespace

void install_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  // Without SA_RESTART, so that a waiting read of the answer ends.
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

void defer_signals() { deferred_.store(true); }

const StopRequest& stop_request() { return stop_; }

}  // namespace plumb::cli
