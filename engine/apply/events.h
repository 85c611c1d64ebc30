// What a user sees of an apply: one stream of values, one sink. Reports render them; nothing else does.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <variant>

#include "engine/base/error.h"
#include "engine/model/address.h"
#include "engine/plan/plan.h"

namespace plumb {

struct ApplyStarted {
  std::size_t steps = 0;
};
struct StepStarted {
  Address address;
  StepKind kind = StepKind::create;
};
struct StepFinished {
  Address address;
  StepKind kind = StepKind::create;
  std::string server_id;
  std::chrono::nanoseconds took{0};
};
struct StepRetrying {
  Address address;
  StepKind kind = StepKind::create;
  Error error;
  std::chrono::milliseconds wait{0};
};
struct StepFailed {
  Address address;
  StepKind kind = StepKind::create;
  Error error;           // redacted
  bool partial = false;  // the object exists, half-made
};
struct StepSkipped {
  Address address;
  StepKind kind = StepKind::create;
  Address because;           // the step that failed
  bool interrupted = false;  // not started because of a signal; `because` is empty
};
struct ApplyNote {  // "key made, back it up"
  std::string text;
};
struct ApplyFinished {
  std::size_t done = 0, failed = 0, skipped = 0;
  std::chrono::nanoseconds took{0};
  bool interrupted = false;
};

using ApplyEvent = std::variant<ApplyStarted, StepStarted, StepFinished, StepRetrying, StepFailed, StepSkipped,
                                ApplyNote, ApplyFinished>;
// Called on the coordinator's thread. Must not block for long.
using EventSink = std::function<void(const ApplyEvent&)>;

}  // namespace plumb
