#include "engine/net/http_transfer.h"

#include <algorithm>
#include <string_view>

#include "engine/base/text.h"
#include "engine/net/http_failure.h"
#include "engine/net/http_header.h"

namespace plumb::net {
namespace {

template <class T>
void set(CURL* easy, CURLoption option, T value) noexcept {
  // All of our options are known to the oldest library that we build with; what fails is memory.
  [[maybe_unused]] const auto code = curl_easy_setopt(easy, option, value);
}

void set_pem(CURL* easy, CURLoption option, const std::string& pem) noexcept {
  curl_blob blob{const_cast<char*>(pem.data()), pem.size(), CURL_BLOB_NOCOPY};
  set(easy, option, &blob);
}

long milliseconds(std::chrono::milliseconds time) noexcept {
  return static_cast<long>(std::clamp<std::int64_t>(time.count(), 1, 24 * 3600 * 1000));
}

bool has(const std::vector<HttpHeader>& headers, std::string_view name) noexcept {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const HttpHeader& one) { return same_header(one.name, name); });
}

bool token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < 0x7f && std::string_view("\"(),/:;<=>?@[\\]{}").find(c) == std::string_view::npos;
  });
}

// A line end in a header's value would start another header.
Result<void> check(const HttpHeader& header) {
  if (!token(header.name)) return fail("\"" + printable(header.name) + "\" is no name of an HTTP header");
  const bool plain = std::none_of(header.value.begin(), header.value.end(),
                                  [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
  if (plain) return {};
  return fail("the HTTP header " + header.name + " has a line end in its value", "take the line end out of the value");
}

Result<void> check(const HttpRequest& request) {
  const bool plain = request.path.starts_with('/') && std::all_of(request.path.begin(), request.path.end(), [](char c) {
                       return c > ' ' && c < 0x7f && c != '#';
                     });
  if (plain && token(request.method)) return {};
  return fail("a request for \"" + printable(request.path.substr(0, request.path.find('?'))) + "\" is not encoded",
              "this is a bug in the provider", {}, Fault::internal);
}

void append(curl_slist*& list, const std::string& line) { list = curl_slist_append(list, line.c_str()); }

void append(curl_slist*& list, const HttpHeader& header) {
  // Curl takes `Name:` as "do not send it".
  append(list, header.value.empty() ? header.name + ";" : header.name + ": " + header.value);
}

}  // namespace

struct HttpCallbacks {
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) noexcept {
    auto& transfer = *static_cast<HttpTransfer*>(self);
    auto& body = transfer.response_.body;
    if (size * count > transfer.target_.settings.largest_answer - body.size()) {
      transfer.too_large_ = true;
      return 0;
    }
    body.append(data, size * count);
    return size * count;
  }

  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self) noexcept {
    auto& headers = static_cast<HttpTransfer*>(self)->response_.headers;
    const std::string_view line(data, size * count);
    const auto colon = line.find(':');
    // An interim answer (100, 103) comes before the one that counts.
    if (line.starts_with("HTTP/")) {
      headers.clear();
    } else if (colon != std::string_view::npos) {
      const auto start = line.find_first_not_of(" \t", colon + 1);
      const auto end = line.find_last_not_of(" \t\r\n");
      const bool empty = start == std::string_view::npos || end < start || end == colon;
      headers.push_back({std::string(line.substr(0, colon)),
                         empty ? std::string() : std::string(line.substr(start, end - start + 1))});
    }
    return size * count;
  }

  // Called each time that curl has a connection and is about to send. It sends again by itself when a kept-alive
  // connection is closed before any byte of an answer; what writes may have happened by then, so it goes out once.
  static int on_send(void* self, char*, char*, int, int) noexcept {
    auto& transfer = *static_cast<HttpTransfer*>(self);
    if (++transfer.times_sent_ > 1 && !transfer.request_->reads) return CURL_PREREQFUNC_ABORT;
    transfer.target_.sent.fetch_add(1, std::memory_order_relaxed);
    return CURL_PREREQFUNC_OK;
  }
};

HttpTransfer::HttpTransfer(HttpTarget& target) : target_(target), easy_(curl_easy_init()) {}

Result<void> HttpTransfer::refused() {
  return fail("no memory for a request", "free memory on this machine", {}, Fault::environment);
}

HttpTransfer::~HttpTransfer() {
  curl_easy_cleanup(easy_);
  curl_slist_free_all(headers_);
  curl_slist_free_all(connect_to_);
}

Result<void> HttpTransfer::prepare(const HttpRequest& request, const std::vector<HttpHeader>& client_headers) {
  PLUMB_CHECK(check(request));
  for (const auto& one : request.headers) PLUMB_CHECK(check(one));
  for (const auto& one : client_headers) PLUMB_CHECK(check(one));
  if (easy_ == nullptr) return refused();
  curl_easy_reset(easy_);
  curl_slist_free_all(headers_);
  curl_slist_free_all(connect_to_);
  headers_ = connect_to_ = nullptr;
  request_ = &request;
  response_ = {};
  reason_[0] = 0;
  times_sent_ = 0;
  too_large_ = repeatable_ = false;
  set_connection();
  if (target_.address.tls) set_tls();
  for (const auto& one : client_headers) {
    if (!has(request.headers, one.name)) append(headers_, one);
  }
  for (const auto& one : request.headers) append(headers_, one);
  set_body(has(request.headers, "Content-Type") || has(client_headers, "Content-Type"));
  set(easy_, CURLOPT_HTTPHEADER, headers_);
  return {};
}

void HttpTransfer::set_connection() {
  const auto& settings = target_.settings;
  const auto& address = target_.address;
  auto host = address;
  // Curl takes the name that it asks for and verifies from the URL, so the URL names the certificate's, and the
  // connection goes to the address all the same.
  if (const auto& name = settings.tls.server_name; address.tls && !name.empty()) {
    host.host = name;
    const auto port = std::to_string(address.port);
    append(connect_to_, host.host_text() + ":" + port + ":" + address.host_text() + ":" + port);
    set(easy_, CURLOPT_CONNECT_TO, connect_to_);
    append(headers_, "Host: " + address.authority());
  }
  set(easy_, CURLOPT_URL, (host.str() + request_->path).c_str());
  set(easy_, CURLOPT_PATH_AS_IS, 1L);
  set(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy_, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
  set(easy_, CURLOPT_NOSIGNAL, 1L);
  set(easy_, CURLOPT_TCP_KEEPALIVE, 1L);
  set(easy_, CURLOPT_USERAGENT, "plumb");
  // The environment's proxies do not lead to this machine.
  if (address.loopback()) set(easy_, CURLOPT_PROXY, "");
  const auto timeout = request_->timeout.count() > 0 ? request_->timeout : settings.timeout;
  set(easy_, CURLOPT_TIMEOUT_MS, milliseconds(timeout));
  set(easy_, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(settings.connect_timeout));
  set(easy_, CURLOPT_ERRORBUFFER, reason_);
  set(easy_, CURLOPT_PRIVATE, this);
  set(easy_, CURLOPT_WRITEFUNCTION, &HttpCallbacks::on_body);
  set(easy_, CURLOPT_WRITEDATA, this);
  set(easy_, CURLOPT_HEADERFUNCTION, &HttpCallbacks::on_header);
  set(easy_, CURLOPT_HEADERDATA, this);
  set(easy_, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(easy_, CURLOPT_PREREQFUNCTION, &HttpCallbacks::on_send);
  set(easy_, CURLOPT_PREREQDATA, this);
}

void HttpTransfer::set_tls() {
  const auto& tls = target_.settings.tls;
  const auto& pem = target_.tls;
  set(easy_, CURLOPT_SSL_VERIFYPEER, tls.verify ? 1L : 0L);
  set(easy_, CURLOPT_SSL_VERIFYHOST, tls.verify ? 2L : 0L);
  if (!pem.trust.empty() || !tls.ca_path.empty()) {
    // Instead of the system's, so its file and its directory both go.
    set(easy_, CURLOPT_CAINFO, static_cast<const char*>(nullptr));
    set(easy_, CURLOPT_CAPATH, tls.ca_path.empty() ? nullptr : tls.ca_path.c_str());
    if (!pem.trust.empty()) set_pem(easy_, CURLOPT_CAINFO_BLOB, pem.trust);
  }
  if (pem.certificate.empty()) return;
  set(easy_, CURLOPT_SSLCERTTYPE, "PEM");
  set(easy_, CURLOPT_SSLKEYTYPE, "PEM");
  set_pem(easy_, CURLOPT_SSLCERT_BLOB, pem.certificate);
  set_pem(easy_, CURLOPT_SSLKEY_BLOB, pem.key);
}

void HttpTransfer::set_body(bool typed) {
  const auto& request = *request_;
  const auto& method = request.method;
  if (method == "HEAD") set(easy_, CURLOPT_NOBODY, 1L);
  if (!request.body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
    set(easy_, CURLOPT_POST, 1L);
    set(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(easy_, CURLOPT_POSTFIELDS, request.body.c_str());
    // Without a value curl sends none; left alone it would call it a form.
    if (!typed) append(headers_, request.body.empty() ? "Content-Type:" : "Content-Type: " + request.content_type);
    append(headers_, "Expect:");  // a large body would wait a second for servers that do not answer it
  }
  set(easy_, CURLOPT_CUSTOMREQUEST, method.c_str());
}

Result<HttpResponse> HttpTransfer::finish(CURLcode code) {
  if (code == CURLE_OK) {
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    response_.status = static_cast<int>(status);
    repeatable_ = request_->reads && (status == 429 || (status >= 502 && status <= 504));
    return std::move(response_);
  }
  HttpFailure failure{code, reason_, times_sent_ > 0, too_large_, 0, 0};
  curl_easy_getinfo(easy_, CURLINFO_OS_ERRNO, &failure.os_error);
  curl_easy_getinfo(easy_, CURLINFO_SSL_VERIFYRESULT, &failure.verify_result);
  auto error = http_error(failure, target_, *request_);
  repeatable_ = request_->reads && error.retry == Retry::later;
  return fail(std::move(error));
}

}  // namespace plumb::net
