#include "engine/net/http_slots.h"

namespace plumb::net {

bool HttpSlots::take(Waiter& waiter) {
  const std::lock_guard lock(mutex_);
  if (waiter.granted) {
    waiter.granted = false;
    return true;
  }
  if (waiter.queued) return false;
  if (free_ > 0) {
    --free_;
    return true;
  }
  queue_.push_back(&waiter);
  waiter.queued = true;
  return false;
}

void HttpSlots::give() {
  const std::lock_guard lock(mutex_);
  // Places are free only while nobody waits, so none is overtaken.
  if (queue_.empty()) {
    ++free_;
    return;
  }
  auto* next = queue_.front();
  queue_.pop_front();
  next->queued = false;
  next->granted = true;
  next->wake();
}

}  // namespace plumb::net
