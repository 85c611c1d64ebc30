#include <type_traits>

#include "engine/base/hash.h"
#include "state/codec.h"
#include "state/journal.h"

namespace plumb::statefile {
namespace {

constexpr std::size_t kPrefix = 9;  // eight hex digits and a space

// Appends records to one text.
class Records {
 public:
  void begin(std::string_view kind) {
    start_ = text_.size();
    text_.append(kPrefix, ' ');
    out_.begin_object();
    field("kind", kind);
  }
  void field(std::string_view key, std::string_view value) {
    out_.key(key);
    out_.string(value);
  }
  void end() {
    out_.end_object();
    close();
  }
  void raw(std::string_view json) {
    start_ = text_.size();
    text_.append(kPrefix, ' ');
    text_.append(json);
    close();
  }
  JsonWriter& out() noexcept { return out_; }
  std::string take() { return std::move(text_); }

 private:
  void close() {
    std::uint32_t crc = crc32c(std::string_view(text_).substr(start_ + kPrefix));
    for (std::size_t i = 8; i-- > 0; crc >>= 4U) text_[start_ + i] = "0123456789abcdef"[crc & 15U];
    text_.push_back('\n');
  }

  std::string text_;
  JsonWriter out_{text_};
  std::size_t start_ = 0;
};

class EventWriter {
 public:
  EventWriter(Records& records, const State& state, SetWriter& sets, Sealing& sealing)
      : records_(records), state_(state), sets_(sets), sealing_(sealing) {}

  Result<void> operator()(const Intent& intent) {
    records_.begin("intent");
    PLUMB_CHECK(write_intent(records_.out(), intent));
    records_.end();
    return {};
  }
  Result<void> operator()(const OutcomeDone& done) {
    for (const SetId set : sets_.introduce(state_.sets, done.record.dependencies))
      records_.raw(sets_.line(state_, set));
    records_.begin("done");
    if (!done.intent.empty()) records_.field("intent", done.intent);
    records_.out().key("record");
    records_.out().begin_object();
    PLUMB_CHECK(write_instance(records_.out(), done.record, sets_, sealing_));
    records_.out().end_object();
    records_.end();
    return {};
  }
  Result<void> operator()(const OutcomeGone& gone) {
    records_.begin("gone");
    if (!gone.intent.empty()) records_.field("intent", gone.intent);
    records_.field("address", gone.address.str());
    records_.end();
    return {};
  }
  Result<void> operator()(const OutcomeFailed& failed) { return texts("failed", {{"intent", failed.intent}}); }
  Result<void> operator()(const OutcomeUnknown& unknown) { return texts("unknown", {{"intent", unknown.intent}}); }
  Result<void> operator()(const ServerSeen& seen) {
    return texts("server", {{"provider", seen.provider}, {"identity", seen.identity}});
  }
  Result<void> operator()(const OutputsSet& set) {
    records_.begin("outputs");
    JsonWriter& out = records_.out();
    out.key("outputs");
    out.begin_object();
    for (const auto& [name, output] : set.outputs) {
      out.key(name);
      out.begin_object();
      PLUMB_CHECK(write_output(out, name, output, sealing_));
      out.end_object();
    }
    out.end_object();
    records_.end();
    return {};
  }
  Result<void> operator()(const ChecksSet& set) {
    records_.begin("checks");
    JsonWriter& out = records_.out();
    out.key("checks");
    out.begin_object();
    for (const auto& [name, check] : set.checks) {
      out.key(name);
      out.begin_object();
      write_check(out, check);
      out.end_object();
    }
    out.end_object();
    records_.end();
    return {};
  }
  Result<void> operator()(const PlanApplied& applied) { return texts("plan", {{"id", applied.plan_id}}); }
  Result<void> operator()(const Moved& moved) {
    return texts("moved", {{"from", moved.from.str()}, {"to", moved.to.str()}});
  }

 private:
  Result<void> texts(std::string_view kind,
                     std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
    records_.begin(kind);
    for (const auto& [key, value] : fields) records_.field(key, value);
    records_.end();
    return {};
  }

  Records& records_;
  const State& state_;
  SetWriter& sets_;
  Sealing& sealing_;
};

}  // namespace

std::string JournalWriter::header(const JournalHeader& header) {
  Records records;
  records.begin("journal");
  records.out().key("format");
  records.out().integer(kStateFormat);
  records.field("lineage", header.lineage);
  records.out().key("base");
  records.out().unsigned_integer(header.base);
  records.out().key("epoch");
  records.out().unsigned_integer(header.epoch);
  records.end();
  return records.take();
}

Result<std::string> JournalWriter::records(const State& state, std::span<const JournalEvent> events, Sealing& sealing) {
  Records records;
  if (state.key_id != key_id_) {
    records.begin("key");
    records.field("key_id", state.key_id);
    if (!state.wrapped_key.empty()) {
      records.field("wrapped_key", state.wrapped_key);
      records.field("wrapped_by", state.wrapped_by);
    }
    records.end();
    key_id_ = state.key_id;
  }
  EventWriter writer(records, state, sets_, sealing);
  for (const JournalEvent& event : events) {
    auto written = std::visit(writer, event);
    if (written) continue;
    forget();
    return fail(std::move(written).error());
  }
  return records.take();
}

void JournalWriter::forget() {
  sets_.forget();
  key_id_.clear();
}

}  // namespace plumb::statefile
