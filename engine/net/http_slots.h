// The cap over all threads on requests in flight: places given out in the order in which they were asked for.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>

namespace plumb::net {

// Thread-safe. Nobody blocks here: who gets no place is woken when it has one.
class HttpSlots {
 public:
  struct Waiter {
    std::function<void()> wake;  // from any thread, under a lock: must not block
    bool queued = false;         // both are HttpSlots' own
    bool granted = false;
  };

  explicit HttpSlots(std::size_t places) : free_(places) {}
  // True: the caller has a place, and gives it back. False: the waiter stands in the queue; ask again once woken.
  [[nodiscard]] bool take(Waiter& waiter);
  void give();

 private:
  std::mutex mutex_;
  std::size_t free_;
  std::deque<Waiter*> queue_;
};

}  // namespace plumb::net
