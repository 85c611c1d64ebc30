#include "engine/report/apply_text.h"

#include "engine/base/text.h"

namespace plumb {

namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

std::string name_of(const Address& address) { return printable(address.str()); }

std::string error_lines(const Error& error) {
  std::string out = printable(error.str());
  if (!error.next_step.empty()) out += "\n  next step: " + printable(error.next_step);
  return out + "\n";
}

std::string failed_text(const StepFailed& event, const TextOptions& options) {
  return name_of(event.address) + ": " + toned("could not " + std::string(word(event.kind)), Tone::bad, options) +
         (event.partial ? " all of it" : "") + ": " + error_lines(event.error);
}

std::string finished_text(const StepFinished& event, const TextOptions& options) {
  std::string out = name_of(event.address) + ": " + toned(done(event.kind), Tone::good, options);
  const bool called = event.kind != StepKind::adopt && event.kind != StepKind::forget && event.kind != StepKind::record;
  if (called && event.took >= std::chrono::milliseconds(1)) out += " in " + duration_text(event.took);
  if (!event.server_id.empty() && event.kind == StepKind::create) out += " (" + printable(event.server_id) + ")";
  return out + "\n";
}

std::string skipped_text(const StepSkipped& event, const TextOptions& options) {
  const std::string why =
      event.interrupted ? "because of the interrupt" : "because " + name_of(event.because) + " failed";
  return name_of(event.address) + ": " + toned("skipped", Tone::warn, options) + " " + why + "\n";
}

std::string retrying_text(const StepRetrying& event) {
  return name_of(event.address) + ": again in " + duration_text(event.wait) + ": " + printable(event.error.str()) +
         "\n";
}

std::string end_text(const ApplyFinished& event, const std::vector<StepFailed>& failures, const TextOptions& options) {
  std::string out;
  if (!failures.empty()) {
    out += "\n" + toned("Failed:", Tone::bad, options) + "\n";
    for (const StepFailed& failure : failures) out += failed_text(failure, options);
  }
  std::string counts = "Apply: " + std::to_string(event.done) + " done";
  if (event.failed > 0) counts += ", " + std::to_string(event.failed) + " failed";
  if (event.skipped > 0) counts += ", " + std::to_string(event.skipped) + " skipped";
  counts += event.interrupted ? ", interrupted after " : " in ";
  return out + "\n" + toned(counts + duration_text(event.took) + ".", Tone::strong, options) + "\n";
}

}  // namespace

// Records touch nothing but state: they are counted at the end and not told one by one, unless they fail.
void ApplyLines::operator()(const ApplyEvent& event) {
  std::visit(Overloaded{
                 [](const ApplyStarted&) {},
                 [&](const StepStarted& e) {
                   if (e.kind == StepKind::record) return;
                   out_(name_of(e.address) + ": " + std::string(doing(e.kind)) + "\n");
                 },
                 [&](const StepFinished& e) {
                   if (e.kind != StepKind::record) out_(finished_text(e, options_));
                 },
                 [&](const StepRetrying& e) { out_(retrying_text(e)); },
                 [&](const StepFailed& e) {
                   out_(failed_text(e, options_));
                   failures_.push_back(e);
                 },
                 [&](const StepSkipped& e) { out_(skipped_text(e, options_)); },
                 [&](const ApplyNote& e) { out_("note: " + printable(e.text) + "\n"); },
                 [&](const ApplyFinished& e) { out_(end_text(e, failures_, options_)); },
             },
             event);
}

std::string_view doing(StepKind kind) noexcept {
  switch (kind) {
    case StepKind::create:
      return "creating";
    case StepKind::update:
      return "updating";
    case StepKind::remove:
      return "deleting";
    case StepKind::adopt:
      return "adopting";
    case StepKind::forget:
      return "forgetting";
    case StepKind::read:
      return "reading";
    case StepKind::record:
      return "recording";
  }
  return "";
}

std::string_view done(StepKind kind) noexcept {
  switch (kind) {
    case StepKind::create:
      return "created";
    case StepKind::update:
      return "updated";
    case StepKind::remove:
      return "deleted";
    case StepKind::adopt:
      return "adopted";
    case StepKind::forget:
      return "forgotten";
    case StepKind::read:
      return "read";
    case StepKind::record:
      return "recorded";
  }
  return "";
}

}  // namespace plumb
