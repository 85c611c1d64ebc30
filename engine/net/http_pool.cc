#include "engine/net/http_pool.h"

#include <utility>

namespace plumb::net {

HttpMulti::HttpMulti(HttpTarget& target) : target_(target), multi_(curl_multi_init()) {
  curl_multi_setopt(multi_, CURLMOPT_PIPELINING, long{CURLPIPE_NOTHING});
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(target.settings.connections));
}

HttpMulti::~HttpMulti() {
  idle_.clear();
  curl_multi_cleanup(multi_);
}

std::unique_ptr<HttpTransfer> HttpMulti::transfer() {
  if (idle_.empty()) return std::make_unique<HttpTransfer>(target_);
  auto out = std::move(idle_.back());
  idle_.pop_back();
  return out;
}

void HttpMulti::put_back(std::unique_ptr<HttpTransfer> transfer) { idle_.push_back(std::move(transfer)); }

std::unique_ptr<HttpMulti> HttpPool::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto out = std::move(idle_.back());
      idle_.pop_back();
      return out;
    }
  }
  return std::make_unique<HttpMulti>(target_);
}

void HttpPool::put_back(std::unique_ptr<HttpMulti> multi) {
  std::unique_ptr<HttpMulti> closing;  // after the lock is gone
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(multi));
  if (idle_.size() <= target_.settings.connections) return;
  closing = std::move(idle_.front());  // unused for longest
  idle_.erase(idle_.begin());
}

void HttpPool::close_idle() {
  std::vector<std::unique_ptr<HttpMulti>> closing;
  const std::lock_guard lock(mutex_);
  closing.swap(idle_);
}

}  // namespace plumb::net
