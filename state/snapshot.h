// The snapshot: a State as lines, written by a stream and read line by line.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/base/source.h"
#include "state/sealing.h"
#include "state/state.h"

namespace plumb::statefile {

using ByteSink = std::function<Result<void>(std::string_view)>;

// Writes `state` with this serial. Returns a digest of the body (all but the first and the last line): two states with
// one digest hold the same things.
Result<std::string> write_snapshot(const State& state, std::uint64_t serial, Sealing& sealing, const ByteSink& sink);

struct ReadSnapshot {
  State state;
  std::string body_digest;
};

// Called once the header is known, before anything sealed is read: finds the key.
using HeaderHook = std::function<Result<void>(const State& header)>;

// Errors carry `file` and the line; damage has no next step, because only the store knows its history.
Result<ReadSnapshot> read_snapshot(std::string_view text, const FileName& file, Sealing& sealing,
                                   const HeaderHook& on_header);

// The digest of the body of a state that holds nothing.
std::string empty_body_digest();

}  // namespace plumb::statefile
