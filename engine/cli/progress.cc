#include "engine/cli/progress.h"

#include <chrono>
#include <csignal>

#include "engine/cli/terminal.h"

namespace plumb::cli {

Ticker::Ticker(std::function<void()> tick)
    : thread_([this, tick = std::move(tick)] {
        // Signals are for the main thread, which may be waiting for an answer.
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, nullptr);
        std::unique_lock lock(mutex_);
        while (!wake_.wait_for(lock, std::chrono::milliseconds(100), [this] { return done_; })) {
          lock.unlock();
          tick();
          lock.lock();
        }
      }) {}

Ticker::~Ticker() {
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

Progress::Progress(const std::string& what, bool live) {
  if (!live) return;
  const auto start = std::chrono::steady_clock::now();
  ticker_ = std::make_unique<Ticker>([this, what, start] {
    const auto passed = std::chrono::steady_clock::now() - start;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(passed).count();
    if (seconds < 1) return;
    write_err("\r" + what + " (" + std::to_string(seconds) + " s)\x1b[K");
    drawn_ = true;
  });
}

Progress::~Progress() {
  ticker_.reset();
  if (drawn_) write_err("\r\x1b[K");
}

}  // namespace plumb::cli
