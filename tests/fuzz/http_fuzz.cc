// Any bytes as an address, and as a Retry-After: what is accepted reads back as itself, what is refused is explained.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/net/http.h"
#include "engine/net/http_address.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check_address(std::string_view text) {
  const auto address = plumb::net::parse_http_address(text);
  if (!address) {
    require(!address.error().message.empty() && !address.error().next_step.empty());
    return;
  }
  const auto again = plumb::net::parse_http_address(address->str());
  require(again && again->str() == address->str() && again->loopback() == address->loopback());
  require(!address->host.empty() && address->port != 0);
  // What is not TLS and not surely this machine must never pass as safe.
  require(plumb::clear_text_beyond_loopback(text) == (!address->tls && !address->loopback()));
}

void check_segment(std::string_view text) {
  for (const char c : plumb::url_segment(text)) require(c > ' ' && c != '/' && c != '?' && c != '#');
}

}  // namespace

// The contract of libFuzzer.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_address(text);
  check_segment(text);
  plumb::HttpResponse response;
  response.headers.push_back({"Retry-After", std::string(text)});
  require(response.retry_after() >= std::chrono::milliseconds(0));
  return 0;
}
