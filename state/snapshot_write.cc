#include <utility>

#include "engine/base/hash.h"
#include "state/codec.h"
#include "state/snapshot.h"

namespace plumb::statefile {
namespace {

constexpr std::size_t kChunk = 256 * 1024;

// Gathers lines into chunks and digests them on the way.
class Stream {
 public:
  explicit Stream(const ByteSink& sink) : sink_(sink) {}

  // The line just written to buffer() is complete; `body` tells whether it counts as content.
  Result<void> end_line(bool body) {
    buffer_.push_back('\n');
    if (body) body_.update(std::string_view(buffer_).substr(line_start_));
    line_start_ = buffer_.size();
    return buffer_.size() < kChunk ? Result<void>() : flush();
  }
  Result<void> flush() {
    whole_.update(buffer_);
    PLUMB_CHECK(sink_(buffer_));
    buffer_.clear();
    line_start_ = 0;
    return {};
  }
  std::string& buffer() noexcept { return buffer_; }
  std::string whole() { return hex(bytes(whole_.finish())); }
  std::string body() { return hex(bytes(body_.finish())); }

 private:
  const ByteSink& sink_;
  std::string buffer_;
  std::size_t line_start_ = 0;
  Sha256 whole_;
  Sha256 body_;
};

class SnapshotWriter {
 public:
  SnapshotWriter(const State& state, Sealing& sealing, const ByteSink& sink)
      : state_(state), sealing_(sealing), stream_(sink), out_(stream_.buffer()) {}

  Result<std::string> write(std::uint64_t serial) {
    for (const auto& [address, record] : state_.instances) {
      const auto order = sets_.introduce(state_.sets, record.dependencies);
      set_order_.insert(set_order_.end(), order.begin(), order.end());
    }
    PLUMB_CHECK(header(serial));
    PLUMB_CHECK(small_lines());
    for (const SetId set : set_order_) {
      stream_.buffer() += sets_.line(state_, set);
      PLUMB_CHECK(stream_.end_line(true));
    }
    for (const auto& [address, record] : state_.instances) {
      begin("instance");
      PLUMB_CHECK(write_instance(out_, record, sets_, sealing_));
      PLUMB_CHECK(end());
    }
    for (const auto& [id, intent] : state_.pending) {
      begin("intent");
      PLUMB_CHECK(write_intent(out_, intent));
      PLUMB_CHECK(end());
    }
    PLUMB_CHECK(stream_.flush());
    begin("end");
    field("sha256", stream_.whole());
    PLUMB_CHECK(end(false));
    PLUMB_CHECK(stream_.flush());
    return stream_.body();
  }

 private:
  void begin(std::string_view kind) {
    out_.begin_object();
    field("kind", kind);
  }
  Result<void> end(bool body = true) {
    out_.end_object();
    return stream_.end_line(body);
  }
  void field(std::string_view key, std::string_view text) {
    out_.key(key);
    out_.string(text);
  }
  void count(std::string_view key, std::size_t n) {
    out_.key(key);
    out_.unsigned_integer(n);
  }

  Result<void> header(std::uint64_t serial) {
    begin("state");
    count("format", kStateFormat);
    field("engine", state_.engine_version);
    field("lineage", state_.lineage);
    count("serial", serial);
    if (!state_.key_id.empty()) field("key_id", state_.key_id);
    if (!state_.wrapped_key.empty()) {
      field("wrapped_key", state_.wrapped_key);
      field("wrapped_by", state_.wrapped_by);
    }
    out_.key("counts");
    out_.begin_object();
    count("servers", state_.servers.size());
    count("plans", state_.applied_plans.size());
    count("outputs", state_.outputs.size());
    count("checks", state_.checks.size());
    count("sets", set_order_.size());
    count("instances", state_.instances.size());
    count("pending", state_.pending.size());
    out_.end_object();
    return end(false);
  }

  Result<void> small_lines() {
    for (const auto& [provider, identity] : state_.servers) {
      begin("server");
      field("provider", provider);
      field("identity", identity);
      PLUMB_CHECK(end());
    }
    for (const std::string& id : state_.applied_plans) {
      begin("plan");
      field("id", id);
      PLUMB_CHECK(end());
    }
    for (const auto& [name, output] : state_.outputs) {
      begin("output");
      field("name", name);
      PLUMB_CHECK(write_output(out_, name, output, sealing_));
      PLUMB_CHECK(end());
    }
    for (const auto& [name, check] : state_.checks) {
      begin("check");
      field("name", name);
      write_check(out_, check);
      PLUMB_CHECK(end());
    }
    return {};
  }

  const State& state_;
  Sealing& sealing_;
  Stream stream_;
  JsonWriter out_;
  SetWriter sets_;
  std::vector<SetId> set_order_;
};

}  // namespace

Result<std::string> write_snapshot(const State& state, std::uint64_t serial, Sealing& sealing, const ByteSink& sink) {
  return SnapshotWriter(state, sealing, sink).write(serial);
}

std::string empty_body_digest() { return hex(bytes(sha256({}))); }

}  // namespace plumb::statefile
