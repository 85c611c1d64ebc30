// The coordinator: ready, running, done. Internal to apply/.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/apply/apply.h"
#include "engine/apply/execute.h"

namespace plumb {

class Runner {
 public:
  Runner(const Plan& plan, Session& session, StateSession& store, State& state, Redactor& redactor,
         const EventSink& sink, const ApplyOptions& options);

  // Everything up to the last step; the journal is flushed, the state is true.
  void run();
  ApplyOutcome outcome;

  // Journalled with the next flush; folded into the state at once.
  void record(JournalEvent event);
  // False after a failure, which is in outcome.errors; nothing new is started then.
  bool flush(bool durable);

 private:
  enum class Status : std::uint8_t { waiting, ready, running, delayed, done, failed, skipped };
  struct Vertex {
    Status status = Status::waiting;
    std::uint32_t open = 0;
    std::vector<StepId> next;
    StepId cause = 0;  // of a skip: the step that failed
  };
  struct Running {
    Value desired;
    std::string uid;
    std::string intent;
    std::string provider;
    std::string serial_key;
    std::chrono::steady_clock::time_point started{};
    std::chrono::milliseconds waited{0};
    int attempts = 0;
    std::shared_ptr<const Call> call;
  };
  struct Delayed {
    std::chrono::steady_clock::time_point at;
    StepId step;
  };

  [[nodiscard]] bool is_step(StepId id) const { return id < plan_.graph.steps.size(); }
  const Step& step(StepId id) const { return plan_.graph.steps[id]; }
  void make_ready(StepId id);
  void finish(StepId id);
  void fail_step(StepId id, Error error, bool partial);
  void skip_dependents(StepId id);
  [[nodiscard]] int stop_level() const { return options_.stop == nullptr ? 0 : options_.stop->load(); }

  void start_ready();
  void refill();
  // Prepares a step; false when it may not run now (limits) and was put aside, or has ended already.
  bool prepare(StepId id, std::vector<StepId>& starting);
  bool run_inline(StepId id);
  void run_state_only(StepId id);
  Value expected_of(const Step& s, const Value& desired) const;
  void submit(StepId id);
  void completed(StepId id, ApplyResult result);
  bool retry(StepId id, const Error& error);
  void release(StepId id);
  void settle_result(StepId id, ApplyResult result);
  void clear_pending(const Address& address, const std::string& except);
  void wake_delayed();
  void interrupt();
  void beat();
  Error redacted(Error error) const;

  const Plan& plan_;
  Session& session_;
  StateSession& store_;
  State& state_;
  Redactor& redactor_;
  const EventSink& sink_;
  const ApplyOptions& options_;

  std::vector<Vertex> vertices_;
  std::deque<StepId> ready_;
  std::unordered_map<StepId, Running> running_;
  std::unordered_map<std::string, std::size_t> in_flight_;
  std::unordered_map<std::string, std::size_t> limits_;
  std::unordered_map<std::string, std::size_t> left_;  // steps of a provider instance that have not ended
  std::set<std::pair<std::string, std::string>> serial_;
  std::unordered_map<std::string, std::deque<StepId>> put_aside_;                   // by provider
  std::map<std::pair<std::string, std::string>, std::deque<StepId>> serial_aside_;  // by provider and serial key
  std::vector<Delayed> delayed_;
  std::vector<JournalEvent> unwritten_;
  std::multimap<Address, std::string> pending_by_address_;
  std::chrono::steady_clock::time_point last_beat_{};
  bool stopping_ = false;
};

}  // namespace plumb
