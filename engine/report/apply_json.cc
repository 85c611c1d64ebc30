#include "engine/model/json_text.h"
#include "engine/report/apply_text.h"
#include "engine/report/diagnostics.h"

namespace plumb {

namespace {

std::int64_t milliseconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

std::int64_t count(std::size_t n) { return static_cast<std::int64_t>(n); }

ValueMap typed(std::string_view type) {
  ValueMap out;
  out.set("type", type);
  return out;
}

ValueMap step(std::string_view type, const Address& address, StepKind kind) {
  ValueMap out = typed(type);
  out.set("action", word(kind));
  out.set("address", address.str());
  return out;
}

void set_error(ValueMap& out, const Error& error) {
  out.set("fault", word(error.fault));
  out.set("message", error.message);
  out.set("next_step", error.next_step);
  out.set("position", error.pos.known() ? Value(error.pos.str()) : Value());
}

struct ToJson {
  ValueMap operator()(const ApplyStarted& e) const {
    ValueMap out = typed("apply_started");
    out.set("format_version", "1.0");
    out.set("steps", count(e.steps));
    return out;
  }
  ValueMap operator()(const StepStarted& e) const { return step("step_started", e.address, e.kind); }
  ValueMap operator()(const StepFinished& e) const {
    ValueMap out = step("step_finished", e.address, e.kind);
    out.set("milliseconds", milliseconds(e.took));
    out.set("server_id", e.server_id.empty() ? Value() : Value(e.server_id));
    return out;
  }
  ValueMap operator()(const StepRetrying& e) const {
    ValueMap out = step("step_retrying", e.address, e.kind);
    set_error(out, e.error);
    out.set("wait_milliseconds", milliseconds(e.wait));
    return out;
  }
  ValueMap operator()(const StepFailed& e) const {
    ValueMap out = step("step_failed", e.address, e.kind);
    set_error(out, e.error);
    out.set("partial", e.partial);
    return out;
  }
  ValueMap operator()(const StepSkipped& e) const {
    ValueMap out = step("step_skipped", e.address, e.kind);
    out.set("because", e.interrupted ? Value() : Value(e.because.str()));
    out.set("interrupted", e.interrupted);
    return out;
  }
  ValueMap operator()(const ApplyNote& e) const {
    ValueMap out = typed("note");
    out.set("text", e.text);
    return out;
  }
  ValueMap operator()(const ApplyFinished& e) const {
    ValueMap out = typed("apply_finished");
    out.set("done", count(e.done));
    out.set("failed", count(e.failed));
    out.set("interrupted", e.interrupted);
    out.set("milliseconds", milliseconds(e.took));
    out.set("skipped", count(e.skipped));
    return out;
  }
};

}  // namespace

void ApplyJsonLines::operator()(const ApplyEvent& event) { out_(json_text(Value(std::visit(ToJson{}, event))) + "\n"); }

}  // namespace plumb
