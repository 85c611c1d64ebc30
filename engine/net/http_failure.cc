#include "engine/net/http_failure.h"

#include <openssl/x509_vfy.h>

#include <algorithm>
#include <string>
#include <system_error>

#include "engine/base/clock.h"
#include "engine/base/text.h"

namespace plumb::net {
namespace {

struct Words {
  std::string cause;
  std::string next;
  Fault fault = Fault::unreachable;
  Retry retry = Retry::later;
};

bool holds(std::string_view text, std::string_view part) noexcept { return text.find(part) != std::string_view::npos; }

// The server's word on our client certificate. With TLS 1.3 it comes when the first answer is awaited, but the server
// has not looked at the request.
bool certificate_refused(std::string_view reason) noexcept {
  return holds(reason, "alert") && (holds(reason, "certificate") || holds(reason, "unknown ca"));
}

Words about_certificates(const HttpFailure& failure, const HttpTarget& target) {
  const auto& names = target.settings.tls.names;
  const bool given = !target.tls.certificate.empty();
  if (certificate_refused(failure.reason)) {
    return {given ? "the server refuses our client certificate" : "the server asks for a client certificate",
            given ? "check that the server trusts the certificate in " + names.certificate
                  : "set " + names.certificate + " and " + names.key,
            Fault::refused, Retry::never};
  }
  if (failure.code == CURLE_PEER_FAILED_VERIFICATION) {
    // Curl leaves "unspecified" there when the chain is good and it then finds the name wrong.
    if (failure.verify_result != X509_V_OK && failure.verify_result != X509_V_ERR_UNSPECIFIED) {
      return {std::string("the server's certificate is not trusted: ") +
                  X509_verify_cert_error_string(failure.verify_result),
              "name the authority that signed it in " + names.trust, Fault::input, Retry::never};
    }
    const auto& name = target.settings.tls.server_name;
    return {"the server's certificate is not for " + (name.empty() ? target.address.host : name),
            "use the name that stands in the certificate, in the address or in " + names.server_name, Fault::input,
            Retry::never};
  }
  return {"no TLS connection: " + printable(failure.reason),
          "check that the server speaks TLS at " + target.address.authority() + ", or write http:// where it does not",
          Fault::unreachable, Retry::never};
}

bool concerns_certificates(const HttpFailure& failure) noexcept {
  switch (failure.code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      return true;
    case CURLE_SSL_CONNECT_ERROR:
      // A connection that broke in the handshake says nothing of certificates.
      return !holds(failure.reason, "SSL_ERROR_SYSCALL") && !holds(failure.reason, "unexpected eof");
    default:
      return failure.sent && certificate_refused(failure.reason);
  }
}

// Before anything was sent.
Words not_sent(const HttpFailure& failure, const HttpTarget& target) {
  const auto& settings = target.settings;
  const auto where = target.address.authority();
  switch (failure.code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return {"no address is known for " + target.address.host,
              "check the host's name, and that this machine's DNS works"};
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {"no address is known for the proxy", "check the environment's http_proxy, https_proxy and no_proxy"};
    case CURLE_OPERATION_TIMEDOUT:
      return {"no connection within " + duration_text(std::min(settings.connect_timeout, settings.timeout)),
              "check that " + where + " can be reached from here"};
    case CURLE_OUT_OF_MEMORY:
      return {"no memory for a request", "free memory on this machine", Fault::environment, Retry::never};
    case CURLE_COULDNT_CONNECT:
    default:
      return {"cannot connect: " + (failure.os_error != 0
                                        ? std::generic_category().message(static_cast<int>(failure.os_error))
                                        : printable(failure.reason)),
              "check that the server runs and listens at " + where};
  }
}

// After the request, or a part of it, had left.
Words not_answered(const HttpFailure& failure, const HttpTarget& target, const HttpRequest& request) {
  const auto timeout = request.timeout.count() > 0 ? request.timeout : target.settings.timeout;
  if (failure.too_large) {
    return {"the answer is larger than " + size_text(target.settings.largest_answer), "ask for less at once",
            Fault::provider, Retry::never};
  }
  switch (failure.code) {
    case CURLE_OPERATION_TIMEDOUT:
      return {"no answer within " + duration_text(timeout), "see why the server is slow, or raise the timeout"};
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
      return {"what answers is no HTTP server", "check the address and its port", Fault::provider, Retry::never};
    default:
      return {"the connection was lost before the answer was whole", "see the server's log"};
  }
}

}  // namespace

Error http_error(const HttpFailure& failure, const HttpTarget& target, const HttpRequest& request) {
  const bool certificates = concerns_certificates(failure);
  auto words = certificates   ? about_certificates(failure, target)
               : failure.sent ? not_answered(failure, target, request)
                              : not_sent(failure, target);
  if (failure.sent && !certificates && !request.reads) {
    words.retry = Retry::outcome_unknown;
    words.cause += ", so it may or may not have happened";
    words.next = "look at the server whether it happened before it is sent again";
  }
  const auto path = target.address.path + request.path.substr(0, request.path.find('?'));
  auto place = request.method + " " + (target.address.tls ? "https://" : "http://") + target.address.authority() + path;
  return {place + ": " + words.cause, words.next, {}, words.fault, words.retry};
}

}  // namespace plumb::net
