#include <algorithm>
#include <condition_variable>
#include <list>
#include <mutex>

#include "engine/net/postgres.h"

namespace plumb::net {

struct PostgresPool::Impl {
  PostgresSettings settings;
  std::size_t cap;
  mutable std::mutex mutex;
  std::condition_variable freed;
  struct Idle {
    std::string database;
    std::unique_ptr<PostgresConnection> connection;
  };
  std::list<Idle> idle;  // longest unused first
  std::size_t out = 0;   // on loan, or being made
};

PostgresPool::PostgresPool(PostgresSettings settings, std::size_t max_connections) : impl_(std::make_unique<Impl>()) {
  impl_->settings = std::move(settings);
  impl_->cap = std::max<std::size_t>(1, max_connections);
}

PostgresPool::~PostgresPool() = default;

Result<PostgresPool::Lease> PostgresPool::take(const std::string& database, bool fresh_only) {
  std::unique_ptr<PostgresConnection> closing;  // closed after the lock is gone
  {
    std::unique_lock lock(impl_->mutex);
    impl_->freed.wait(lock, [this] { return impl_->out < impl_->cap; });
    // The newest one to this database: the older ones may then be closed.
    const auto found = std::find_if(impl_->idle.rbegin(), impl_->idle.rend(),
                                    [&](const Impl::Idle& one) { return one.database == database; });
    if (found != impl_->idle.rend()) {
      auto connection = std::move(found->connection);
      impl_->idle.erase(std::next(found).base());
      if (!fresh_only) {
        ++impl_->out;
        return Lease(this, database, std::move(connection), false);
      }
      closing = std::move(connection);
    } else if (impl_->out + impl_->idle.size() >= impl_->cap) {
      closing = std::move(impl_->idle.front().connection);
      impl_->idle.pop_front();
    }
    ++impl_->out;
  }
  closing.reset();
  auto made = PostgresConnection::connect(impl_->settings, database);
  if (made) return Lease(this, database, std::move(*made), true);
  {
    const std::lock_guard lock(impl_->mutex);
    --impl_->out;
  }
  impl_->freed.notify_one();
  return fail(std::move(made).error());
}

namespace {
Result<void> ping(PostgresConnection& connection) {
  PLUMB_CHECK(connection.query("SELECT 1"));
  return {};
}
}  // namespace

Result<PostgresPool::Lease> PostgresPool::acquire(const std::string& database, Start start) {
  for (bool again = false;; again = true) {
    auto lease = take(database, again);
    if (!lease) return fail(std::move(lease).error());
    if (!lease->fresh_ || start != Start::plain) {
      // Also for a plain loan of an old connection: finds out that it died while idle, before anything depends on it.
      auto alive = start == Start::plain ? ping(**lease) : (*lease)->begin(start == Start::read_only);
      if (!alive && !(*lease)->usable() && !lease->fresh_ && !again) continue;
      if (!alive) return fail(std::move(alive).error());
    }
    return lease;
  }
}

void PostgresPool::close_idle(const std::string& database) {
  std::list<Impl::Idle> closing;
  const std::lock_guard lock(impl_->mutex);
  for (auto one = impl_->idle.begin(); one != impl_->idle.end();) {
    const auto next = std::next(one);
    if (one->database == database) closing.splice(closing.end(), impl_->idle, one);
    one = next;
  }
}

void PostgresPool::close_idle() {
  std::list<Impl::Idle> closing;
  const std::lock_guard lock(impl_->mutex);
  closing.splice(closing.end(), impl_->idle);
}

std::size_t PostgresPool::open() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->out + impl_->idle.size();
}

PostgresPool::Lease::Lease(PostgresPool* pool, std::string database, std::unique_ptr<PostgresConnection> connection,
                           bool fresh)
    : pool_(pool), database_(std::move(database)), connection_(std::move(connection)), fresh_(fresh) {}

PostgresPool::Lease::Lease(Lease&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)),
      database_(std::move(other.database_)),
      connection_(std::move(other.connection_)),
      fresh_(other.fresh_) {}

PostgresPool::Lease& PostgresPool::Lease::operator=(Lease&& other) noexcept {
  if (this != &other) {
    give_back();
    pool_ = std::exchange(other.pool_, nullptr);
    database_ = std::move(other.database_);
    connection_ = std::move(other.connection_);
    fresh_ = other.fresh_;
  }
  return *this;
}

PostgresPool::Lease::~Lease() { give_back(); }

void PostgresPool::Lease::give_back() noexcept {
  if (pool_ == nullptr) return;
  connection_->rollback();
  connection_->limit(std::chrono::milliseconds{0});
  auto& pool = *std::exchange(pool_, nullptr)->impl_;
  {
    const std::lock_guard lock(pool.mutex);
    --pool.out;
    if (connection_->usable()) pool.idle.push_back({std::move(database_), std::move(connection_)});
  }
  connection_.reset();
  pool.freed.notify_one();
}

}  // namespace plumb::net
