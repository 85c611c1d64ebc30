#include "tests/support/memory_file_system.h"

#include <catch2/catch.hpp>

using namespace plumb;
using test::MemoryFileSystem;
using Lose = MemoryFileSystem::Lose;

namespace {

std::unique_ptr<AppendFile> opened(MemoryFileSystem& fs, const std::string& path) {
  return fs.open_append(path, 0600).value();
}

}  // namespace

TEST_CASE("the memory file system behaves as the real one") {
  MemoryFileSystem fs;
  CHECK_FALSE(fs.open_append("dir/file", 0600).has_value());
  REQUIRE(fs.make_directories("dir/sub", 0700).has_value());
  const auto file = opened(fs, "dir/file");
  REQUIRE(file->append("text").has_value());
  CHECK(fs.read("./dir//file", 4).value() == "text");
  CHECK_FALSE(fs.read("dir/file", 3).has_value());
  CHECK_FALSE(fs.read("dir", 100).has_value());
  CHECK_FALSE(fs.create_new("dir/file", 0600).has_value());
  CHECK(fs.list("dir").value() == std::vector<std::string>{"file", "sub"});
  CHECK(fs.info("dir/file").value()->inode == file->inode());
  CHECK_FALSE(fs.info("dir/none").value().has_value());
  REQUIRE(fs.rename("dir/file", "dir/sub/file").has_value());
  REQUIRE(file->append(" more").has_value());
  CHECK(fs.get("dir/sub/file") == "text more");
  REQUIRE(fs.truncate("dir/sub/file", 2).has_value());
  CHECK(fs.get("dir/sub/file") == "te");
  REQUIRE(fs.remove("dir/sub/file").has_value());
  REQUIRE(fs.remove("dir/sub/file").has_value());
  CHECK(fs.paths().empty());
}

TEST_CASE("power loss drops bytes and names that were not synced") {
  MemoryFileSystem fs;
  fs.put("dir/kept", "old");
  fs.put("dir/gone", "x");
  REQUIRE(opened(fs, "dir/kept")->append(" unsynced").has_value());
  REQUIRE(fs.remove("dir/gone").has_value());
  const auto fresh = opened(fs, "dir/fresh");
  REQUIRE(fresh->append("synced").has_value());
  REQUIRE(fresh->sync().has_value());
  fs.reboot(Lose::unsynced);
  CHECK(fs.get("dir/kept") == "old");
  CHECK(fs.get("dir/gone") == "x");
  CHECK_FALSE(fs.get("dir/fresh").has_value());
  CHECK_FALSE(fresh->append("after the crash").has_value());
}

TEST_CASE("a synced directory keeps its names, a synced file its bytes") {
  MemoryFileSystem fs;
  fs.put("dir/a", "a");
  const auto file = opened(fs, "dir/b");
  REQUIRE(file->append("bytes").has_value());
  REQUIRE(file->sync().has_value());
  REQUIRE(file->append(" tail").has_value());
  REQUIRE(fs.rename("dir/a", "dir/c").has_value());
  REQUIRE(fs.sync_directory("dir").has_value());
  fs.reboot(Lose::unsynced, 2);
  CHECK(fs.paths() == std::vector<std::string>{"dir/b", "dir/c"});
  CHECK(fs.get("dir/b") == "bytes t");
}

TEST_CASE("a killed process loses nothing that it wrote") {
  MemoryFileSystem fs;
  REQUIRE(opened(fs, "file")->append("unsynced").has_value());
  fs.reboot(Lose::nothing);
  CHECK(fs.get("file") == "unsynced");
}

TEST_CASE("calls fail as told") {
  MemoryFileSystem fs;
  fs.fail_at(2, MemoryFileSystem::disk_full(), 3);
  const auto file = opened(fs, "file");
  CHECK(file->append("abcdef").error().message.find("No space") != std::string::npos);
  CHECK(file->append("ghi").has_value());
  CHECK(fs.get("file") == "abcghi");
  fs.fail_next("sync file", MemoryFileSystem::disk_full());
  CHECK(fs.read("file", 10).has_value());
  CHECK_FALSE(file->sync().has_value());
  CHECK(file->sync().has_value());
  CHECK(fs.calls() == 6);
  CHECK(fs.history().front() == "open_append file");
}

TEST_CASE("after a crash every call fails, until the reboot") {
  MemoryFileSystem fs;
  const auto file = opened(fs, "file");
  fs.crash_at(2, 1);
  CHECK_FALSE(fs.crashed());
  CHECK_FALSE(file->append("abc").has_value());
  CHECK(fs.crashed());
  CHECK_FALSE(file->append("abc").has_value());
  CHECK_FALSE(fs.read("file", 10).has_value());
  CHECK_FALSE(fs.make_directories("x", 0700).has_value());
  fs.reboot(Lose::nothing);
  CHECK(fs.read("file", 10).value() == "a");
  CHECK_FALSE(fs.info("x").value().has_value());
}
