#include "tests/support/faulty_session.h"

#include <algorithm>

namespace plumb::test {

namespace {

Error no_space() { return Error{"the journal cannot be written", "free some space", {}, Fault::environment}; }

}  // namespace

Result<void> FaultySession::append(const State& state, std::span<const JournalEvent> events, bool durable) {
  script_->syncs += durable ? 1 : 0;
  const bool striking = script_->refused < script_->fail_times;
  const std::size_t left = script_->allow - std::min(script_->allow, script_->written);
  const std::size_t count = striking ? std::min(left, events.size()) : events.size();
  if (count > 0) {
    const auto part = events.first(count);
    PLUMB_CHECK(real_->append(state, part, durable));
    script_->written += count;
    script_->events.insert(script_->events.end(), part.begin(), part.end());
  }
  if (count == events.size()) return {};
  ++script_->refused;
  return fail(no_space());
}

Result<void> FaultySession::commit(State& state) {
  if (script_->written >= script_->allow && script_->refused < script_->fail_times) return fail(no_space());
  PLUMB_CHECK(real_->commit(state));
  script_->committed = true;
  return {};
}

}  // namespace plumb::test
