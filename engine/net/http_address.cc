#include "engine/net/http_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "engine/base/text.h"
#include "engine/net/http.h"

namespace plumb::net {
namespace {

constexpr const char* example = "write it as https://host:port, with a path where the server has one";

tl::unexpected<Error> bad(std::string_view address, const std::string& cause, const char* next = example) {
  return fail("address \"" + printable(address) + "\": " + cause, next);
}

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return lower(c); });
  return out;
}

bool host_name(std::string_view host) noexcept {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  });
}

std::optional<std::uint16_t> port_number(std::string_view text) noexcept {
  std::uint16_t port = 0;
  const auto* end = text.data() + text.size();
  const auto [at, code] = std::from_chars(text.data(), end, port);
  if (code != std::errc{} || at != end || port == 0) return std::nullopt;
  return port;
}

bool ip6(const std::string& host) noexcept {
  in6_addr out{};
  return inet_pton(AF_INET6, host.c_str(), &out) == 1;
}

// `host`, `host:port`, `[v6]`, `[v6]:port` into the address; the cause when it is none of them.
std::optional<std::string> take_authority(std::string_view authority, HttpAddress& out) {
  std::string_view port;
  bool has_port = false;
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    if (close == std::string_view::npos) return "the [ of its IPv6 host is not closed";
    out.host = lower(authority.substr(1, close - 1));
    if (!ip6(out.host)) return "[" + printable(out.host) + "] is no IPv6 address";
    const auto rest = authority.substr(close + 1);
    has_port = rest.starts_with(':');
    if (!rest.empty() && !has_port) return "its host has text after the ]";
    if (has_port) port = rest.substr(1);
  } else {
    const auto colon = authority.find(':');
    has_port = colon != std::string_view::npos;
    out.host = lower(authority.substr(0, colon));
    if (has_port) port = authority.substr(colon + 1);
    if (port.find(':') != std::string_view::npos) return "an IPv6 host stands in brackets, as in https://[::1]:8200";
    if (out.host.empty()) return "it names no host";
    if (!host_name(out.host)) return "\"" + printable(out.host) + "\" is no host name";
  }
  if (!has_port) return std::nullopt;
  const auto number = port_number(port);
  if (!number) return "\"" + printable(port) + "\" is no port from 1 to 65535";
  out.port = *number;
  return std::nullopt;
}

}  // namespace

std::string HttpAddress::host_text() const { return host.find(':') == std::string::npos ? host : "[" + host + "]"; }

std::string HttpAddress::authority() const {
  const bool usual = port == (tls ? 443 : 80);
  return usual ? host_text() : host_text() + ":" + std::to_string(port);
}

std::string HttpAddress::str() const { return (tls ? "https://" : "http://") + authority() + path; }

bool HttpAddress::loopback() const noexcept {
  // Only what is sure: `127.1` and `2130706433` may be read as 127.0.0.1, or as a name.
  if (host == "localhost") return true;
  in_addr four{};
  if (inet_pton(AF_INET, host.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24) == 127;
  in6_addr six{};
  return inet_pton(AF_INET6, host.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

Result<HttpAddress> parse_http_address(std::string_view address) {
  const auto scheme_end = address.find("://");
  if (address.empty()) return fail("the address is empty", example);
  // A password may stand before an `@`, whatever is wrong with the rest.
  if (const auto at = address.find('@'); at != std::string_view::npos) {
    const auto start = scheme_end != std::string_view::npos && scheme_end < at ? scheme_end + 3 : 0;
    if (address.substr(start, at - start).find_first_of("/?#") == std::string_view::npos) {
      return fail("the address holds a user or a password before its @",
                  "take it out of the address: credentials have settings of their own");
    }
  }
  HttpAddress out;
  const auto scheme = lower(address.substr(0, scheme_end == std::string_view::npos ? 0 : scheme_end));
  if (scheme_end == std::string_view::npos) return bad(address, "it does not start with https:// or http://");
  if (scheme != "https" && scheme != "http") return bad(address, "its scheme is not https or http");
  out.tls = scheme == "https";
  out.port = out.tls ? 443 : 80;
  const auto rest = address.substr(scheme_end + 3);
  // The query may be a secret: it is not repeated.
  if (const auto end = address.find_first_of("?#"); end != std::string_view::npos) {
    return bad(address.substr(0, end),
               address[end] == '?' ? "it has a query after its ?" : "it has a fragment after its #");
  }
  const auto slash = rest.find('/');
  if (auto cause = take_authority(rest.substr(0, slash), out)) return bad(address, *cause);
  if (slash != std::string_view::npos) out.path = rest.substr(slash);
  while (out.path.ends_with('/')) out.path.pop_back();
  const bool plain = std::all_of(out.path.begin(), out.path.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (!plain) return bad(address, "its path has a character that must be percent-encoded");
  return out;
}

}  // namespace plumb::net

namespace plumb {

std::string url_segment(std::string_view text) { return url_encode(text); }

std::string url_path(std::string_view text) {
  std::string out;
  for (std::size_t from = 0;;) {
    const auto slash = text.find('/', from);
    out += url_encode(text.substr(from, slash - from));
    if (slash == std::string_view::npos) return out;
    out += '/';
    from = slash + 1;
  }
}

bool clear_text_beyond_loopback(std::string_view address) {
  const auto parsed = net::parse_http_address(address);
  // What is no address is refused elsewhere; here it counts as what can be read on the way, unless it says https.
  if (!parsed) return !address.starts_with("https://");
  return !parsed->tls && !parsed->loopback();
}

}  // namespace plumb
