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

// Finds the root key and remembers it: a passphrase costs a slow derivation, a wrapped key a call.
class KeyRing {
 public:
  explicit KeyRing(KeySource source) : source_(std::move(source)) {}

  // An error that names both ids when the key there is not the state's. Nothing, too, when what wraps the key cannot be
  // used; missing() says why.
  Result<std::optional<std::string>> find(const State& state);
  // Why there is no key, with the next step.
  [[nodiscard]] Error missing(const State& state) const;
  // What is said of the state's key when it is read; empty for nothing.
  [[nodiscard]] std::string note(const State& state) const;
  // The state's key, made when the state has none yet; sets state.key_id, and what wraps it.
  Result<std::string> ensure(State& state, std::vector<std::string>& notes);
  // A new key beside the old one, and then in its place (state/keys.h).
  struct Next {
    std::string key;
    std::string wrapped, by;  // State::wrapped_key, wrapped_by
  };
  Result<Next> next(const State& state);
  Result<void> settle(const State& before, const Next& next, std::vector<std::string>& notes);

 private:
  Result<std::optional<std::string>> find_wrapped(const State& state);
  Result<Next> make_wrapped();
  // What wraps keys: as configured, else as state names it.
  Result<KeyWrapper*> wrapper(const std::string& by);

  KeySource source_;
  std::optional<std::string> root_;
  std::string lineage_;
  std::map<std::string, std::unique_ptr<KeyWrapper>> wrappers_;  // by what state calls them; configured: empty
  std::string opened_, tried_;   // wrapped keys: that of root_, and one that could not be opened
  std::optional<Error> closed_;  // why
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
