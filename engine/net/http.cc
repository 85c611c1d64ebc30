#include "engine/net/http.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>

#include "engine/net/http_call.h"
#include "engine/net/http_header.h"

namespace plumb {
namespace {

// Curl wants this once, before anything else; it takes some milliseconds, so not at start-up.
bool start_curl() {
  static const bool started = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return started;
}

}  // namespace

struct HttpClient::Impl {
  net::HttpTarget target;
  net::HttpSlots slots;
  net::HttpPool pool;
  std::mutex mutex;
  std::vector<HttpHeader> headers;  // guarded by mutex

  Impl(HttpSettings settings, net::HttpAddress address, net::TlsMaterial tls)
      : target{std::move(settings), std::move(address), std::move(tls)},
        slots(target.settings.connections),
        pool(target),
        headers(std::move(target.settings.headers)) {}
};

Result<std::unique_ptr<HttpClient>> HttpClient::make(HttpSettings settings) {
  if (!start_curl()) return fail("libcurl does not start", "free memory on this machine", {}, Fault::environment);
  auto address = PLUMB_TRY(net::parse_http_address(settings.address));
  const auto& name = settings.tls.server_name;
  if (const auto asked = net::parse_http_address("https://" + name);
      !name.empty() && (!asked || asked->authority() != asked->host_text() || !asked->path.empty())) {
    return fail("\"" + name + "\" is no host name",
                "give " + settings.tls.names.server_name + " a name without a port");
  }
  auto tls = address.tls ? PLUMB_TRY(net::load_tls_material(settings.tls)) : net::TlsMaterial{};
  settings.connections = std::max<std::size_t>(1, settings.connections);
  auto impl = std::make_unique<Impl>(std::move(settings), std::move(address), std::move(tls));
  return std::unique_ptr<HttpClient>(new HttpClient(std::move(impl)));
}

HttpClient::HttpClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpClient::~HttpClient() = default;

Result<HttpResponse> HttpClient::send(const HttpRequest& request) {
  auto results = send_all(std::span(&request, 1));
  return std::move(results.front());
}

std::vector<Result<HttpResponse>> HttpClient::send_all(std::span<const HttpRequest> requests) {
  if (requests.empty()) return {};
  auto multi = impl_->pool.take();
  auto out = net::HttpCall(impl_->target, impl_->slots, *multi, [this] {
               const std::lock_guard lock(impl_->mutex);
               return impl_->headers;
             }).run(requests);
  impl_->pool.put_back(std::move(multi));
  return out;
}

void HttpClient::set_header(const std::string& name, std::string value) {
  const std::lock_guard lock(impl_->mutex);
  auto& headers = impl_->headers;
  const auto found = std::find_if(headers.begin(), headers.end(),
                                  [&](const HttpHeader& one) { return net::same_header(one.name, name); });
  if (found == headers.end()) {
    headers.push_back({name, std::move(value)});
  } else {
    found->value = std::move(value);
  }
}

void HttpClient::close_idle() { impl_->pool.close_idle(); }

std::uint64_t HttpClient::sent() const noexcept { return impl_->target.sent.load(std::memory_order_relaxed); }

}  // namespace plumb
