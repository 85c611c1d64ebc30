// Where state lives: snapshot, journal, lock. The local store keeps all of it in `<stack>/.plumb/` (state/FORMAT.md).
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/diagnostics.h"
#include "engine/base/file_system.h"
#include "state/keys.h"
#include "state/state.h"

namespace plumb {

// Who holds the lock; also what a second run is told.
struct LockHolder {
  std::string id;
  std::string who;  // user@host
  std::int64_t pid = 0;
  std::string operation;  // `apply`
  std::string started;    // RFC 3339
  std::string heartbeat;  // RFC 3339
};

struct LockRequest {
  std::string operation;
  std::chrono::milliseconds wait{0};  // how long to try
};

// What reading found besides the state.
struct Loaded {
  State state;
  std::vector<std::string> notes;  // "a torn last record was dropped", "2 steps of an interrupted apply were folded in"
};

// A held lock and the right to write. One thread only. Releases the lock when destroyed.
class StateSession {
 public:
  virtual ~StateSession() = default;
  // Snapshot and journal, folded; kept secrets opened when the key is there. Call once, first.
  virtual Result<Loaded> load() = 0;
  // Appends events to the journal; `durable` waits until they are on disk (one sync for all of them).
  // Checks the fence (our lock still stands) before writing. On any error nothing new may be started.
  virtual Result<void> append(const State& state, std::span<const JournalEvent> events, bool durable) = 0;
  // Writes the state as the new snapshot (serial + 1 when anything changed), rotates history, ends the journal.
  virtual Result<void> commit(State& state) = 0;
  // Renews the heartbeat and checks the fence. Cheap; call at most every few seconds.
  virtual Result<void> heartbeat() = 0;
  // The key, made now if there was none. `notes` tells the user to back it up.
  virtual Result<std::string> ensure_key(State& state, std::vector<std::string>& notes) = 0;
  // A new root key, or the first one; and the state committed under it, all at once: kept secrets are sealed anew, and
  // digests of secrets that are not kept are dropped, so that the next apply records them. An error leaves old key and
  // old state as they were. `notes` tells where the keys are.
  virtual Result<void> rekey(State& state, std::vector<std::string>& notes) = 0;
};

class StateStore {
 public:
  virtual ~StateStore() = default;
  // A consistent snapshot without a lock. An empty state when there is none yet.
  virtual Result<Loaded> read() = 0;
  // Fails at once, or after `wait`, with the holder's details.
  virtual Result<std::unique_ptr<StateSession>> lock(const LockRequest& request) = 0;
  // The 32-byte root key, when there is one; nullopt and no error when it is missing.
  virtual Result<std::optional<std::string>> key(const State& state) = 0;
};

// `directory` is the stack's; nothing is made before the first lock().
std::unique_ptr<StateStore> local_store(std::string directory, KeySource keys, FileSystem& fs = real_file_system(),
                                        const Clock& clock = system_clock());

}  // namespace plumb
