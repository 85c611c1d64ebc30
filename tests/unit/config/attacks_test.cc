// The list of bad inputs that the YAML reader must survive, one test each: an error with its place, in little time and
// room, never a crash.
#include <fcntl.h>
#include <malloc.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <new>

#include "tests/unit/config/stack_support.h"

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// Counts what is allocated, to see what an attack costs.
namespace {
std::size_t in_use = 0;
std::size_t peak = 0;
}  // namespace

void* operator new(std::size_t size) {
  void* const block = std::malloc(size == 0 ? 1 : size);
  if (block == nullptr) throw std::bad_alloc();
  in_use += malloc_usable_size(block);
  if (in_use > peak) peak = in_use;
  return block;
}
void operator delete(void* block) noexcept {
  if (block != nullptr) in_use -= malloc_usable_size(block);
  std::free(block);
}
void operator delete(void* block, std::size_t) noexcept { operator delete(block); }

namespace {
std::size_t peak_bytes(const std::function<void()>& work) {
  peak = in_use;
  const std::size_t before = in_use;
  work();
  return peak - before;
}
}  // namespace
#else
namespace {
std::size_t peak_bytes(const std::function<void()>& work) {
  work();
  return 0;
}
}  // namespace
#endif

using namespace plumb;
using namespace plumb::test;

namespace {

// Seconds of the processor.
double cost(const std::function<void()>& work) {
  const std::clock_t start = std::clock();
  work();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

// A constant under `a:` as a value of a type: its text, or the errors.
std::string typed(const std::string& text, const TypePtr& type) {
  Diagnostics diagnostics;
  const Tree tree = read_yaml("a: " + text + "\n", FileName("f.yaml"), diagnostics);
  if (diagnostics.has_errors()) return lines(diagnostics);
  const Value value = constant_value(tree.entries.at(0).value, *type, diagnostics);
  return diagnostics.has_errors() ? lines(diagnostics) : value.debug();
}

}  // namespace

TEST_CASE("Attack 1: an alias bomb") {
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n";
  for (int level = 1; level <= 8; ++level) {
    const std::string below = "*a" + std::to_string(level - 1) + " ";
    bomb += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [" + below;
    for (int i = 1; i < 9; ++i) bomb += "," + below;
    bomb += "]\n";
  }
  CHECK(bomb.size() < 500);
  std::size_t room = 0;
  const double time = cost(
      [&] { room = peak_bytes([&] { CHECK(errors(bomb) == "f.yaml:6:10: aliases make more than 100000 nodes\n"); }); });
  CHECK(room < 20U << 20U);
  CHECK(time < 2.0);  // 20 ms in a release build; sanitizers are slower
}

TEST_CASE("Attack 2: an anchor that contains itself") {
  CHECK(errors("a: &x [1, *x]\n") == "f.yaml:1:11: the anchor contains itself\n");
  CHECK(errors("a: &x\n  b: { c: [*x] }\n") == "f.yaml:2:12: the anchor contains itself\n");
  CHECK(errors("&x { a: *x }\n") == "f.yaml:1:9: the anchor contains itself\n");
  CHECK(errors("a: &x { <<: *x }\n") == "f.yaml:1:13: the anchor contains itself\n");
}

TEST_CASE("Attack 3: nesting without end") {
  std::size_t room = 0;
  const double time = cost([&] {
    room = peak_bytes([] {
      CHECK(errors(std::string(100'000, '[')) == "f.yaml:1:51: the document is nested deeper than 100 levels\n");
    });
  });
  CHECK(room < 64U << 20U);
  CHECK(time < 5.0);
}

TEST_CASE("Attack 4: a key given twice") {
  CHECK(errors("a: 1\nb: 2\na: 3\n") == "f.yaml:3:1: the key \"a\" is given twice in one map, first at f.yaml:1:1\n");
  CHECK(errors("a: 1\n\"a\": 3\n") == "f.yaml:2:2: the key \"a\" is given twice in one map, first at f.yaml:1:1\n");
  CHECK(errors("x: [{ y: { a: 1,\n  'a': 2 } }]\n") ==
        "f.yaml:2:4: the key \"a\" is given twice in one map, first at f.yaml:1:12\n");
  CHECK(errors("b: &b { k: 1,\n  k: 2 }\nc: { <<: *b }\nd: *b\n") ==
        "f.yaml:2:3: the key \"k\" is given twice in one map, first at f.yaml:1:9\n");
  CHECK(errors("b: &b { k: 1 }\nc:\n  <<: *b\n  <<: *b\n") ==
        "f.yaml:4:3: the key \"<<\" is given twice in one map, first at f.yaml:3:3\n");
  // What a merge brings stands back behind what is written: that is what merging is for.
  CHECK(read("b: &b { k: 1 }\nc: { <<: *b, k: 2 }\n") == "{b: {k: 1}, c: {k: 2}}");
}

TEST_CASE("Attack 5: texts that YAML 1.1 took for booleans") {
  for (const char* text : {"NO", "on", "y", "Yes", "off", "n", "=", "push"}) {
    CAPTURE(text);
    CHECK(typed(text, any_type()) == '"' + std::string(text) + '"');
    CHECK(typed(text, bool_type()).find("f.yaml:1:4: ") == 0);
  }
  CHECK(read("on: push\ny: 1\n") == "{on: push, y: 1}");
}

TEST_CASE("Attack 6: numbers that are none") {
  CHECK(typed("010", any_type()) == "10");  // decimal
  CHECK(typed("1e3", any_type()) == "1000");
  CHECK(typed("0x1F", any_type()) == "31");
  CHECK(typed("0o17", any_type()) == "15");
  CHECK(typed("1_000", any_type()) == "\"1_000\"");
  CHECK(typed("12:30:00", any_type()) == "\"12:30:00\"");
  CHECK(typed("0b11", any_type()) == "\"0b11\"");
  CHECK(typed(".inf", any_type()) == "f.yaml:1:4: .inf is not a finite number\n");
  CHECK(typed(".NaN", any_type()) == "f.yaml:1:4: .NaN is not a finite number\n");
  for (const char* text : {"1_000", "12:30:00", "0b11", "'7'", "true", "1.5"}) {
    CAPTURE(text);
    CHECK(typed(text, integer_type()).find("f.yaml:1:") == 0);
  }
  CHECK(typed("1", bool_type()).find("f.yaml:1:4: ") == 0);
}

TEST_CASE("Attack 7: a version that looks like a number") {
  // Kept as it was written, which is what was meant.
  CHECK(typed("1.10", string_type()) == "\"1.10\"");
  CHECK(typed("010", string_type()) == "\"010\"");
  CHECK(typed("1e3", enum_type({"1e3"})) == "\"1e3\"");
}

TEST_CASE("Attack 8: bytes that hide") {
  CHECK(read("\xef\xbb\xbf"
             "a: 1\n") == "{a: 1}");
  CHECK(errors("a:\n\tb: 1\n") == "f.yaml:2:3: a tab cannot indent\n");
  CHECK(errors(std::string("\xff\xfe"
                           "a\0:\0 \0"
                           "1\0",
                           10)) == "f.yaml: the file is UTF-16, not UTF-8\n");
  CHECK(errors(std::string("\xfe\xff\0a\0:", 6)) == "f.yaml: the file is UTF-16, not UTF-8\n");
  CHECK(errors(std::string("abc: x\0y\n", 9)) == "f.yaml:1:7: the control byte 0x00 may not stand in YAML\n");
  CHECK(errors("a: \x1b[2J\n") == "f.yaml:1:4: the control byte 0x1b may not stand in YAML\n");
  CHECK(errors("a: 1\nb: \xc3(\n") == "f.yaml:2:4: the byte 0xc3 is not valid UTF-8\n");
  CHECK(errors("a: \xed\xa0\x80\n").find("is not valid UTF-8") != std::string::npos);  // a surrogate
  CHECK(errors("a: \xc0\x80\n") == "f.yaml:1:4: the byte 0xc0 is not valid UTF-8\n");  // a NUL in two bytes
  CHECK(errors("a: 1\rb: 2\n").find("f.yaml:1:5: the control byte 0x0d") == 0);
  CHECK(errors("ad\xe2\x80\xaemin: 1\n").find("f.yaml:1:1: the key \"ad\\u202emin\" holds control characters") == 0);
  CHECK(errors("\"a\\nb\": 1\n").find("holds control characters") != std::string::npos);
  CHECK(load_errors("resources: { a.b.\xd0\xb0pp: {} }\n").find("plumb.yaml:1:14: ") == 0);  // a Cyrillic letter
}

TEST_CASE("Attack 9: tags") {
  CHECK(errors("a: !!python/object:os.system x\n") == "f.yaml:1:4: unknown tag `!!python/object:os.system`\n");
  CHECK(errors("a: !include ../x\n") == "f.yaml:1:4: unknown tag `!include`\n");
  CHECK(errors("a: !<tag:example.com,2000:x> [1]\n").find("f.yaml:1:4: unknown tag `") == 0);
  CHECK(errors("%TAG ! tag:yaml.org,2002:\n---\na: !binary aGk=\n").find("unknown tag `!!binary`") !=
        std::string::npos);
  CHECK(errors("a: !!int x\n") == "f.yaml:1:4: the value does not fit its tag `!!int`\n");
}

TEST_CASE("Attack 10: files that are too large, or none") {
  namespace stdfs = std::filesystem;
  char name[] = "/tmp/plumb-config-XXXXXX";
  REQUIRE(::mkdtemp(name) != nullptr);
  const stdfs::path base = name;
  const std::string file = (base / "plumb.yaml").string();
  const auto errors_here = [&] {
    Diagnostics diagnostics;
    static_cast<void>(load_stack(base.string(), real_file_system(), diagnostics));
    return lines(diagnostics);
  };
  const std::string too_large = "plumb.yaml: cannot read " + file + ": it is larger than 16777216 bytes\n";
  const std::string not_regular = "plumb.yaml: cannot read " + file + ": it is not a regular file\n";

  std::ofstream(file) << "";
  stdfs::resize_file(file, 1U << 30U);  // a hole of 1 GB
  std::size_t room = peak_bytes([&] { CHECK(errors_here() == too_large); });
  CHECK(room < 80U << 20U);
  std::ofstream(file) << "a: '" << std::string(50'000'000, 'x') << "'\n";
  room = peak_bytes([&] { CHECK(errors_here() == too_large); });
  CHECK(room < 80U << 20U);

  stdfs::remove(file);
  REQUIRE(::mkfifo(file.c_str(), 0600) == 0);  // nobody writes: a reader would wait for ever
  CHECK(errors_here() == not_regular);
  stdfs::remove(file);
  stdfs::create_directory(file);
  CHECK(errors_here() == not_regular);
  stdfs::remove(file);
  stdfs::create_symlink("/dev/zero", file);
  CHECK(errors_here() == "plumb.yaml: `plumb.yaml` leads out of the project\n");
  stdfs::remove(file);

  // The same where a module, or an included file, is such a thing.
  std::ofstream(file) << "include: fifo.yaml\nmodules: { m: { source: m }, n: { source: n } }\n";
  REQUIRE(::mkfifo((base / "fifo.yaml").c_str(), 0600) == 0);
  stdfs::create_directories(base / "m/module.yaml");
  stdfs::create_directory(base / "n");
  std::ofstream(base / "n/module.yaml") << "";
  stdfs::resize_file(base / "n/module.yaml", 1U << 30U);
  const std::string found = errors_here();
  CHECK(found.find("/n/module.yaml: it is larger than 16777216 bytes\n") != std::string::npos);
  CHECK(found.find("/m/module.yaml: it is not a regular file\n") != std::string::npos);
  CHECK(found.find("plumb.yaml:1:10: cannot read " + (base / "fifo.yaml").string() + ": it is not a regular file\n") !=
        std::string::npos);
  stdfs::remove_all(base);
}

TEST_CASE("Attack 11: numbers out of range") {
  const std::string range =
      " is out of range: integers have 64 bits, from -9223372036854775808 to 9223372036854775807\n";
  CHECK(typed("9223372036854775807", any_type()) == "9223372036854775807");
  CHECK(typed("-9223372036854775808", any_type()) == "-9223372036854775808");
  CHECK(typed("9223372036854775808", any_type()) == "f.yaml:1:4: 9223372036854775808" + range);
  CHECK(typed("18446744073709551616", integer_type()) == "f.yaml:1:4: 18446744073709551616" + range);
  CHECK(typed("-9223372036854775809", any_type()) == "f.yaml:1:4: -9223372036854775809" + range);
  CHECK(typed("0xFFFFFFFFFFFFFFFF", any_type()) == "f.yaml:1:4: 0xFFFFFFFFFFFFFFFF" + range);
  CHECK(typed("-0", any_type()) == "0");
  CHECK(typed("1e400", any_type()) == "f.yaml:1:4: 1e400 is out of range of a number\n");
  CHECK(typed("-1e400", number_type()) == "f.yaml:1:4: -1e400 is out of range of a number\n");
  CHECK(typed("1e400", string_type()) == "\"1e400\"");
  CHECK(typed("9223372036854775808.0", integer_type()).find("f.yaml:1:4: ") == 0);  // whole, and one too large
}
