// HTTP/1.1 over libcurl's multi interface: many requests at once over few kept-alive connections.
//
// A client is one server: its address, its trust, the headers that every request carries. It retries what only reads;
// what writes it never sends twice.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace plumb {

struct HttpHeader {
  std::string name;
  std::string value;  // may be a secret: never in a message
};

// What the user calls the settings of HttpTls: for next steps.
struct HttpTlsNames {
  std::string trust = "ca_pem, ca_file or ca_path";
  std::string server_name = "server_name";
  std::string certificate = "certificate_file";
  std::string key = "key_file";
};

// Whom to trust, and who we are. PEM texts win over files.
struct HttpTls {
  bool verify = true;       // false: any certificate, any name
  std::string ca_pem;       // certificates to trust instead of the system's
  std::string ca_file;      // the same in a file
  std::string ca_path;      // the same in a directory of hashed names
  std::string server_name;  // the name to ask for and to find in the certificate; empty: the address's host
  std::string certificate_pem;
  std::string certificate_file;  // client certificate, with its chain
  std::string key_pem;           // its key; a secret; when neither is given it lies beside the certificate
  std::string key_file;
  HttpTlsNames names;
};

struct HttpSettings {
  // `https://host:port` or with a path below which every request lies. No query, no fragment, no user.
  std::string address;
  std::vector<HttpHeader> headers;  // of every request
  HttpTls tls;
  std::size_t connections = 8;  // requests in flight at once, over all threads
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds timeout{60'000};        // of one attempt; a request may bring its own
  std::size_t attempts = 5;                         // of one that only reads; 1: none is repeated
  std::chrono::milliseconds retry_total{30'000};    // no attempt starts later than this after the first
  std::size_t largest_answer = 256U * 1024 * 1024;  // bytes of a body; more is an error
};

struct HttpRequest {
  std::string method = "GET";
  std::string path;                 // below the address, starts with `/`, encoded already, with its query
  std::vector<HttpHeader> headers;  // beside those of the client; the same name replaces
  std::string body;
  std::string content_type = "application/json";  // sent when there is a body
  // Sending it again does no harm: it only reads. False: it is sent once, and a lost answer is
  // Retry::outcome_unknown.
  bool reads = true;
  std::chrono::milliseconds timeout{0};  // 0: the client's
};

struct HttpResponse {
  int status = 0;
  std::vector<HttpHeader> headers;  // of the last answer, as sent
  std::string body;

  // Letter case of names does not count. nullptr when there is none.
  [[nodiscard]] const std::string* header(std::string_view name) const noexcept;
  // `Retry-After` in seconds or as a date (RFC 9110, 10.2.3); 0 when there is none.
  [[nodiscard]] std::chrono::milliseconds retry_after() const noexcept;
};

// An answer with any status is a success here; what it means is the caller's business. Redirects are not followed
// (the token would go to another server): the caller sees 307. Answers 429, 502, 503 and 504 to what only reads are
// repeated with full jitter, and not before Retry-After; the last one is returned when attempts or time run out.
//
// Errors: Fault::unreachable with Retry::later when nothing was sent (no address, connection refused), with
// Retry::outcome_unknown when a request that writes was sent and its answer was lost (Retry::later where it only
// reads). With Retry::never: Fault::input when the server's certificate is not trusted, Fault::refused when the server
// does not take ours (the next steps name the settings), Fault::provider when the answer is no HTTP or too large.
// Messages name method, host and path without its query, never headers or bodies.
//
// The environment's http_proxy, https_proxy and no_proxy count, but for loopback.
//
// Thread-safe: any number of threads may call send and send_all at once; no more than `connections` requests are in
// flight over all of them.
class HttpClient {
 public:
  // Checks the address and reads the TLS files. No outside calls. Errors: Fault::input.
  static Result<std::unique_ptr<HttpClient>> make(HttpSettings settings);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Blocks until the answer is there.
  Result<HttpResponse> send(const HttpRequest& request);
  // All at once, as far as the cap allows; one result for each request, in order. Blocks until all are there.
  std::vector<Result<HttpResponse>> send_all(std::span<const HttpRequest> requests);
  // Replaces the value of one of the client's own headers, or adds it (a renewed token). Requests under way keep
  // theirs.
  void set_header(const std::string& name, std::string value);
  // Closes connections that nobody uses.
  void close_idle();
  // Requests that left so far, each repeat counted.
  [[nodiscard]] std::uint64_t sent() const noexcept;

 private:
  struct Impl;
  explicit HttpClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Percent-encoded as one segment of a path: all but RFC 3986's unreserved characters, `/` too.
std::string url_segment(std::string_view text);
// The same with `/` left as it is: several segments.
std::string url_path(std::string_view text);
// `http` to a host that is not loopback (127.0.0.0/8, ::1, localhost): what goes there can be read on the way.
bool clear_text_beyond_loopback(std::string_view address);

}  // namespace plumb
