#include "state/lock_file.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <thread>

#include "engine/base/file_system.h"
#include "engine/base/random.h"
#include "engine/base/text.h"
#include "state/fields.h"
#include "state/json.h"

namespace plumb::statefile {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kLargestContent = 16 * 1024;
constexpr std::size_t kLongestShown = 200;

Error system_error(const std::string& what, const std::string& path, int code) {
  return {what + " " + path + ": " + std::generic_category().message(code),
          "check that this user may write in this directory, and that the disk has room",
          {FileName(path), 0, 0},
          Fault::environment};
}

Error lost(const std::string& path, const std::string& why) {
  return {
      "lock lost: " + why,
      "somebody broke this run's lock; nothing more is written. Look at the state with `plumb state list`, then run "
      "plan again",
      {FileName(path), 0, 0},
      Fault::environment};
}

std::string read_content(int fd, std::size_t limit = kLargestContent) {
  std::string out(limit, '\0');
  const ssize_t got = ::pread(fd, out.data(), out.size(), 0);
  out.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return out;
}

std::string user_and_host() {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  std::string user = std::to_string(::geteuid());
  if (::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
    user = found->pw_name;
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) return user;
  return user + "@" + host.data();
}

struct Content {
  LockHolder holder;
  std::uint64_t epoch = 0;
};

// What cannot be read (it was being written, or somebody else wrote it) leaves its part empty; the lock still counts.
Content parse(const std::string& text) {
  Content out;
  const auto value = parse_json(text);
  if (!value || !value->is_map()) return out;
  Fields fields(*value);
  out.epoch = fields.number("epoch");
  out.holder.id = fields.text("id");
  out.holder.who = fields.text("who");
  out.holder.pid = static_cast<std::int64_t>(fields.number("pid"));
  out.holder.operation = fields.text("operation");
  out.holder.started = fields.text("started");
  out.holder.heartbeat = fields.text("heartbeat");
  return out;
}

std::string shown(const std::string& text) {
  return text.empty() ? "unknown" : printable(text.substr(0, kLongestShown));
}

Error held(const std::string& path, const LockHolder& holder) {
  return {"the state is locked by " + shown(holder.who) + " (pid " + std::to_string(holder.pid) + ") for `" +
              shown(holder.operation) + "` since " + shown(holder.started) + ", last heard of " +
              shown(holder.heartbeat),
          "wait for that run to end, or give `--lock-timeout 5m` to wait here; the lock of a run that died is free by "
          "itself",
          {FileName(path), 0, 0},
          Fault::environment};
}

// Whether the file at `path` is the one behind `fd`.
bool same_file(int fd, const std::string& path) {
  struct stat ours {};
  struct stat there {};
  return ::fstat(fd, &ours) == 0 && ::stat(path.c_str(), &there) == 0 && ours.st_ino == there.st_ino &&
         ours.st_dev == there.st_dev;
}

enum class Locked { yes, no, moved };

Result<Locked> lock(int fd, const std::string& path) {
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(fd, F_OFD_SETLK, &whole) != 0) {
    if (errno == EAGAIN || errno == EACCES) return Locked::no;
    return fail(system_error("cannot lock", path, errno));
  }
  // Somebody may have renamed the file away between our open and our lock.
  return same_file(fd, path) ? Locked::yes : Locked::moved;
}

Result<void> check_writable(const std::string& directory) {
  PLUMB_CHECK(real_file_system().make_directories(directory, 0700));
  if (::faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) != 0)
    return fail(system_error("cannot write in", directory, errno));
  return {};
}

}  // namespace

Result<std::unique_ptr<LockFile>> LockFile::acquire(const std::string& directory, const LockRequest& request,
                                                    const Clock& clock) {
  PLUMB_CHECK(check_writable(directory));
  const std::string path = directory + "/lock";
  milliseconds left = request.wait;
  constexpr std::array<milliseconds, 7> kPauses{milliseconds(100),  milliseconds(200),  milliseconds(400),
                                                milliseconds(1000), milliseconds(2000), milliseconds(4000),
                                                milliseconds(8000)};
  for (std::size_t attempt = 0;; ++attempt) {
    auto held_lock = try_once(path, request, clock);
    if (held_lock || held_lock.error().retry != Retry::later || left <= milliseconds(0)) return held_lock;
    const milliseconds pause = std::min(left, kPauses[std::min(attempt, kPauses.size() - 1)]);
    std::this_thread::sleep_for(pause);
    left -= pause;
  }
}

Result<std::unique_ptr<LockFile>> LockFile::try_once(const std::string& path, const LockRequest& request,
                                                     const Clock& clock) {
  for (int round = 0; round < 100; ++round) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (fd < 0) return fail(system_error("cannot open the lock", path, errno));
    std::unique_ptr<LockFile> out(new LockFile(fd, path));
    const Locked locked = PLUMB_TRY(lock(fd, path));
    if (locked == Locked::moved) continue;
    const Content before = parse(read_content(fd));
    if (locked == Locked::no) {
      Error error = held(path, before.holder);
      error.retry = Retry::later;
      return fail(std::move(error));
    }
    out->epoch_ = before.epoch + 1;
    const std::string now = rfc3339(clock.now());
    out->holder_ = {random_id(), user_and_host(), ::getpid(), request.operation, now, now};
    PLUMB_CHECK(out->write(out->content()));
    return out;
  }
  return fail("the lock is being replaced again and again", "see who removes it", {FileName(path), 0, 0},
              Fault::environment);
}

LockFile::~LockFile() {
  // The epoch stays, so that the next holder's is higher. Closing frees the lock, whatever else fails.
  if (!written_.empty() && check()) static_cast<void>(write("{\"epoch\":" + std::to_string(epoch_) + "}"));
  ::close(fd_);
}

std::string LockFile::content() const {
  std::string text;
  JsonWriter out(text);
  const auto field = [&out](std::string_view key, std::string_view value) {
    out.key(key);
    out.string(value);
  };
  out.begin_object();
  out.key("epoch");
  out.unsigned_integer(epoch_);
  field("id", holder_.id);
  field("who", holder_.who);
  out.key("pid");
  out.integer(holder_.pid);
  field("operation", holder_.operation);
  field("started", holder_.started);
  field("heartbeat", holder_.heartbeat);
  out.end_object();
  return text;
}

Result<void> LockFile::write(const std::string& text) {
  const ssize_t written = ::pwrite(fd_, text.data(), text.size(), 0);
  if (written != static_cast<ssize_t>(text.size()))
    return fail(system_error("cannot write the lock", path_, written < 0 ? errno : ENOSPC));
  if (::ftruncate(fd_, static_cast<off_t>(text.size())) != 0)
    return fail(system_error("cannot write the lock", path_, errno));
  written_ = text;
  return {};
}

Result<void> LockFile::check() const {
  if (!same_file(fd_, path_)) return fail(lost(path_, "the lock file was replaced or removed"));
  if (read_content(fd_, written_.size() + 1) != written_)
    return fail(lost(path_, "the lock file names another holder"));
  return {};
}

Result<void> LockFile::renew(const Clock& clock) {
  PLUMB_CHECK(check());
  holder_.heartbeat = rfc3339(clock.now());
  return write(content());
}

}  // namespace plumb::statefile
