// What a failed attempt is to the user and to the engine.
#pragma once

#include <curl/curl.h>

#include <string_view>

#include "engine/base/error.h"
#include "engine/net/http_transfer.h"

namespace plumb::net {

struct HttpFailure {
  CURLcode code = CURLE_OK;
  std::string_view reason;  // curl's own words; never of headers or bodies
  bool sent = false;        // at least one byte of the request may have left
  bool too_large = false;
  long os_error = 0;
  long verify_result = 0;  // X509_V_ERR_*, of the server's certificate
};

Error http_error(const HttpFailure& failure, const HttpTarget& target, const HttpRequest& request);

}  // namespace plumb::net
