// Any bytes as the body of an answer that is no success: the error is one line that can be shown, with a next step.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <string>
#include <string_view>

#include "providers/vault/errors.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

// The contract of libFuzzer. The first byte chooses the status and the kind of call.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr int statuses[] = {400, 403, 405, 307, 412, 429, 472, 500, 502, 503, 504, 418};
  plumb::HttpResponse response;
  response.status = statuses[(data[0] >> 1) % std::size(statuses)];
  response.body.assign(reinterpret_cast<const char*>(data) + 1, size - 1);
  plumb::vault::Call call;
  call.method = (data[0] & 1) != 0 ? "POST" : "GET";
  call.path = "secret/data/a";
  const plumb::Error error = plumb::vault::error_of(call, response);
  require(!error.message.empty() && !error.next_step.empty());
  require(error.message.size() < 4096 && error.message.find('\n') == std::string::npos);
  require(error.message.find('\x1b') == std::string::npos);
  // Only a write may have happened.
  require(error.retry != plumb::Retry::outcome_unknown || call.method == "POST");
  return 0;
}
