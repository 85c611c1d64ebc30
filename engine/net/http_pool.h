// Curl's multi handles, each with the connections that it keeps alive; one is on loan to each call under way.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <mutex>
#include <vector>

#include "engine/net/http_transfer.h"

namespace plumb::net {

// Used by one thread at a time; wake() from any.
class HttpMulti {
 public:
  explicit HttpMulti(HttpTarget& target);
  ~HttpMulti();
  HttpMulti(const HttpMulti&) = delete;
  HttpMulti& operator=(const HttpMulti&) = delete;

  // A transfer that nobody uses, kept for the next one when it is put back.
  std::unique_ptr<HttpTransfer> transfer();
  void put_back(std::unique_ptr<HttpTransfer> transfer);
  [[nodiscard]] CURLM* handle() const noexcept { return multi_; }
  void wake() noexcept { curl_multi_wakeup(multi_); }

 private:
  HttpTarget& target_;
  CURLM* multi_;
  std::vector<std::unique_ptr<HttpTransfer>> idle_;
};

// Thread-safe.
class HttpPool {
 public:
  explicit HttpPool(HttpTarget& target) : target_(target) {}
  // The one that was used last: its connections are the likeliest to live.
  std::unique_ptr<HttpMulti> take();
  void put_back(std::unique_ptr<HttpMulti> multi);
  void close_idle();

 private:
  HttpTarget& target_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<HttpMulti>> idle_;
};

}  // namespace plumb::net
