// One call of send or send_all: its requests in flight, waiting for a place, or waiting to be sent again.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <queue>
#include <span>
#include <vector>

#include "engine/net/http_pool.h"
#include "engine/net/http_slots.h"

namespace plumb::net {

// Runs on the caller's thread, which sleeps in curl while nothing moves.
class HttpCall {
 public:
  // The client's headers as they are now: a repeated request takes the renewed ones.
  using Headers = std::function<std::vector<HttpHeader>()>;

  HttpCall(HttpTarget& target, HttpSlots& slots, HttpMulti& multi, Headers headers);
  std::vector<Result<HttpResponse>> run(std::span<const HttpRequest> requests);

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Item {
    std::size_t attempts = 0;
    Time first{};
    std::optional<Result<HttpResponse>> last;
    std::unique_ptr<HttpTransfer> transfer;
  };
  struct Due {
    Time time;
    std::size_t item;
    bool operator>(const Due& other) const noexcept { return time > other.time; }
  };

  void start_ready();
  void start(std::size_t index);
  void collect();
  void finish(std::size_t index, CURLcode code);
  void wait();

  HttpTarget& target_;
  HttpSlots& slots_;
  HttpMulti& multi_;
  HttpSlots::Waiter waiter_;
  Headers headers_;
  std::span<const HttpRequest> requests_;
  std::vector<Item> items_;
  std::deque<std::size_t> ready_;  // to be sent as soon as there is a place
  std::priority_queue<Due, std::vector<Due>, std::greater<>> later_;
  std::vector<std::pair<HttpTransfer*, std::size_t>> flying_;
  std::size_t open_ = 0;  // without their last result
};

}  // namespace plumb::net
