#include <algorithm>

#include "engine/base/text.h"
#include "engine/report/apply_text.h"

namespace plumb {

namespace {

constexpr std::chrono::milliseconds kBetweenDraws{100};
constexpr std::size_t kMostLines = 10;
constexpr std::size_t kBarWidth = 30;

}  // namespace

ApplyLive::ApplyLive(TextOut out, TextOptions options, const Clock& clock)
    : out_(std::move(out)),
      options_(options),
      clock_(clock),
      lines_([this](std::string_view text) { pending_ += text; }, options) {}

void ApplyLive::operator()(const ApplyEvent& event) {
  const std::lock_guard lock(mutex_);
  follow(event);
  // What begins is shown by the live lines; everything else stays on the screen.
  if (!std::holds_alternative<StepStarted>(event)) lines_(event);
  const Ticks now = clock_.ticks();
  if (finished_ || now - last_draw_ >= kBetweenDraws) draw(now);
}

void ApplyLive::tick() {
  const std::lock_guard lock(mutex_);
  const Ticks now = clock_.ticks();
  if (!finished_ && steps_ > 0 && now - last_draw_ >= kBetweenDraws) draw(now);
}

void ApplyLive::follow(const ApplyEvent& event) {
  const auto end = [this](const Address& address, StepKind kind) {
    running_.erase({address, kind});
    ++ended_;
  };
  if (const auto* started = std::get_if<ApplyStarted>(&event)) {
    steps_ = started->steps;
  } else if (const auto* step = std::get_if<StepStarted>(&event)) {
    running_.emplace(std::pair(step->address, step->kind), clock_.ticks());
  } else if (const auto* ok = std::get_if<StepFinished>(&event)) {
    end(ok->address, ok->kind);
  } else if (const auto* failed = std::get_if<StepFailed>(&event)) {
    end(failed->address, failed->kind);
  } else if (const auto* skipped = std::get_if<StepSkipped>(&event)) {
    end(skipped->address, skipped->kind);
  } else if (std::holds_alternative<ApplyFinished>(event)) {
    finished_ = true;
  }
}

// Back to the first live line, and everything below it gone.
std::string ApplyLive::erase() const { return drawn_ == 0 ? "" : "\x1b[" + std::to_string(drawn_) + "F\x1b[0J"; }

std::string ApplyLive::bar() const {
  const std::size_t filled = steps_ == 0 ? 0 : std::min(kBarWidth, kBarWidth * ended_ / steps_);
  return "[" + std::string(filled, '#') + std::string(kBarWidth - filled, '.') + "] " + std::to_string(ended_) + "/" +
         std::to_string(steps_);
}

// One write for all of it, so that nothing flickers.
void ApplyLive::draw(Ticks now) {
  std::string text = erase() + pending_;
  pending_.clear();
  drawn_ = 0;
  last_draw_ = now;
  if (!finished_) {
    const auto width = static_cast<std::size_t>(std::max(options_.width - 1, 1));
    const auto add = [&](const std::string& line) {
      text += cut_to(line, width) + "\n";
      ++drawn_;
    };
    for (const auto& [step, since] : running_) {
      if (drawn_ == kMostLines) {
        add("... and " + std::to_string(running_.size() - kMostLines) + " more");
        break;
      }
      add(printable(step.first.str()) + ": " + std::string(doing(step.second)) + " (" +
          std::to_string(std::chrono::duration_cast<std::chrono::seconds>(now - since).count()) + " s)");
    }
    add(bar());
  }
  if (!text.empty()) out_(text);
}

}  // namespace plumb
