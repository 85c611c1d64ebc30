// One attempt at a request, on one curl handle.
#pragma once

#include <curl/curl.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/net/http.h"
#include "engine/net/http_address.h"
#include "engine/net/http_tls.h"

namespace plumb::net {

// What all attempts of a client share; unchanging but for the counter.
struct HttpTarget {
  HttpSettings settings;  // its headers are not used: they may be renewed
  HttpAddress address;
  TlsMaterial tls;
  std::atomic<std::uint64_t> sent{0};
};

// Used by one thread at a time, for one attempt after the other.
class HttpTransfer {
 public:
  explicit HttpTransfer(HttpTarget& target);
  ~HttpTransfer();
  HttpTransfer(const HttpTransfer&) = delete;
  HttpTransfer& operator=(const HttpTransfer&) = delete;

  // Readies the handle. The request must live until the attempt is over. Errors: Fault::internal.
  Result<void> prepare(const HttpRequest& request, const std::vector<HttpHeader>& client_headers);
  [[nodiscard]] CURL* handle() const noexcept { return easy_; }
  // The error of a handle that curl does not take.
  static Result<void> refused();
  // After the attempt: the answer, or why there is none.
  Result<HttpResponse> finish(CURLcode code);
  // Whether the last error may pass by itself and the attempt did no harm.
  [[nodiscard]] bool repeatable() const noexcept { return repeatable_; }

 private:
  friend struct HttpCallbacks;
  void set_connection();
  void set_tls();
  void set_body(bool typed);

  HttpTarget& target_;
  CURL* easy_;
  curl_slist* headers_ = nullptr;
  curl_slist* connect_to_ = nullptr;
  const HttpRequest* request_ = nullptr;
  HttpResponse response_;
  char reason_[CURL_ERROR_SIZE] = {};
  std::size_t times_sent_ = 0;
  bool too_large_ = false;
  bool repeatable_ = false;
};

}  // namespace plumb::net
