#include "engine/base/file_system.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "tests/support/memory_file_system.h"

using namespace plumb;
using test::MemoryFileSystem;

namespace {

// A directory of its own for each test.
class Directory {
 public:
  Directory() {
    std::string name = (std::filesystem::temp_directory_path() / "plumb-test-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

constexpr std::uint64_t large = 1 << 20;

// The real file system, but that one kind of call fails.
class Failing final : public FileSystem {
 public:
  explicit Failing(std::string call) : call_(std::move(call)) {}

  Result<std::optional<FileInfo>> info(const std::string& path) override { return real_.info(path); }
  Result<std::string> read(const std::string& path, std::uint64_t limit) override { return real_.read(path, limit); }
  Result<std::unique_ptr<AppendFile>> open_append(const std::string& path, std::uint32_t mode) override {
    return real_.open_append(path, mode);
  }
  Result<std::unique_ptr<AppendFile>> create_new(const std::string& path, std::uint32_t mode) override {
    if (call_ == "create_new") return broken();
    return std::make_unique<File>(*this, PLUMB_TRY(real_.create_new(path, mode)));
  }
  Result<void> rename(const std::string& from, const std::string& to) override {
    if (call_ == "rename") return broken();
    return real_.rename(from, to);
  }
  Result<void> remove(const std::string& path) override { return real_.remove(path); }
  Result<void> truncate(const std::string& path, std::uint64_t size) override { return real_.truncate(path, size); }
  Result<void> sync_directory(const std::string& path) override { return real_.sync_directory(path); }
  Result<void> make_directories(const std::string& path, std::uint32_t mode) override {
    return real_.make_directories(path, mode);
  }
  Result<std::vector<std::string>> list(const std::string& path) override { return real_.list(path); }

 private:
  class File final : public AppendFile {
   public:
    File(Failing& fs, std::unique_ptr<AppendFile> file) : fs_(fs), file_(std::move(file)) {}
    Result<void> append(std::string_view bytes) override {
      if (fs_.call_ != "append") return file_->append(bytes);
      PLUMB_CHECK(file_->append(bytes.substr(0, bytes.size() / 2)));
      return broken();
    }
    Result<void> sync() override {
      if (fs_.call_ == "sync") return broken();
      return file_->sync();
    }
    [[nodiscard]] std::uint64_t inode() const override { return file_->inode(); }

   private:
    Failing& fs_;
    std::unique_ptr<AppendFile> file_;
  };

  static tl::unexpected<Error> broken() { return fail(MemoryFileSystem::disk_full()); }

  std::string call_;
  FileSystem& real_ = real_file_system();
};

}  // namespace

TEST_CASE("files are appended to, read, renamed and removed") {
  const Directory dir;
  FileSystem& fs = real_file_system();
  const std::string path = dir / "journal";
  CHECK_FALSE(fs.info(path).value().has_value());
  CHECK_FALSE(fs.info(path + "/below").value().has_value());
  {
    const auto file = fs.open_append(path, 0600).value();
    REQUIRE(file->append("one ").has_value());
    REQUIRE(file->append("two").has_value());
    REQUIRE(file->sync().has_value());
    CHECK(file->inode() == fs.info(path).value()->inode);
  }
  REQUIRE(fs.open_append(path, 0600).value()->append(" three").has_value());
  CHECK(fs.read(path, large).value() == "one two three");
  CHECK(fs.info(path).value()->size == 13);
  CHECK(fs.info(path).value()->mode == 0600);
  REQUIRE(fs.truncate(path, 3).has_value());
  CHECK(fs.read(path, 3).value() == "one");
  CHECK(fs.read(path, 2).error().message.find("larger than 2 bytes") != std::string::npos);
  REQUIRE(fs.rename(path, dir / "other").has_value());
  CHECK_FALSE(fs.create_new(dir / "other", 0600).has_value());
  CHECK(fs.list(dir.path()).value() == std::vector<std::string>{"other"});
  REQUIRE(fs.remove(dir / "other").has_value());
  REQUIRE(fs.remove(dir / "other").has_value());
  CHECK(fs.list(dir.path()).value().empty());
}

TEST_CASE("errors name the path, the reason and what to do") {
  const Directory dir;
  FileSystem& fs = real_file_system();
  const Error error = fs.read(dir / "missing", large).error();
  CHECK(error.message == "cannot read " + (dir / "missing") + ": No such file or directory");
  CHECK(error.next_step == "check the path");
  CHECK(error.fault == Fault::environment);
}

TEST_CASE("only regular files are read and appended to") {
  const Directory dir;
  FileSystem& fs = real_file_system();
  REQUIRE(::mkfifo((dir / "fifo").c_str(), 0600) == 0);
  REQUIRE(::symlink("/dev/zero", (dir / "link").c_str()) == 0);
  for (const std::string& path : {dir.path(), dir / "fifo", dir / "link", std::string("/dev/zero")}) {
    CAPTURE(path);
    CHECK_FALSE(fs.read(path, large).has_value());
    if (path != "/dev/zero") CHECK_FALSE(fs.open_append(path, 0600).has_value());
  }
  CHECK(fs.info(dir / "fifo").value()->kind == FileInfo::Kind::other);
  CHECK(fs.info(dir.path()).value()->kind == FileInfo::Kind::directory);
}

TEST_CASE("directories are made with all their parents") {
  const Directory dir;
  FileSystem& fs = real_file_system();
  REQUIRE(fs.make_directories(dir / "a/b//c/", 0700).has_value());
  REQUIRE(fs.make_directories(dir / "a/b/c", 0700).has_value());
  CHECK(fs.info(dir / "a/b").value()->mode == 0700);
  REQUIRE(fs.create_new(dir / "a/file", 0600).has_value());
  CHECK(fs.make_directories(dir / "a/file/below", 0700).error().message.find("a/file: File exists") !=
        std::string::npos);
}

TEST_CASE("replacing a file changes all of it or nothing, and leaves no temp file") {
  const Directory dir;
  const std::string path = dir / "state";
  REQUIRE(replace_file(real_file_system(), path, "old", 0600).has_value());
  for (const char* call : {"create_new", "append", "sync", "rename"}) {
    CAPTURE(call);
    Failing fs(call);
    const Result<void> result = replace_file(fs, path, "new text", 0600);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().message.find("No space left") != std::string::npos);
    CHECK(fs.read(path, large).value() == "old");
    CHECK(fs.list(dir.path()).value() == std::vector<std::string>{"state"});
  }
  REQUIRE(replace_file(real_file_system(), path, "new text", 0600).has_value());
  CHECK(real_file_system().read(path, large).value() == "new text");
  CHECK(real_file_system().list(dir.path()).value() == std::vector<std::string>{"state"});
}

TEST_CASE("a crash at any call of a replacement leaves the old file or the new one") {
  for (const auto lose : {MemoryFileSystem::Lose::nothing, MemoryFileSystem::Lose::unsynced}) {
    std::size_t n = 1;
    for (;; ++n) {
      MemoryFileSystem fs;
      fs.put("dir/state", "old");
      fs.crash_at(n, 2);
      const bool done = replace_file(fs, "dir/state", "new text", 0600).has_value();
      const bool crashed = fs.crashed();
      CHECK(done != crashed);
      fs.reboot(lose, 3);
      const std::string after = fs.read("dir/state", large).value();
      CAPTURE(n, after);
      if (crashed) CHECK((after == "old" || after == "new text"));
      if (done) CHECK(after == "new text");
      if (!crashed) break;
    }
    CHECK(n == 6);  // create, append, sync, rename, sync of the directory
  }
}
