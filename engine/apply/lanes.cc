#include "engine/apply/lanes.h"

#include <algorithm>

namespace plumb {

void Lanes::wait(StepId id, const Step& step, bool first) {
  const std::size_t own = step.type->concurrency;
  Lane& lane = hosts_[step.provider].lanes[own > 0 ? step.type->name : std::string()];
  lane.limit = own;
  if (first) {
    lane.waiting.push_front(id);
  } else {
    lane.waiting.push_back(id);
  }
  ++waiting_;
}

// More is prepared ahead only when half of what was is used up: else each call that ends would cost a sync of its own.
std::vector<StepId> Lanes::admit() {
  std::vector<StepId> out;
  if (waiting_ == 0) return out;
  for (auto& [name, host] : hosts_) {
    const std::size_t limit = limit_(name);
    const std::size_t ahead = host.held <= limit + ahead_ / 2 ? ahead_ : 0;
    std::size_t room = limit + ahead - std::min(limit + ahead, host.held);
    for (auto& [type, lane] : host.lanes) {
      while (room > 0 && !lane.waiting.empty() && (lane.limit == 0 || lane.held < lane.limit)) {
        const StepId id = lane.waiting.front();
        lane.waiting.pop_front();
        --waiting_;
        --room;
        ++lane.held;
        ++host.held;
        held_.emplace(id, Held{&host, &lane, Place::admitted});
        out.push_back(id);
      }
    }
  }
  return out;
}

void Lanes::queue(StepId id) {
  Held& held = held_.at(id);
  held.place = Place::queued;
  held.lane->queue.push_back(id);
  ++queued_;
}

std::vector<StepId> Lanes::start() {
  std::vector<StepId> out;
  if (queued_ == 0) return out;
  for (auto& [name, host] : hosts_) {
    const std::size_t limit = limit_(name);
    for (auto& [type, lane] : host.lanes) {
      while (host.busy < limit && !lane.queue.empty()) {
        const StepId id = lane.queue.front();
        lane.queue.pop_front();
        --queued_;
        ++lane.busy;
        ++host.busy;
        held_.at(id).place = Place::started;
        out.push_back(id);
      }
    }
  }
  return out;
}

void Lanes::end(StepId id) {
  const auto it = held_.find(id);
  if (it == held_.end()) return;
  const auto [host, lane, place] = it->second;
  --host->held;
  --lane->held;
  if (place == Place::started) {
    --host->busy;
    --lane->busy;
  } else if (place == Place::queued) {
    std::erase(lane->queue, id);
    --queued_;
  }
  held_.erase(it);
}

std::vector<StepId> Lanes::drop_waiting() {
  std::vector<StepId> out;
  for (auto& [name, host] : hosts_) {
    for (auto& [type, lane] : host.lanes) {
      out.insert(out.end(), lane.waiting.begin(), lane.waiting.end());
      lane.waiting.clear();
    }
  }
  waiting_ = 0;
  return out;
}

std::vector<StepId> Lanes::drop_queued() {
  std::vector<StepId> out;
  for (const auto& [id, held] : held_) {
    if (held.place == Place::queued) out.push_back(id);
  }
  std::sort(out.begin(), out.end());
  for (const StepId id : out) end(id);
  return out;
}

}  // namespace plumb
