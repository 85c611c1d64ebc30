// The coordinator: ready, running, done. Internal to apply/.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/apply/apply.h"
#include "engine/apply/execute.h"
#include "engine/apply/lanes.h"

namespace plumb {

class Runner {
 public:
  Runner(const Plan& plan, Session& session, StateSession& store, State& state, Redactor& redactor,
         const EventSink& sink, const ApplyOptions& options);

  // Renames records before the first step; each move before the one that takes its place. False on an error, which is
  // in outcome.errors.
  bool move(std::span<const std::pair<Address, Address>> moves);
  // Everything up to the last step; the journal is flushed, the state is true.
  void run();
  ApplyOutcome outcome;

  // Journalled with the next flush; folded into the state at once.
  void record(JournalEvent event);
  // False after a failure, which is in outcome.errors; nothing new is started then.
  bool flush(bool durable);

 private:
  enum class Status : std::uint8_t { waiting, ready, prepared, running, delayed, done, failed, skipped };
  struct Vertex {
    Status status = Status::waiting;
    std::uint32_t open = 0;
    std::vector<StepId> next;
    StepId cause = 0;  // of a skip: the step that failed
  };
  // A step from its preparation to its end.
  struct Running {
    Value desired;
    std::string uid;
    std::string intent;  // empty for a read
    std::string serial_key;
    std::chrono::steady_clock::time_point started{};
    std::chrono::milliseconds waited{0};
    bool timed_out = false;  // `timeouts` forbade another try
    int attempts = 0;
    std::shared_ptr<Call> call;  // constant once it was handed to a worker
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
  // What needs no call ends here; the rest queues for its provider.
  void take_ready();
  // Fills in the call and records the intent. False when it may not run now (its serial key is held) and was put aside,
  // or has ended already.
  bool prepare(StepId id);
  bool describe(StepId id, Running& running);
  bool describe_removal(StepId id, Running& running);
  bool describe_desired(StepId id, Running& running, Provider& provider);
  void record_intent(StepId id, const Running& running);
  void begin(StepId id);
  void run_inline(StepId id);
  void run_state_only(StepId id);
  Value expected_of(const Step& s, const Value& desired) const;
  void submit(StepId id);
  void completed(StepId id, ApplyResult result);
  bool retry(StepId id, const Error& error);
  void release(StepId id);
  void settle_result(StepId id, ApplyResult result);
  void settle_removal(StepId id, const Running& running, ApplyResult result);
  void settle_failure(StepId id, const Running& running, Error error);
  // Finished, if the step's postconditions hold.
  void succeed(StepId id, const std::string& server_id, std::chrono::steady_clock::time_point started);
  // `started` is nothing where no call was made.
  void finished(StepId id, const std::string& server_id, std::chrono::steady_clock::time_point started);
  // What is recorded under the address now, not what the plan saw.
  [[nodiscard]] const InstanceRecord* known(const Address& address) const;
  [[nodiscard]] const PlannedChange* change_of(const Step& s) const;
  // A half of a replacement that makes the new object first.
  [[nodiscard]] bool create_first(const Step& s) const;
  // The id of the deposed object that a removal is about; empty when it is about the object itself.
  [[nodiscard]] std::string deposed_of(const Step& s) const;
  void keep_deposed(const Step& s, InstanceRecord& made);
  // Drops the record, unless objects are left that only it knows of: then the step fails.
  bool drop_record(StepId id, const std::string& intent);
  void drop_deposed(const Step& s, const std::string& intent, const std::string& deposed);
  [[nodiscard]] bool own_create_pending(const Address& address, const Value& identity) const;
  void clear_pending(const Address& address, const std::string& except, const Value& identity);
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
  std::deque<StepId> ready_;  // not looked at yet
  std::unordered_map<StepId, Running> running_;
  Lanes lanes_;
  std::unordered_map<std::string, std::size_t> left_;  // steps of a provider instance that have not ended
  std::set<std::pair<std::string, std::string>> serial_;
  std::map<std::pair<std::string, std::string>, std::deque<StepId>> serial_aside_;  // by provider and serial key
  std::map<Address, std::string> made_way_;  // the deposed entry that a create of this run left
  std::vector<Delayed> delayed_;
  std::vector<JournalEvent> unwritten_;
  std::multimap<Address, std::string> pending_by_address_;  // intents of earlier runs
  std::set<Address> had_record_;                            // of those addresses: state knew an object, too
  std::chrono::steady_clock::time_point last_beat_{};
  bool stopping_ = false;
};

}  // namespace plumb
