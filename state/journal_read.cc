#include <algorithm>

#include "engine/base/hash.h"
#include "state/codec.h"
#include "state/journal.h"
#include "state/lines.h"

namespace plumb::statefile {
namespace {

constexpr std::size_t kPrefix = 9;

const std::string kMoveAside =
    "if the state was replaced on purpose, move the journal away: what it holds is lost to the state; else put back "
    "the state it belongs to";

// The JSON of a line whose checksum is right.
std::optional<std::string_view> checked(const Line& line) {
  if (!line.complete || line.text.size() < kPrefix || line.text[kPrefix - 1] != ' ') return std::nullopt;
  std::uint32_t wanted = 0;
  for (const char c : line.text.substr(0, kPrefix - 1)) {
    const std::size_t digit = std::string_view("0123456789abcdef").find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    wanted = wanted << 4U | static_cast<std::uint32_t>(digit);
  }
  const std::string_view json = line.text.substr(kPrefix);
  if (crc32c(json) != wanted) return std::nullopt;
  return json;
}

Result<Address> address(Fields& fields, std::string_view key) {
  auto out = Address::parse(fields.required_text(key));
  if (!out) return fail("`" + std::string(key) + "` cannot be read: " + out.error().message);
  return std::move(*out);
}

class JournalReader {
 public:
  JournalReader(std::string_view text, const FileName& file, State& state, Sealing& sealing,
                const std::function<Result<void>(const State&)>& on_key)
      : lines_(text), file_(file), state_(state), sealing_(sealing), on_key_(on_key), records_(sets_, sealing) {}

  Result<ReadJournal> read() {
    while (const auto line = lines_.next()) {
      const auto json = checked(*line);
      if (!json) {
        // Only the last record can have been cut by a crash: it was never acknowledged.
        if (!lines_.at_end())
          return fail("the journal is damaged: a record in its midst fails its checksum", damage(), at(*line));
        out_.torn = true;
        break;
      }
      auto value = parse_json(*json);
      if (!value) return fail(placed(std::move(value).error(), *line));
      auto done = line->number == 1 ? header(*value, *line) : record(*value, *line);
      if (!done) return fail(std::move(done).error());
      if (out_.status == ReadJournal::Status::stale) break;
      out_.good_size = line->begin + line->text.size() + 1;
    }
    out_.last_set = sets_.last();
    return out_;
  }

 private:
  [[nodiscard]] std::string damage() const {
    return "copy " + file_.str() +
           " somewhere safe, cut it before this line, and run `plumb plan`: what the lost records made will show up as "
           "existing";
  }
  [[nodiscard]] SourcePos at(const Line& line) const { return {file_, line.number, 1}; }
  [[nodiscard]] Error placed(Error error, const Line& line) const {
    return {std::move(error.message), damage(), at(line), Fault::input};
  }

  Result<void> header(const Value& value, const Line& line) {
    Fields fields(value);
    const std::string kind = fields.text("kind");
    const std::uint64_t format = fields.number("format");
    if (kind != "journal" || format == 0) return fail("this is no Plumb journal", damage(), at(line));
    if (format > kStateFormat)
      return fail("the journal has format " + std::to_string(format) + "; this Plumb knows formats up to " +
                      std::to_string(kStateFormat),
                  "use the newer Plumb that wrote it; the file was not touched", at(line));
    const std::string lineage = fields.required_text("lineage");
    const std::uint64_t base = fields.number("base");
    const std::uint64_t epoch = fields.number("epoch");
    if (auto done = fields.done(); !done) return fail(placed(std::move(done).error(), line));
    if (!state_.lineage.empty() && lineage != state_.lineage)
      return fail("the journal is of another state: its lineage is " + lineage + ", the state's is " + state_.lineage,
                  kMoveAside, at(line));
    if (base > state_.serial)
      return fail("the journal continues serial " + std::to_string(base) + ", but the state " +
                      (state_.lineage.empty() ? "is missing" : "has serial " + std::to_string(state_.serial)),
                  kMoveAside, at(line));
    out_.format = static_cast<int>(format);
    out_.epoch = epoch;
    out_.status = base < state_.serial ? ReadJournal::Status::stale : ReadJournal::Status::current;
    if (state_.lineage.empty()) {
      state_.lineage = lineage;
      sealing_.set_lineage(lineage);
    }
    return {};
  }

  Result<void> record(const Value& value, const Line& line) {
    Fields fields(value);
    const std::string kind = fields.text("kind");
    if (kind == "key") {
      state_.key_id = fields.required_text("key_id");
      state_.wrapped_key = fields.text("wrapped_key");
      state_.wrapped_by = fields.text("wrapped_by");
      if (auto done = fields.done(); !done) return fail(placed(std::move(done).error(), line));
      return on_key_(state_);
    }
    if (kind == "set") {
      auto added = sets_.add(value, state_);
      if (!added) return fail(placed(std::move(added).error(), line));
      return {};
    }
    auto event = event_of(kind, fields);
    if (!event) return fail(placed(std::move(event).error(), line));
    ++out_.records;
    fold(state_, *event);
    return {};
  }

  Result<JournalEvent> event_of(const std::string& kind, Fields& fields) {
    JournalEvent event;
    if (kind == "intent") {
      event = PLUMB_TRY(records_.intent(fields));
    } else if (kind == "done") {
      OutcomeDone done;
      done.intent = fields.text("intent");
      const Value record = fields.value_or_null("record");
      Fields of(record);
      if (record.is_map()) done.record = PLUMB_TRY(records_.instance(of));
      PLUMB_CHECK(of.done());
      event = std::move(done);
    } else if (kind == "gone") {
      std::string intent = fields.text("intent");
      event = OutcomeGone{std::move(intent), PLUMB_TRY(address(fields, "address"))};
    } else if (kind == "failed") {
      event = OutcomeFailed{fields.text("intent")};
    } else if (kind == "unknown") {
      event = OutcomeUnknown{fields.text("intent")};
    } else if (kind == "server") {
      std::string provider = fields.required_text("provider");
      event = ServerSeen{std::move(provider), fields.text("identity")};
    } else if (kind == "outputs") {
      event = PLUMB_TRY(outputs(fields));
    } else if (kind == "checks") {
      event = PLUMB_TRY(checks(fields));
    } else if (kind == "plan") {
      event = PlanApplied{fields.required_text("id")};
    } else if (kind == "moved") {
      Address from = PLUMB_TRY(address(fields, "from"));
      event = Moved{std::move(from), PLUMB_TRY(address(fields, "to"))};
    } else {
      return fail("unknown kind of record `" + kind + "`");
    }
    PLUMB_CHECK(fields.done());
    return event;
  }

  Result<JournalEvent> outputs(Fields& fields) {
    const Value map = fields.value_or_null("outputs");
    if (!map.is_map()) return fail("`outputs` must be a map");
    OutputsSet set;
    for (const auto& [name, item] : map.as_map()) {
      Fields part(item);
      set.outputs.emplace(name, PLUMB_TRY(records_.output(part, name)));
      PLUMB_CHECK(part.done());
    }
    return JournalEvent(std::move(set));
  }

  Result<JournalEvent> checks(Fields& fields) {
    const Value map = fields.value_or_null("checks");
    if (!map.is_map()) return fail("`checks` must be a map");
    ChecksSet set;
    for (const auto& [name, item] : map.as_map()) {
      Fields part(item);
      set.checks.emplace(name, PLUMB_TRY(records_.check(part)));
      PLUMB_CHECK(part.done());
    }
    return JournalEvent(std::move(set));
  }

  Lines lines_;
  FileName file_;
  State& state_;
  Sealing& sealing_;
  const std::function<Result<void>(const State&)>& on_key_;
  SetReader sets_;
  RecordReader records_;
  ReadJournal out_;
};

}  // namespace

Result<ReadJournal> read_journal(std::string_view text, const FileName& file, State& state, Sealing& sealing,
                                 const std::function<Result<void>(const State&)>& on_key) {
  return JournalReader(text, file, state, sealing, on_key).read();
}

}  // namespace plumb::statefile
