#include "engine/base/worker_pool.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <set>
#include <thread>
#include <vector>

using namespace plumb;
using namespace std::chrono_literals;

TEST_CASE("one worker runs tasks in order and completions on the owner's thread") {
  WorkerPool pool(1);
  const std::thread::id owner = std::this_thread::get_id();
  std::vector<int> order;
  std::atomic<int> elsewhere{0};  // Catch2's macros are for one thread only
  for (int i = 0; i < 100; ++i) {
    pool.submit([&, i] {
      if (std::this_thread::get_id() != owner) ++elsewhere;
      return [&, i] {
        CHECK(std::this_thread::get_id() == owner);
        order.push_back(i);
      };
    });
  }
  while (pool.pending() > 0) pool.wait();
  REQUIRE(order.size() == 100);
  CHECK(elsewhere == 100);
  CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("as many tasks run at once as there are threads") {
  WorkerPool pool(4);
  std::promise<void> open;
  const std::shared_future<void> gate = open.get_future().share();
  std::atomic<int> inside{0};
  for (int i = 0; i < 8; ++i) {
    pool.submit([&] {
      ++inside;
      gate.wait();
      return WorkerPool::Completion{};
    });
  }
  for (int i = 0; i < 5000 && inside < 4; ++i) std::this_thread::sleep_for(1ms);
  std::this_thread::sleep_for(20ms);
  CHECK(inside == 4);
  CHECK(pool.poll() == 0);
  open.set_value();
  std::size_t done = 0;
  while (pool.pending() > 0) done += pool.wait();
  CHECK(done == 8);
}

TEST_CASE("a completion may submit more") {
  WorkerPool pool(2);
  int left = 1000;
  std::function<void()> again = [&] {
    if (--left > 0) pool.submit([&]() -> WorkerPool::Completion { return again; });
  };
  pool.submit([&]() -> WorkerPool::Completion { return again; });
  while (pool.pending() > 0) pool.wait();
  CHECK(left == 0);
}

TEST_CASE("waiting ends at once with nothing pending, at a wake, and when time is up") {
  WorkerPool pool(1);
  CHECK(pool.wait() == 0);
  std::promise<void> open;
  pool.submit([&] {
    open.get_future().wait();
    return WorkerPool::Completion{};
  });
  CHECK(pool.wait(5ms) == 0);
  std::thread waker([&] {
    std::this_thread::sleep_for(5ms);
    pool.wake();
  });
  CHECK(pool.wait() == 0);
  waker.join();
  pool.wake();  // a wake before the wait is not lost
  CHECK(pool.wait(std::chrono::milliseconds::max()) == 0);
  open.set_value();
  CHECK(pool.wait() == 1);
  CHECK(pool.pending() == 0);
}

TEST_CASE("the destructor waits for what runs and drops what waits") {
  std::atomic<int> ran{0};
  bool completed = false;
  const auto token = std::make_shared<int>(0);
  {
    WorkerPool pool(1);
    std::promise<void> started;
    pool.submit([&] {
      started.set_value();
      std::this_thread::sleep_for(20ms);
      ++ran;
      return [&] { completed = true; };
    });
    started.get_future().wait();
    for (int i = 0; i < 10; ++i) {
      pool.submit([&ran, token] {
        ++ran;
        return WorkerPool::Completion{};
      });
    }
  }
  CHECK(ran == 1);
  CHECK_FALSE(completed);
  CHECK(token.use_count() == 1);
}

TEST_CASE("what a task holds is gone when its completion runs") {
  WorkerPool pool(2);
  for (int i = 0; i < 200; ++i) {
    auto held = std::make_shared<int>(i);
    const std::weak_ptr<int> watch = held;
    pool.submit([held = std::move(held), watch] { return [watch] { CHECK(watch.expired()); }; });
  }
  while (pool.pending() > 0) pool.wait();
}
