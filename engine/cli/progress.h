// Says on a terminal that work goes on, once it has taken a second.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace plumb::cli {

// Calls `tick` every 100 ms from a thread of its own, until destroyed.
class Ticker {
 public:
  explicit Ticker(std::function<void()> tick);
  ~Ticker();
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  bool done_ = false;
  std::thread thread_;
};

// `planning (3 s)`, drawn over itself on stderr and taken away at the end. Does nothing unless `live`.
class Progress {
 public:
  Progress(const std::string& what, bool live);
  ~Progress();

 private:
  std::unique_ptr<Ticker> ticker_;
  bool drawn_ = false;
};

}  // namespace plumb::cli
