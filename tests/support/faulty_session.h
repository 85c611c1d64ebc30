// A state session that counts what is written and stops writing at a chosen record.
#pragma once

#include <memory>

#include "state/store.h"

namespace plumb::test {

// What tests look at after the session is gone.
struct JournalScript {
  std::size_t allow = static_cast<std::size_t>(-1);       // records let through; then everything is refused for ever
  std::size_t fail_times = static_cast<std::size_t>(-1);  // refusals; later ones go through again
  std::size_t written = 0;
  std::size_t refused = 0;
  std::size_t syncs = 0;  // appends that had to be durable
  bool committed = false;
  std::vector<JournalEvent> events;
};

class FaultySession final : public StateSession {
 public:
  FaultySession(std::unique_ptr<StateSession> real, std::shared_ptr<JournalScript> script)
      : real_(std::move(real)), script_(std::move(script)) {}

  Result<Loaded> load() override { return real_->load(); }
  // The records before the chosen one are written, and are as durable as was asked.
  Result<void> append(const State& state, std::span<const JournalEvent> events, bool durable) override;
  Result<void> commit(State& state) override;
  Result<void> heartbeat() override { return real_->heartbeat(); }
  Result<std::string> ensure_key(State& state, std::vector<std::string>& notes) override {
    return real_->ensure_key(state, notes);
  }
  Result<void> rekey(State& state, std::vector<std::string>& notes) override { return real_->rekey(state, notes); }

 private:
  std::unique_ptr<StateSession> real_;
  std::shared_ptr<JournalScript> script_;
};

}  // namespace plumb::test
