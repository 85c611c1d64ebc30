#include <utility>

#include "engine/base/random.h"
#include "engine/base/text.h"
#include "state/local_files.h"
#include "state/lock_file.h"
#include "state/snapshot.h"
#include "state/store.h"

namespace plumb {
namespace {

using statefile::JournalWriter;
using statefile::KeyRing;
using statefile::LocalFiles;
using statefile::LocalState;
using statefile::LockFile;
using statefile::ReadJournal;
using statefile::Sealing;

Error misuse(std::string message) {
  return {std::move(message), "this is a bug of Plumb; please report it", {}, Fault::internal};
}

class LocalSession final : public StateSession {
 public:
  LocalSession(FileSystem& fs, const Clock& clock, LocalFiles files, std::shared_ptr<KeyRing> keys,
               std::unique_ptr<LockFile> lock)
      : fs_(fs), clock_(clock), files_(std::move(files)), keys_(std::move(keys)), lock_(std::move(lock)) {}

  Result<Loaded> load() override {
    PLUMB_CHECK(lock_->check());
    LocalState found = PLUMB_TRY(load_files(fs_, files_, *keys_, sealing_));
    State& state = found.loaded.state;
    if (state.lineage.empty()) {
      state.lineage = random_uuid();
      sealing_.set_lineage(state.lineage);
    }
    lineage_ = state.lineage;
    serial_ = state.serial;
    has_snapshot_ = found.has_snapshot;
    body_digest_ = std::move(found.body_digest);
    snapshot_key_id_ = std::move(found.key_id);
    journal_ = found.journal;
    writer_ = JournalWriter(journal_.last_set, state.key_id);
    loaded_ = true;
    return std::move(found.loaded);
  }

  Result<void> append(const State& state, std::span<const JournalEvent> events, bool durable) override {
    PLUMB_CHECK(ready(state));
    if (broken_)
      return fail("the journal could not be written before, so nothing more is", "see the first error",
                  {FileName(files_.journal), 0, 0}, Fault::environment);
    if (!events.empty()) {
      std::string text = PLUMB_TRY(writer_.records(state, events, sealing_));
      PLUMB_CHECK(write(text));
    }
    return durable ? sync() : Result<void>();
  }

  Result<void> commit(State& state) override {
    PLUMB_CHECK(ready(state));
    if (state.lineage.empty()) state.lineage = lineage_;
    auto written = write_fresh(state);
    if (!written) {
      static_cast<void>(fs_.remove(files_.fresh));
      return fail(std::move(written).error());
    }
    state.serial = serial_;
    if (!*written) {
      PLUMB_CHECK(fs_.remove(files_.fresh));
    } else {
      PLUMB_CHECK(fs_.sync_directory(files_.directory));
    }
    // A journal that stays is older than the snapshot and ignored; no harm if this fails.
    file_.reset();
    journal_ = {};
    writer_ = JournalWriter(0, state.key_id);
    broken_ = false;
    static_cast<void>(fs_.remove(files_.journal));
    return {};
  }

  Result<void> heartbeat() override { return lock_->renew(clock_); }

  Result<std::string> ensure_key(State& state, std::vector<std::string>& notes) override {
    if (!loaded_) return fail(misuse("a key was asked for before the state was loaded"));
    if (state.lineage.empty()) state.lineage = lineage_;
    std::string root = PLUMB_TRY(keys_->ensure(state, notes));
    sealing_.set_root_key(root);
    return root;
  }

  Result<void> rekey(State& state, std::vector<std::string>& notes) override {
    PLUMB_CHECK(ready(state));
    if (state.key_id.empty()) {
      static_cast<void>(PLUMB_TRY(ensure_key(state, notes)));
      return commit(state);
    }
    if (!PLUMB_TRY(keys_->find(state))) return fail(no_key_to_open(state));
    const KeyRing::Next next = PLUMB_TRY(keys_->next(state));
    State changed = state;
    changed.key_id = key_id(next.key);
    changed.wrapped_key = next.wrapped;
    changed.wrapped_by = next.by;
    const std::size_t dropped = statefile::drop_digests(changed);
    Sealing fresh;
    fresh.set_lineage(lineage_);
    fresh.set_root_key(next.key);
    std::swap(sealing_, fresh);
    if (auto written = commit(changed); !written) {
      std::swap(sealing_, fresh);
      return written;
    }
    std::swap(state, changed);
    if (dropped > 0)
      notes.push_back(counted(dropped, "secret") + " cannot be compared until the next apply, which records " +
                      (dropped == 1 ? "its digest" : "their digests") + " again");
    return keys_->settle(changed, next, notes);
  }

 private:
  Error no_key_to_open(const State& state) const {
    if (!state.wrapped_key.empty()) return keys_->missing(state);
    return {"the root key " + state.key_id + " is missing, so its secrets cannot be opened",
            "restore the key from its backup; what cannot be restored is made anew by `plumb apply --replace`",
            {},
            Fault::environment};
  }

  // The fence, and that this is the state we loaded.
  Result<void> ready(const State& state) {
    if (!loaded_) return fail(misuse("state was written before it was loaded"));
    if (!state.lineage.empty() && state.lineage != lineage_) return fail(misuse("the state is of another lineage"));
    return fence();
  }

  Result<void> fence() {
    PLUMB_CHECK(lock_->check());
    if (file_ == nullptr) return {};
    const auto info = PLUMB_TRY(fs_.info(files_.journal));
    if (info && info->inode == file_->inode()) return {};
    return fail("lock lost: the journal was replaced or removed",
                "somebody broke this run's lock; run plan again and look at what is pending",
                {FileName(files_.journal), 0, 0}, Fault::environment);
  }

  // Opens the journal that load() found, less its torn tail, or begins one.
  Result<void> open() {
    if (file_ != nullptr) return {};
    if (journal_.status == ReadJournal::Status::current) {
      if (journal_.format < kStateFormat) PLUMB_CHECK(raise_format());
      if (journal_.torn) PLUMB_CHECK(fs_.truncate(files_.journal, journal_.good_size));
      file_ = PLUMB_TRY(fs_.open_append(files_.journal, 0600));
      size_ = journal_.good_size;
      return {};
    }
    // What lies there was folded in already, or never got a whole header.
    PLUMB_CHECK(fs_.remove(files_.journal));
    file_ = PLUMB_TRY(fs_.create_new(files_.journal, 0600));
    size_ = 0;
    name_synced_ = false;
    return {};
  }

  // An older Plumb must refuse the journal before it gets records that it may not know. They mean the same in every
  // format so far, so a new header is enough.
  Result<void> raise_format() {
    const std::string old = PLUMB_TRY(fs_.read(files_.journal, statefile::kLargestFile));
    std::string text = JournalWriter::header({lineage_, serial_, journal_.epoch});
    text.append(old, old.find('\n') + 1, journal_.good_size - old.find('\n') - 1);
    PLUMB_CHECK(replace_file(fs_, files_.journal, text, 0600));
    journal_.format = kStateFormat;
    journal_.good_size = text.size();
    journal_.torn = false;
    return {};
  }

  Result<void> write(std::string& text) {
    auto opened = open();
    if (!opened) {
      writer_.forget();
      return opened;
    }
    if (size_ == 0) text.insert(0, JournalWriter::header({lineage_, serial_, lock_->epoch()}));
    auto appended = file_->append(text);
    if (appended) {
      size_ += text.size();
      synced_ = false;
      return {};
    }
    // Half a record must not stand in the midst: take it back, or write nothing behind it.
    writer_.forget();
    if (!fs_.truncate(files_.journal, size_)) broken_ = true;
    return appended;
  }

  Result<void> sync() {
    if (file_ == nullptr) return {};
    if (!synced_) {
      auto done = file_->sync();
      if (!done) {
        // After a failed sync nobody knows what is on disk, and a second one may lie.
        broken_ = true;
        return done;
      }
      synced_ = true;
    }
    if (!name_synced_) {
      PLUMB_CHECK(fs_.sync_directory(files_.directory));
      name_synced_ = true;
    }
    return {};
  }

  // Writes the snapshot and puts it in place. False, and only a temporary file, when nothing changed.
  Result<bool> write_fresh(const State& state) {
    PLUMB_CHECK(fs_.remove(files_.fresh));
    const auto file = PLUMB_TRY(fs_.create_new(files_.fresh, 0600));
    std::string digest = PLUMB_TRY(statefile::write_snapshot(
        state, serial_ + 1, sealing_, [&file](std::string_view bytes) { return file->append(bytes); }));
    if (digest == body_digest_ && state.key_id == snapshot_key_id_) return false;
    PLUMB_CHECK(file->sync());
    if (has_snapshot_) PLUMB_CHECK(keep_history(fs_, files_, serial_));
    PLUMB_CHECK(fence());
    PLUMB_CHECK(fs_.rename(files_.fresh, files_.snapshot));
    ++serial_;
    has_snapshot_ = true;
    body_digest_ = std::move(digest);
    snapshot_key_id_ = state.key_id;
    return true;
  }

  FileSystem& fs_;
  const Clock& clock_;
  LocalFiles files_;
  std::shared_ptr<KeyRing> keys_;
  std::unique_ptr<LockFile> lock_;
  Sealing sealing_;
  bool loaded_ = false;
  std::string lineage_;
  std::uint64_t serial_ = 0;
  bool has_snapshot_ = false;
  std::string body_digest_;
  std::string snapshot_key_id_;
  ReadJournal journal_;  // as found by load()
  JournalWriter writer_;
  std::unique_ptr<AppendFile> file_;  // the journal, once something was appended
  std::uint64_t size_ = 0;
  bool synced_ = true;
  bool name_synced_ = true;
  bool broken_ = false;
};

class LocalStore final : public StateStore {
 public:
  LocalStore(const std::string& directory, KeySource keys, FileSystem& fs, const Clock& clock)
      : files_(directory), keys_(std::make_shared<KeyRing>(std::move(keys))), fs_(fs), clock_(clock) {}

  Result<Loaded> read() override {
    Sealing sealing;
    return PLUMB_TRY(load_files(fs_, files_, *keys_, sealing)).loaded;
  }

  Result<std::unique_ptr<StateSession>> lock(const LockRequest& request) override {
    PLUMB_CHECK(fs_.make_directories(files_.directory, 0700));
    auto held = PLUMB_TRY(LockFile::acquire(files_.directory, request, clock_));
    return std::make_unique<LocalSession>(fs_, clock_, files_, keys_, std::move(held));
  }

  Result<std::optional<std::string>> key(const State& state) override { return keys_->find(state); }

 private:
  LocalFiles files_;
  std::shared_ptr<KeyRing> keys_;
  FileSystem& fs_;
  const Clock& clock_;
};

}  // namespace

std::unique_ptr<StateStore> local_store(std::string directory, KeySource keys, FileSystem& fs, const Clock& clock) {
  return std::make_unique<LocalStore>(directory, std::move(keys), fs, clock);
}

}  // namespace plumb
