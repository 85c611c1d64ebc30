// The local lock: a file of its own under F_OFD_SETLK, so that the system frees it when its holder dies.
#pragma once

#include <memory>
#include <string>

#include "engine/base/clock.h"
#include "engine/base/result.h"
#include "state/store.h"

namespace plumb::statefile {

// A held lock. Not thread-safe. Released when destroyed.
class LockFile {
 public:
  // Makes the directory (0700) and the file (0600). Fails when the directory cannot be written, or when somebody else
  // holds the lock for longer than the request is ready to wait.
  static Result<std::unique_ptr<LockFile>> acquire(const std::string& directory, const LockRequest& request,
                                                   const Clock& clock);
  ~LockFile();
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;

  // The fence: the file at our path is still the one we locked, and says that we hold it.
  [[nodiscard]] Result<void> check() const;
  Result<void> renew(const Clock& clock);
  [[nodiscard]] std::uint64_t epoch() const noexcept { return epoch_; }

 private:
  LockFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  static Result<std::unique_ptr<LockFile>> try_once(const std::string& path, const LockRequest& request,
                                                    const Clock& clock);
  [[nodiscard]] std::string content() const;
  Result<void> write(const std::string& text);

  int fd_;
  std::string path_;
  LockHolder holder_;
  std::uint64_t epoch_ = 0;
  std::string written_;
};

}  // namespace plumb::statefile
