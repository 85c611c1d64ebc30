// The error value: a place, a cause and a next step.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "engine/base/source.h"

namespace plumb {

// Whose business the error is; plan and apply choose from it whether to stop or to block.
enum class Fault : std::uint8_t {
  input,        // configuration, flags, state contents: the user can mend it
  environment,  // files, locks, network: the machine can
  unreachable,  // a server cannot be reached
  refused,      // a server refuses the credentials
  denied,       // a right is missing for one thing; the rest may go on
  provider,     // a server said no, or a provider broke its contract
  internal,     // a bug of ours
};

// What a caller may do about a failed call.
enum class Retry : std::uint8_t {
  never,            // stop
  at_once,          // nothing happened and nothing stands in the way (a serialisation failure)
  later,            // nothing happened; wait (overload, lock not available)
  outcome_unknown,  // it may have happened: read back before anything else
};

struct Error {
  std::string message;    // what is wrong: one line, no full stop at the end, never a secret
  std::string next_step;  // what to do; may be empty only where nothing sensible can be said
  SourcePos pos{};
  Fault fault = Fault::input;
  Retry retry = Retry::never;
  std::chrono::milliseconds retry_after{0};  // the server's own wish, 0 for none

  // `pos: message`; the next step is the renderer's business.
  [[nodiscard]] std::string str() const { return pos.known() ? pos.str() + ": " + message : message; }
  // The same error, placed where nothing has placed it yet.
  [[nodiscard]] Error at(const SourcePos& where) && {
    if (!pos.known()) pos = where;
    return std::move(*this);
  }
  // The same error, with words put before its message.
  [[nodiscard]] Error in(const std::string& context) && {
    message = context + ": " + message;
    return std::move(*this);
  }
};

}  // namespace plumb
