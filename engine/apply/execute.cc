#include "engine/apply/execute.h"

#include "engine/provider_api/contract.h"

namespace plumb {

namespace {

ReadResult read_back(const Call& call) {
  const std::vector<ReadKey> keys{{call.identity, call.request.server_id}};
  std::vector<ReadResult> results = call.provider->read_many(*call.request.type, keys);
  check_read(*call.request.type, keys, results);
  if (results.empty()) return ReadResult::unreadable(Error{"the provider gave no answer", "", {}, Fault::provider});
  return std::move(results.front());
}

ApplyResult done(ReadResult read) {
  ApplyResult result;
  result.value = std::move(read.value);
  result.server_id = std::move(read.server_id);
  result.evidence = std::move(read.evidence);
  return result;
}

ApplyResult failed(Error error) {
  ApplyResult result;
  result.error = std::move(error);
  return result;
}

// The reply was lost. What the server says now decides; nothing is repeated blindly.
ApplyResult settle_unknown(const Call& call, ApplyResult lost) {
  ReadResult now = read_back(call);
  if (now.status == ReadResult::Status::unreadable) {
    lost.error->message += "; and reading back failed: " + now.error.message;
    lost.error->next_step = "run apply again: it reads first";
    lost.error->retry = Retry::outcome_unknown;
    return lost;
  }
  const bool there = now.status == ReadResult::Status::present;
  if (call.request.operation == Operation::remove) {
    if (!there) return {};
    lost.error->retry = Retry::at_once;  // it did not happen
    return lost;
  }
  if (!there) {
    lost.error->retry = call.request.operation == Operation::create ? Retry::at_once : Retry::never;
    return lost;
  }
  ApplyResult result = done(std::move(now));
  ApplyResult checked = result;
  if (check_apply(*call.request.type, call.expected, checked).empty()) return result;
  if (call.request.operation == Operation::update) {
    lost.error->retry = Retry::at_once;
    return lost;
  }
  // Made, but not (yet) as planned: kept as half-made, so that the next plan updates it.
  result.error = std::move(lost.error);
  result.error->retry = Retry::never;
  return result;
}

}  // namespace

ApplyResult execute(const Call& call) {
  if (call.read_first && call.request.operation == Operation::create) {
    ReadResult now = read_back(call);
    if (now.status == ReadResult::Status::unreadable) return failed(std::move(now.error));
    if (now.status == ReadResult::Status::present) {
      if (call.request.type->link) return done(std::move(now));
      return failed(Error{
          "it exists already, and is not in state", "plan again: it says how to take it over", {}, Fault::provider});
    }
  }
  ApplyResult result = call.provider->apply(call.request);
  if (result.error && result.error->retry == Retry::outcome_unknown) return settle_unknown(call, std::move(result));
  return result;
}

}  // namespace plumb
