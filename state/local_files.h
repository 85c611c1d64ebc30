// The files of the local store, and how they are read: by a session that holds the lock, and by readers that do not.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine/base/file_system.h"
#include "state/journal.h"
#include "state/keys.h"
#include "state/store.h"

namespace plumb::statefile {

inline constexpr std::uint64_t kLargestFile = std::uint64_t{4} << 30U;

struct LocalFiles {
  explicit LocalFiles(const std::string& stack);
  std::string directory;
  std::string snapshot;
  std::string fresh;  // a snapshot on its way
  std::string journal;
  std::string history;
};

// Finds the root key and remembers it: a passphrase costs a slow derivation.
class KeyRing {
 public:
  explicit KeyRing(KeySource source) : source_(std::move(source)) {}

  // An error that names both ids when the key there is not the state's.
  Result<std::optional<std::string>> find(const State& state);
  // The state's key, made when the state has none yet; sets state.key_id.
  Result<std::string> ensure(State& state, std::vector<std::string>& notes);
  // A new key beside the old one, and then in its place (state/keys.h).
  Result<std::string> next(const State& state);
  Result<void> settle(const State& state, const std::string& next, std::vector<std::string>& notes);

 private:
  KeySource source_;
  std::optional<std::string> root_;
  std::string lineage_;
};

struct LocalState {
  Loaded loaded;
  bool has_snapshot = false;
  std::string body_digest;  // of the snapshot alone
  std::string key_id;       // of the snapshot alone
  ReadJournal journal;
};

// Touches nothing.
Result<LocalState> load_files(FileSystem& fs, const LocalFiles& files, KeyRing& keys, Sealing& sealing);

// Forgets what was digested with the old key; how many secrets that concerns. What is known stays known: an empty
// digest says that a secret was sent.
std::size_t drop_digests(State& state);

// Copies the current snapshot to history/ under its serial, and drops all but the newest ten.
Result<void> keep_history(FileSystem& fs, const LocalFiles& files, std::uint64_t serial);

}  // namespace plumb::statefile
