// Who is prepared and who starts when: steps in the order in which they became ready, held to the limits of their
// provider instance and of their type. Internal to apply/.
//
//   wait -> admit (prepared by the caller: its intent) -> queue -> start -> end
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/plan/plan.h"

namespace plumb {

class Lanes {
 public:
  // `limit` tells how many calls of a provider instance may be in flight; it may grow once the provider is configured.
  // Up to `ahead` steps of each are prepared before there is room for them, so that one sync serves many intents.
  Lanes(std::function<std::size_t(const std::string&)> limit, std::size_t ahead)
      : limit_(std::move(limit)), ahead_(ahead) {}

  // A step that may run as far as the graph goes. `first`: it has waited already.
  void wait(StepId id, const Step& step, bool first = false);
  // Takes those that shall be prepared now. Each is queued or ended by the caller.
  std::vector<StepId> admit();
  void queue(StepId id);
  // Takes those that start now. Each is ended by the caller.
  std::vector<StepId> start();
  void end(StepId id);
  // Takes all that were not prepared, and all that were and have not started.
  std::vector<StepId> drop_waiting();
  std::vector<StepId> drop_queued();
  [[nodiscard]] bool idle() const noexcept { return waiting_ + queued_ == 0; }

 private:
  enum class Place : std::uint8_t { admitted, queued, started };
  // The steps of one provider instance whose type has no limit of its own, or those of one type that has.
  struct Lane {
    std::size_t limit = 0;  // 0: none of its own
    std::size_t held = 0;   // admitted, queued or started
    std::size_t busy = 0;   // started
    std::deque<StepId> waiting, queue;
  };
  struct Host {
    std::size_t held = 0, busy = 0;
    std::map<std::string, Lane> lanes;
  };
  struct Held {
    Host* host;
    Lane* lane;
    Place place;
  };

  const std::function<std::size_t(const std::string&)> limit_;
  const std::size_t ahead_;
  std::map<std::string, Host> hosts_;  // nodes stay where they are
  std::unordered_map<StepId, Held> held_;
  std::size_t waiting_ = 0, queued_ = 0;
};

}  // namespace plumb
