#include "state/local_files.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "engine/base/hash.h"
#include "engine/base/text.h"
#include "state/snapshot.h"

namespace plumb::statefile {
namespace {

constexpr std::size_t kGenerations = 10;

std::string history_name(std::uint64_t serial) { return "state." + std::to_string(serial) + ".jsonl"; }

// Serials of the snapshots in history/, ascending.
std::vector<std::uint64_t> generations(FileSystem& fs, const LocalFiles& files) {
  std::vector<std::uint64_t> out;
  const auto names = fs.list(files.history);
  if (!names) return out;
  for (const std::string& name : *names) {
    if (!name.starts_with("state.")) continue;
    std::uint64_t serial = 0;
    std::from_chars(name.data() + 6, name.data() + name.size(), serial);
    if (name == history_name(serial)) out.push_back(serial);
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::string how_to_restore(FileSystem& fs, const LocalFiles& files) {
  const auto serials = generations(fs, files);
  if (serials.empty())
    return "restore " + files.snapshot + " from a backup (" + files.history + "/ holds no earlier one)";
  return "move " + files.snapshot + " and " + files.journal + " aside and copy the newest good one of " +
         files.history + "/ in its place: " + files.history + "/" + history_name(serials.back());
}

struct Texts {
  std::optional<std::string> snapshot;
  std::optional<std::string> journal;
};

Result<std::optional<std::string>> read_if_there(FileSystem& fs, const std::string& path) {
  if (!PLUMB_TRY(fs.info(path))) return std::nullopt;
  return PLUMB_TRY(fs.read(path, kLargestFile));
}

Result<std::uint64_t> inode_of(FileSystem& fs, const std::string& path) {
  const auto info = PLUMB_TRY(fs.info(path));
  return info ? info->inode : 0;
}

// Snapshot and journal of one moment: a commit in between replaces the snapshot, and then we look again.
Result<Texts> read_texts(FileSystem& fs, const LocalFiles& files) {
  Texts out;
  for (int attempt = 0; attempt < 10; ++attempt) {
    const std::uint64_t before = PLUMB_TRY(inode_of(fs, files.snapshot));
    if (before != 0)
      out.snapshot = PLUMB_TRY(fs.read(files.snapshot, kLargestFile));
    else
      out.snapshot.reset();
    out.journal = PLUMB_TRY(read_if_there(fs, files.journal));
    if (PLUMB_TRY(inode_of(fs, files.snapshot)) == before) return out;
  }
  return fail("the state keeps changing while it is read", "run again when the other run is done",
              {FileName(files.snapshot), 0, 0}, Fault::environment);
}

}  // namespace

LocalFiles::LocalFiles(const std::string& stack)
    : directory(stack.empty() || stack == "." ? ".plumb" : stack + "/.plumb"),
      snapshot(directory + "/state.jsonl"),
      fresh(directory + "/state.jsonl.new"),
      journal(directory + "/journal"),
      history(directory + "/history") {}

Result<LocalState> load_files(FileSystem& fs, const LocalFiles& files, KeyRing& keys, Sealing& sealing) {
  const Texts texts = PLUMB_TRY(read_texts(fs, files));
  LocalState out;
  out.body_digest = empty_body_digest();
  const HeaderHook open_key = [&](const State& state) -> Result<void> {
    if (state.key_id.empty()) return {};
    if (const auto root = PLUMB_TRY(keys.find(state))) sealing.set_root_key(*root);
    return {};
  };
  State& state = out.loaded.state;
  if (texts.snapshot) {
    auto snapshot = read_snapshot(*texts.snapshot, FileName(files.snapshot), sealing, open_key);
    if (!snapshot) {
      Error error = std::move(snapshot).error();
      if (error.next_step.empty()) error.next_step = how_to_restore(fs, files);
      return fail(std::move(error));
    }
    out.has_snapshot = true;
    out.body_digest = std::move(snapshot->body_digest);
    out.key_id = snapshot->state.key_id;
    state = std::move(snapshot->state);
  }
  if (!texts.journal) {
    if (const std::string note = keys.note(state); !note.empty()) out.loaded.notes.push_back(note);
    return out;
  }
  out.journal = PLUMB_TRY(read_journal(*texts.journal, FileName(files.journal), state, sealing, open_key));
  if (const std::string note = keys.note(state); !note.empty()) out.loaded.notes.push_back(note);
  if (out.journal.status == ReadJournal::Status::stale) return out;
  if (out.journal.torn)
    out.loaded.notes.push_back("the last record of the journal was cut short by a crash, and was dropped");
  if (out.journal.records > 0)
    out.loaded.notes.push_back(counted(out.journal.records, "record") + " of an unfinished apply " +
                               (out.journal.records == 1 ? "was" : "were") + " folded in");
  return out;
}

std::size_t drop_digests(State& state) {
  std::size_t dropped = 0;
  for (auto& [address, record] : state.instances) {
    for (auto& [path, digest] : record.digests) {
      if (!digest.empty()) ++dropped;
      digest.clear();
    }
    record.evidence.clear();
    // What `replace_when` gave is digested with the key only when it holds a secret; else it is hex.
    if (!record.trigger.empty() && !from_hex(record.trigger)) record.trigger.clear();
  }
  return dropped;
}

Result<void> keep_history(FileSystem& fs, const LocalFiles& files, std::uint64_t serial) {
  PLUMB_CHECK(fs.make_directories(files.history, 0700));
  const std::string bytes = PLUMB_TRY(fs.read(files.snapshot, kLargestFile));
  PLUMB_CHECK(replace_file(fs, files.history + "/" + history_name(serial), bytes, 0600));
  const auto serials = generations(fs, files);
  // One too many does no harm, so a failure here is none of the commit's.
  for (std::size_t i = 0; i + kGenerations < serials.size(); ++i)
    static_cast<void>(fs.remove(files.history + "/" + history_name(serials[i])));
  return {};
}

}  // namespace plumb::statefile
