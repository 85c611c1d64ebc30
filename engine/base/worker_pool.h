// Worker pool: threads that run tasks and hand the results to one owner.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

namespace plumb {

// A task runs on a worker and returns a completion, which runs on the owner's thread inside wait() or poll().
// So the owner's data needs no lock: workers only do outside work.
// Threads start on first use, up to `threads`. The destructor waits for running tasks and drops queued ones.
// submit, wait and poll are for the owner's thread only; wake is for any thread and for signal handlers' forwarders.
class WorkerPool {
 public:
  using Completion = std::function<void()>;
  using Task = std::function<Completion()>;

  explicit WorkerPool(std::size_t threads);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  void submit(Task task);
  // Tasks submitted whose completions have not run.
  [[nodiscard]] std::size_t pending() const noexcept;
  // Runs the completions that are there; returns how many.
  std::size_t poll();
  // Waits for at least one completion, a wake or the time, then polls. Returns at once when nothing is pending.
  std::size_t wait(std::chrono::milliseconds at_most = std::chrono::hours(24));
  void wake();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace plumb
