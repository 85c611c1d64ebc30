#include "engine/base/file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "engine/base/random.h"

namespace plumb {
namespace {

std::string next_step_for(int code) {
  switch (code) {
    case EACCES:
    case EPERM:
      return "give this user the right to it, or run as a user who has it";
    case EROFS:
      return "mount the file system for writing, or choose another directory";
    case ENOSPC:
    case EDQUOT:
      return "free some disk space and run again";
    case ENOENT:
    case ENOTDIR:
      return "check the path";
    case ELOOP:
      return "put a plain file in place of the symbolic link";
    case EMFILE:
    case ENFILE:
      return "raise the limit of open files (ulimit -n)";
    case EIO:
      return "check the disk";
    default:
      return "check the path and the disk";
  }
}

Error system_error(const char* verb, const std::string& path, int code) {
  return Error{std::string("cannot ") + verb + " " + path + ": " + std::generic_category().message(code),
               next_step_for(code),
               {},
               Fault::environment};
}

// Owns a descriptor.
class Descriptor {
 public:
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] bool open() const noexcept { return fd_ >= 0; }

 private:
  int fd_;
};

// Repeats a system call that a signal interrupted.
template <class Call>
auto again(Call call) {
  decltype(call()) result;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

class RealAppendFile final : public AppendFile {
 public:
  RealAppendFile(Descriptor fd, std::string path, std::uint64_t inode)
      : fd_(std::move(fd)), path_(std::move(path)), inode_(inode) {}

  Result<void> append(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = again([&] { return ::write(fd_.get(), bytes.data(), bytes.size()); });
      if (written < 0) return fail(system_error("write to", path_, errno));
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }

  Result<void> sync() override {
    if (::fdatasync(fd_.get()) != 0) return fail(system_error("save", path_, errno));
    return {};
  }

  [[nodiscard]] std::uint64_t inode() const override { return inode_; }

 private:
  Descriptor fd_;
  std::string path_;
  std::uint64_t inode_;
};

Result<std::unique_ptr<AppendFile>> open_for_append(const std::string& path, int flags, std::uint32_t mode,
                                                    const char* verb) {
  Descriptor fd(again([&] {
    return ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | flags, mode);
  }));
  if (!fd.open()) return fail(system_error(verb, path, errno));
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return fail(system_error(verb, path, errno));
  if (!S_ISREG(status.st_mode)) {
    return fail("cannot " + std::string(verb) + " " + path + ": it is not a regular file", "move it away", {},
                Fault::environment);
  }
  return std::make_unique<RealAppendFile>(std::move(fd), path, status.st_ino);
}

Result<void> sync_path(const std::string& path) {
  const Descriptor fd(
      again([&] { return ::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!fd.open()) return fail(system_error("open the directory", path, errno));
  // Some network file systems cannot sync a directory and say EINVAL; nothing more can be done there.
  if (::fsync(fd.get()) != 0 && errno != EINVAL) return fail(system_error("save the directory", path, errno));
  return {};
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

class RealFileSystem final : public FileSystem {
 public:
  Result<std::optional<FileInfo>> info(const std::string& path) override {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
      if (errno == ENOENT || errno == ENOTDIR) return std::optional<FileInfo>{};
      return fail(system_error("look at", path, errno));
    }
    FileInfo out;
    out.kind = S_ISREG(status.st_mode)   ? FileInfo::Kind::file
               : S_ISDIR(status.st_mode) ? FileInfo::Kind::directory
                                         : FileInfo::Kind::other;
    out.size = static_cast<std::uint64_t>(status.st_size);
    out.inode = status.st_ino;
    out.mode = status.st_mode & 07777;
    return std::optional<FileInfo>(out);
  }

  Result<std::string> read(const std::string& path, std::uint64_t limit) override {
    // Non-blocking, so that a FIFO is refused and not waited for.
    const Descriptor fd(again([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); }));
    struct stat status {};
    if (!fd.open() || ::fstat(fd.get(), &status) != 0) return fail(system_error("read", path, errno));
    if (!S_ISREG(status.st_mode)) {
      return fail("cannot read " + path + ": it is not a regular file", "name a file", {}, Fault::environment);
    }
    std::string out;
    auto size = static_cast<std::uint64_t>(status.st_size);
    while (size <= limit) {
      // One byte more than expected shows the end without a second call, and growth since fstat.
      const std::size_t old = out.size();
      out.resize(size + 1);
      const ssize_t got = again([&] { return ::read(fd.get(), out.data() + old, out.size() - old); });
      if (got < 0) return fail(system_error("read", path, errno));
      out.resize(old + static_cast<std::size_t>(got));
      if (got == 0) return out;
      if (out.size() > size)
        size = out.size() * 2 <= limit ? out.size() * 2 : std::max<std::uint64_t>(limit, out.size());
    }
    return fail("cannot read " + path + ": it is larger than " + std::to_string(limit) + " bytes",
                "check that this is the file you mean", {}, Fault::environment);
  }

  Result<std::unique_ptr<AppendFile>> open_append(const std::string& path, std::uint32_t mode) override {
    return open_for_append(path, 0, mode, "open");
  }

  Result<std::unique_ptr<AppendFile>> create_new(const std::string& path, std::uint32_t mode) override {
    return open_for_append(path, O_EXCL, mode, "create");
  }

  Result<void> rename(const std::string& from, const std::string& to) override {
    if (std::rename(from.c_str(), to.c_str()) != 0) return fail(system_error("rename to", to, errno));
    return {};
  }

  Result<void> remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail(system_error("remove", path, errno));
    return {};
  }

  Result<void> truncate(const std::string& path, std::uint64_t size) override {
    const Descriptor fd(again([&] { return ::open(path.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK); }));
    if (!fd.open() || again([&] { return ::ftruncate(fd.get(), static_cast<off_t>(size)); }) != 0) {
      return fail(system_error("shorten", path, errno));
    }
    return {};
  }

  Result<void> sync_directory(const std::string& path) override { return sync_path(path); }

  Result<void> make_directories(const std::string& path, std::uint32_t mode) override {
    for (std::size_t end = 0; end != std::string::npos;) {
      end = path.find('/', end + 1);
      const std::string part = path.substr(0, end);
      if (part.empty() || part == "/") continue;
      if (::mkdir(part.c_str(), mode) == 0) {
        PLUMB_CHECK(sync_path(directory_of(part)));
        continue;
      }
      const int code = errno;
      struct stat status {};
      if (::stat(part.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) continue;
      return fail(system_error("make the directory", part, code));
    }
    return {};
  }

  Result<std::vector<std::string>> list(const std::string& path) override {
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), &::closedir);
    if (directory == nullptr) return fail(system_error("list", path, errno));
    std::vector<std::string> out;
    while (true) {
      errno = 0;
      const dirent* const entry = ::readdir(directory.get());
      if (entry == nullptr) break;
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") out.emplace_back(name);
    }
    if (errno != 0) return fail(system_error("list", path, errno));
    std::sort(out.begin(), out.end());
    return out;
  }

  Result<std::string> real_path(const std::string& path) override {
    const std::unique_ptr<char, void (*)(void*)> real(::realpath(path.c_str(), nullptr), &std::free);
    if (real == nullptr) return fail(system_error("find", path, errno));
    return std::string(real.get());
  }
};

Result<void> write_whole(FileSystem& fs, const std::string& path, std::string_view bytes, std::uint32_t mode) {
  const std::unique_ptr<AppendFile> file = PLUMB_TRY(fs.create_new(path, mode));
  PLUMB_CHECK(file->append(bytes));
  return file->sync();
}

}  // namespace

Result<std::string> FileSystem::real_path(const std::string& path) {
  return std::filesystem::path(path).lexically_normal().generic_string();
}

FileSystem& real_file_system() {
  static RealFileSystem file_system;
  return file_system;
}

Result<void> replace_file(FileSystem& fs, const std::string& path, std::string_view bytes, std::uint32_t mode) {
  const std::string temp = path + "." + random_id() + ".tmp";
  Result<void> done = write_whole(fs, temp, bytes, mode);
  if (done.has_value()) done = fs.rename(temp, path);
  if (!done.has_value()) {
    // The first error is the one to tell; a temp file that cannot go either changes nothing about it.
    static_cast<void>(fs.remove(temp));
    return done;
  }
  return fs.sync_directory(directory_of(path));
}

}  // namespace plumb
