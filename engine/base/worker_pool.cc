#include "engine/base/worker_pool.h"

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace plumb {

struct WorkerPool::Impl {
  explicit Impl(std::size_t threads) : limit(std::max<std::size_t>(threads, 1)) {}

  void work();
  void start_thread();

  const std::size_t limit;
  std::vector<std::thread> workers;  // the owner's
  std::size_t pending = 0;           // the owner's

  std::mutex mutex;
  std::condition_variable task_ready;
  std::condition_variable owner_ready;
  std::deque<Task> tasks;
  std::vector<Completion> completions;
  std::size_t idle = 0;  // workers that wait for a task
  bool woken = false;
  bool stopping = false;
};

void WorkerPool::Impl::work() {
  std::unique_lock lock(mutex);
  while (true) {
    ++idle;
    task_ready.wait(lock, [&] { return stopping || !tasks.empty(); });
    --idle;
    if (stopping) return;
    Task task = std::move(tasks.front());
    tasks.pop_front();
    lock.unlock();
    Completion completion = task();
    task = nullptr;  // what it held is gone before the owner hears of it
    lock.lock();
    completions.push_back(std::move(completion));
    owner_ready.notify_one();
  }
}

// Signals are for the owner's thread: workers start with all of them blocked.
void WorkerPool::Impl::start_thread() {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  workers.emplace_back([this] { work(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

WorkerPool::WorkerPool(std::size_t threads) : impl_(std::make_unique<Impl>(threads)) {}

WorkerPool::~WorkerPool() {
  std::deque<Task> dropped;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
    dropped.swap(impl_->tasks);
  }
  impl_->task_ready.notify_all();
  for (std::thread& worker : impl_->workers) worker.join();
}

void WorkerPool::submit(Task task) {
  bool short_of_hands = false;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->tasks.push_back(std::move(task));
    short_of_hands = impl_->tasks.size() > impl_->idle;
  }
  ++impl_->pending;
  if (short_of_hands && impl_->workers.size() < impl_->limit) impl_->start_thread();
  impl_->task_ready.notify_one();
}

std::size_t WorkerPool::pending() const noexcept { return impl_->pending; }

std::size_t WorkerPool::poll() {
  std::vector<Completion> ready;
  {
    const std::lock_guard lock(impl_->mutex);
    ready.swap(impl_->completions);
    impl_->woken = false;
  }
  for (Completion& completion : ready) {
    --impl_->pending;
    if (completion) completion();
    completion = nullptr;
  }
  return ready.size();
}

std::size_t WorkerPool::wait(std::chrono::milliseconds at_most) {
  if (impl_->pending > 0) {
    // Longer waits overflow the clock's arithmetic.
    at_most = std::min<std::chrono::milliseconds>(at_most, std::chrono::hours(24));
    std::unique_lock lock(impl_->mutex);
    impl_->owner_ready.wait_for(lock, at_most, [&] { return impl_->woken || !impl_->completions.empty(); });
  }
  return poll();
}

void WorkerPool::wake() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->woken = true;
  }
  impl_->owner_ready.notify_one();
}

}  // namespace plumb
