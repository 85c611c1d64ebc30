// The file system behind one interface, so that tests can fail, lose or cut any call.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace plumb {

// An open file that is appended to. Errors name the path and the system's reason. Not thread-safe.
class AppendFile {
 public:
  virtual ~AppendFile() = default;
  virtual Result<void> append(std::string_view bytes) = 0;
  virtual Result<void> sync() = 0;  // fdatasync
  [[nodiscard]] virtual std::uint64_t inode() const = 0;
};

struct FileInfo {
  enum class Kind : std::uint8_t { file, directory, other };
  Kind kind = Kind::file;
  std::uint64_t size = 0;
  std::uint64_t inode = 0;
  std::uint32_t mode = 0;  // permission bits
};

// All paths are ordinary paths; relative ones count from the working directory. Thread-safe.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  // Follows links; nullopt when there is none.
  virtual Result<std::optional<FileInfo>> info(const std::string& path) = 0;
  // Refuses what is no regular file, and more than `limit` bytes.
  virtual Result<std::string> read(const std::string& path, std::uint64_t limit) = 0;
  // Creates with this mode if missing (O_APPEND, O_NOFOLLOW, O_CLOEXEC).
  virtual Result<std::unique_ptr<AppendFile>> open_append(const std::string& path, std::uint32_t mode) = 0;
  // A new file that must not exist (O_EXCL); for atomic replacement.
  virtual Result<std::unique_ptr<AppendFile>> create_new(const std::string& path, std::uint32_t mode) = 0;
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
  virtual Result<void> remove(const std::string& path) = 0;  // missing is fine
  virtual Result<void> truncate(const std::string& path, std::uint64_t size) = 0;
  virtual Result<void> sync_directory(const std::string& path) = 0;
  virtual Result<void> make_directories(const std::string& path, std::uint32_t mode) = 0;
  // Names in a directory, sorted.
  virtual Result<std::vector<std::string>> list(const std::string& path) = 0;
  // The path with links followed and `.` and `..` resolved; what must lie inside of a directory is checked by it.
  // Without links (as in memory) it is the path itself, in normal form.
  virtual Result<std::string> real_path(const std::string& path);
};

FileSystem& real_file_system();

// Temp file (`PATH.<random id>.tmp`), fsync, rename, fsync of the directory; the temp file goes when anything fails. A
// killed process leaves it behind: whoever owns the directory removes such names.
Result<void> replace_file(FileSystem& fs, const std::string& path, std::string_view bytes, std::uint32_t mode);

}  // namespace plumb
