// A file system in memory that can fail, tear or crash at any call, and then lose what was not synced.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/file_system.h"

namespace plumb::test {

// Behaves as the real one, and as harshly as POSIX allows: bytes are durable after sync() of their file; names (of new,
// renamed and removed files) after sync_directory() of their directory. Directories are durable at once, as the real
// make_directories syncs them. Thread-safe. Must outlive the files it opened.
//
//   for (n = 1;; ++n) { MemoryFileSystem fs; fs.crash_at(n); run(fs); if (!fs.crashed()) break; fs.reboot(...);
//   check(fs); }
class MemoryFileSystem final : public FileSystem {
 public:
  enum class Lose { nothing, unsynced };

  MemoryFileSystem();
  ~MemoryFileSystem() override;

  Result<std::optional<FileInfo>> info(const std::string& path) override;
  Result<std::string> read(const std::string& path, std::uint64_t limit) override;
  Result<std::unique_ptr<AppendFile>> open_append(const std::string& path, std::uint32_t mode) override;
  Result<std::unique_ptr<AppendFile>> create_new(const std::string& path, std::uint32_t mode) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> remove(const std::string& path) override;
  Result<void> truncate(const std::string& path, std::uint64_t size) override;
  Result<void> sync_directory(const std::string& path) override;
  Result<void> make_directories(const std::string& path, std::uint32_t mode) override;
  Result<std::vector<std::string>> list(const std::string& path) override;

  // Calls count from 1 since the construction or the last reboot, those of open files and failed ones included.
  [[nodiscard]] std::size_t calls() const;
  // What was called, in order: `append dir/file`, `sync_directory dir`.
  [[nodiscard]] std::vector<std::string> history() const;

  // The n-th call does nothing and fails; an append still writes its first `partial` bytes. Later ones go on as usual.
  void fail_at(std::size_t n, Error error, std::size_t partial = 0);
  // The next call whose line in the history starts so fails, once (`sync_directory`, `append state/journal`).
  void fail_next(std::string prefix, Error error, std::size_t partial = 0);
  // The n-th call and all after it fail and do nothing, but that an append writes its first `torn` bytes.
  void crash_at(std::size_t n, std::size_t torn = 0);
  [[nodiscard]] bool crashed() const;
  // Starts anew: no faults, counting from 1, files opened before stay dead. With Lose::nothing only the process had
  // died; with Lose::unsynced the power had gone: names and bytes are as last synced, but that each file keeps up to
  // `keep` bytes of what was appended since (a torn tail).
  void reboot(Lose lose, std::size_t keep = 0);

  // Outside of all counting: writes a durable file (its directory is made), reads one, lists all paths of files.
  void put(const std::string& path, std::string_view bytes, std::uint32_t mode = 0600);
  [[nodiscard]] std::optional<std::string> get(const std::string& path) const;
  [[nodiscard]] std::vector<std::string> paths() const;

  // ENOSPC's words, for tests that do not care which error it is.
  static Error disk_full();

 private:
  struct Node {
    std::uint64_t inode = 0;
    std::uint32_t mode = 0;
    std::string bytes;
    std::string durable;
  };
  using Names = std::map<std::string, std::shared_ptr<Node>>;
  struct Injected {
    Error error;
    std::size_t partial = 0;
  };
  class File;

  // Counts the call; the fault that hits it, if any.
  std::optional<Injected> enter(const std::string& call, const std::string& path);
  Result<std::unique_ptr<AppendFile>> open(const char* call, const std::string& path, std::uint32_t mode, bool fresh);
  Result<void> append(Node& node, const std::string& path, std::string_view bytes, std::uint64_t boot);
  Result<void> sync(Node& node, const std::string& path, std::uint64_t boot);
  [[nodiscard]] bool is_directory(const std::string& path) const;

  mutable std::mutex mutex_;
  Names names_;
  Names durable_names_;
  std::map<std::string, std::uint32_t> directories_;  // with their modes
  std::uint64_t next_inode_ = 1;
  std::uint64_t boot_ = 0;
  std::vector<std::string> history_;
  std::map<std::size_t, Injected> faults_;
  std::vector<std::pair<std::string, Injected>> next_faults_;
  std::optional<std::size_t> crash_at_;
  std::size_t torn_ = 0;
};

}  // namespace plumb::test
