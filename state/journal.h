// The journal: what happened since the snapshot, one checksummed record a line.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/base/source.h"
#include "state/sealing.h"
#include "state/sets.h"
#include "state/state.h"

namespace plumb::statefile {

struct JournalHeader {
  std::string lineage;
  std::uint64_t base = 0;   // serial of the snapshot it continues
  std::uint64_t epoch = 0;  // of the lock that began it
};

// Makes the text of records; knows which sets and which key the journal has heard of.
class JournalWriter {
 public:
  JournalWriter() = default;
  JournalWriter(std::uint64_t last_set, std::string key_id) : sets_(last_set), key_id_(std::move(key_id)) {}

  static std::string header(const JournalHeader& header);
  // One text for all events, with the sets and the key they need first.
  Result<std::string> records(const State& state, std::span<const JournalEvent> events, Sealing& sealing);
  // What records() last made never reached the file: say it all again the next time.
  void forget();

 private:
  SetWriter sets_;
  std::string key_id_;
};

struct ReadJournal {
  enum class Status { missing, stale, current };
  Status status = Status::missing;
  int format = kStateFormat;
  std::uint64_t epoch = 0;
  std::size_t good_size = 0;  // bytes up to the end of the last whole record
  bool torn = false;          // there is something after them
  std::size_t records = 0;
  std::uint64_t last_set = 0;
};

// Folds the journal into `state`, the snapshot it may continue. `on_key` is called when state.key_id changed.
Result<ReadJournal> read_journal(std::string_view text, const FileName& file, State& state, Sealing& sealing,
                                 const std::function<Result<void>(const State&)>& on_key);

}  // namespace plumb::statefile
