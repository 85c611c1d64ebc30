#include <algorithm>
#include <array>
#include <unordered_set>

#include "engine/base/hash.h"
#include "state/codec.h"
#include "state/lines.h"
#include "state/snapshot.h"

namespace plumb::statefile {
namespace {

// The order in which kinds come; each may only refer to those before it.
enum Section : std::size_t { servers, plans, outputs, checks, sets, instances, pending, kSections };
constexpr std::array<std::string_view, kSections> kKinds{"server", "plan",     "output", "check",
                                                         "set",    "instance", "intent"};
constexpr std::array<std::string_view, kSections> kCounts{"servers", "plans",     "outputs", "checks",
                                                          "sets",    "instances", "pending"};

class SnapshotReader {
 public:
  SnapshotReader(std::string_view text, const FileName& file, Sealing& sealing)
      : text_(text), lines_(text), file_(file), sealing_(sealing), records_(sets_, sealing) {}

  Result<ReadSnapshot> read(const HeaderHook& on_header) {
    const auto first = lines_.next();
    if (!first) return fail(broken("the state file is empty", 1));
    PLUMB_CHECK(header(*first));
    const Line last = PLUMB_TRY(checksum());
    PLUMB_CHECK(on_header(state_));
    Sha256 body;
    while (const auto line = lines_.next()) {
      if (line->begin == last.begin) break;
      body.update(text_.substr(line->begin, line->text.size() + 1));
      auto read = one(*line);
      if (!read) return fail(placed(std::move(read).error(), line->number));
    }
    for (std::size_t i = 0; i < kSections; ++i)
      if (seen_[i] != counts_[i])
        return fail(broken("the header counts " + std::to_string(counts_[i]) + " " + std::string(kCounts[i]) +
                               ", the file holds " + std::to_string(seen_[i]),
                           1));
    return ReadSnapshot{std::move(state_), hex(bytes(body.finish()))};
  }

 private:
  [[nodiscard]] Error broken(std::string message, std::uint32_t line) const {
    return {std::move(message), {}, {file_, line, 1}, Fault::input};
  }
  [[nodiscard]] Error placed(Error error, std::uint32_t line) const {
    Error out = broken(std::move(error.message), line);
    out.pos.column = std::max(error.pos.column, 1U);
    return out;
  }

  Result<void> header(const Line& line) {
    const auto value = parse_json(line.text);
    if (!value) return fail(placed(value.error(), line.number));
    Fields fields(*value);
    const std::string kind = fields.text("kind");
    const std::uint64_t format = fields.number("format");
    if (kind != "state" || format == 0) return fail(broken("this is no Plumb state", 1));
    const std::string engine = fields.text("engine");
    // Before anything else is judged: a newer format may differ in all of it.
    if (format > kStateFormat)
      return fail("the state has format " + std::to_string(format) + ", written by Plumb " + engine +
                      "; this Plumb knows formats up to " + std::to_string(kStateFormat),
                  "use Plumb " + engine + " or newer; the file was not touched", {file_, 1, 1});
    state_.engine_version = engine;
    state_.lineage = fields.required_text("lineage");
    state_.serial = fields.number("serial");
    state_.key_id = fields.text("key_id");
    state_.wrapped_key = fields.text("wrapped_key");
    state_.wrapped_by = fields.text("wrapped_by");
    if (state_.wrapped_key.empty() != state_.wrapped_by.empty())
      return fail(broken("its root key is wrapped by nobody knows what", 1));
    const Value counts = fields.value_or_null("counts");
    Fields of(counts);
    for (std::size_t i = 0; i < kSections; ++i) {
      if (i == checks && format < 2) continue;  // there were none
      counts_[i] = of.number(kCounts[i]);
    }
    auto done = of.done();
    if (done) done = fields.done();
    if (!done) return fail(placed(done.error(), 1));
    sealing_.set_lineage(state_.lineage);
    return {};
  }

  // The last line, after the checksum in it was found right.
  Result<Line> checksum() {
    std::size_t begin = text_.size() < 2 ? 0 : text_.rfind('\n', text_.size() - 2);
    begin = begin == std::string_view::npos ? 0 : begin + 1;
    const auto number = static_cast<std::uint32_t>(
        1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(begin), '\n'));
    const Line line{text_.substr(begin, text_.size() - begin - 1), number, begin, true};
    if (text_.back() != '\n') return fail(broken("the state file is cut short", number));
    const auto value = parse_json(line.text);
    if (!value) return fail(broken("the state file is damaged or cut short: its last line is no JSON", number));
    Fields fields(*value);
    const bool is_end = fields.text("kind") == "end";
    const std::string wanted = fields.text("sha256");
    if (!is_end) return fail(broken("the state file is cut short: its last line is missing", number));
    if (wanted != hex(bytes(sha256(text_.substr(0, begin)))))
      return fail(broken("the state file is damaged: its checksum is wrong", number));
    return line;
  }

  Result<void> one(const Line& line) {
    const Value value = PLUMB_TRY(parse_json(line.text));
    Fields fields(value);
    const std::string kind = fields.text("kind");
    const auto found = std::find(kKinds.begin(), kKinds.end(), kind);
    if (found == kKinds.end()) return fail("unknown kind of line `" + kind + "`");
    const auto section = static_cast<Section>(found - kKinds.begin());
    if (section < section_) return fail("a `" + kind + "` line comes too late");
    section_ = section;
    ++seen_[section];
    return add(section, value, fields);
  }

  Result<void> add(Section section, const Value& value, Fields& fields) {
    switch (section) {
      case servers: {
        std::string provider = fields.required_text("provider");
        state_.servers.insert_or_assign(std::move(provider), fields.text("identity"));
        return fields.done();
      }
      case plans:
        state_.applied_plans.push_back(fields.required_text("id"));
        return fields.done();
      case outputs: {
        const std::string name = fields.required_text("name");
        state_.outputs.insert_or_assign(name, PLUMB_TRY(records_.output(fields, name)));
        return fields.done();
      }
      case checks: {
        std::string name = fields.required_text("name");
        CheckRecord check = PLUMB_TRY(records_.check(fields));
        PLUMB_CHECK(fields.done());
        if (!state_.checks.emplace(name, std::move(check)).second) return fail("check " + name + " is given twice");
        return {};
      }
      case sets:
        return sets_.add(value, state_);
      case instances:
        return add_instance(fields);
      case pending: {
        Intent intent = PLUMB_TRY(records_.intent(fields));
        PLUMB_CHECK(fields.done());
        const std::string id = intent.id;
        if (!state_.pending.emplace(id, std::move(intent)).second) return fail("intent " + id + " is given twice");
        return {};
      }
      case kSections:
        break;
    }
    return {};
  }

  Result<void> add_instance(Fields& fields) {
    InstanceRecord record = PLUMB_TRY(records_.instance(fields));
    PLUMB_CHECK(fields.done());
    if (!uids_.insert(record.uid).second) return fail("uid " + record.uid + " is given twice");
    state_.uids.index(record.uid);
    const auto size = state_.instances.size();
    const Address address = record.address;
    state_.instances.emplace_hint(state_.instances.end(), address, std::move(record));
    if (state_.instances.size() == size) return fail(address.str() + " is given twice");
    return {};
  }

  std::string_view text_;
  Lines lines_;
  FileName file_;
  Sealing& sealing_;
  State state_;
  SetReader sets_;
  RecordReader records_;
  std::unordered_set<std::string> uids_;
  Section section_ = servers;
  std::array<std::size_t, kSections> seen_{};
  std::array<std::size_t, kSections> counts_{};
};

}  // namespace

Result<ReadSnapshot> read_snapshot(std::string_view text, const FileName& file, Sealing& sealing,
                                   const HeaderHook& on_header) {
  return SnapshotReader(text, file, sealing).read(on_header);
}

}  // namespace plumb::statefile
