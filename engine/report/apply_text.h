// An apply as it happens: event sinks for terminals, logs and programs.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "engine/apply/events.h"
#include "engine/base/clock.h"
#include "engine/report/style.h"

namespace plumb {

// Takes finished text; never fails as far as a sink can tell.
using TextOut = std::function<void(std::string_view)>;

// One line per event; all failures again at the end, then the counts. Not thread-safe.
class ApplyLines {
 public:
  ApplyLines(TextOut out, TextOptions options) : out_(std::move(out)), options_(options) {}
  void operator()(const ApplyEvent& event);

 private:
  TextOut out_;
  TextOptions options_;
  std::vector<StepFailed> failures_;
};

// Finished steps scroll by as lines; below them a bar and one live line per running step, drawn at most ten times a
// second. Thread-safe, so that a ticker may keep the times moving. `options.width` must be known.
class ApplyLive {
 public:
  ApplyLive(TextOut out, TextOptions options, const Clock& clock = system_clock());
  void operator()(const ApplyEvent& event);
  // Draws again when it is time.
  void tick();

 private:
  using Ticks = std::chrono::steady_clock::time_point;
  void follow(const ApplyEvent& event);
  void draw(Ticks now);
  [[nodiscard]] std::string erase() const;
  [[nodiscard]] std::string bar() const;

  std::mutex mutex_;
  TextOut out_;
  TextOptions options_;
  const Clock& clock_;
  std::string pending_;  // lines that are not on the screen yet
  ApplyLines lines_;
  std::map<std::pair<Address, StepKind>, Ticks> running_;
  std::size_t steps_ = 0, ended_ = 0, drawn_ = 0;
  Ticks last_draw_{};
  bool finished_ = false;
};

// One JSON object per line. The first holds `format_version`; each has `type`; no key is ever missing from its type.
class ApplyJsonLines {
 public:
  explicit ApplyJsonLines(TextOut out) : out_(std::move(out)) {}
  void operator()(const ApplyEvent& event);

 private:
  TextOut out_;
};

// `creating`, `created`, `create`.
std::string_view doing(StepKind kind) noexcept;
std::string_view done(StepKind kind) noexcept;

}  // namespace plumb
