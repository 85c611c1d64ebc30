// The attacks of a hostile file: an error in little time and room, never a crash.
#include <ctime>

#include "tests/unit/config/support.h"

using namespace plumb;
using namespace plumb::test;

namespace {

std::string repeated(const char* text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

// Of the processor, so that a busy machine changes nothing.
double seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

}  // namespace

TEST_CASE("An alias bomb is refused by its budget") {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int level = 1; level <= 8; ++level) {
    const std::string below = "*a" + std::to_string(level - 1);
    bomb += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [" + below;
    for (int i = 1; i < 9; ++i) bomb.append(", ").append(below);
    bomb += "]\n";
  }
  const double start = seconds();
  CHECK(errors(bomb) == "f.yaml:6:10: aliases make more than 100000 nodes\n");
  CHECK(seconds() - start < 2.0);  // a few milliseconds; sanitizers are slower
}

TEST_CASE("The alias budget counts what it says") {
  YamlOptions options;
  options.max_alias_nodes = 6;
  CHECK(read("a: &x [1, 2]\nb: *x\nc: *x\n", options) == "{a: [1, 2], b: [1, 2], c: [1, 2]}");
  CHECK(errors("a: &x [1, 2]\nb: *x\nc: *x\nd: *x\n", options) == "f.yaml:4:4: aliases make more than 6 nodes\n");
  CHECK(errors("a: &x {k: 1}\nb: [{<<: *x}, {<<: *x}, {<<: *x}, {<<: *x}]\n", options) ==
        "f.yaml:2:40: aliases make more than 6 nodes\n");
}

TEST_CASE("Nesting ends at the limit") {
  const std::string deep = "the document is nested deeper than 100 levels\n";
  CHECK(read(repeated("[", 100) + repeated("]", 100)) == repeated("[", 100) + repeated("]", 100));
  CHECK(errors(repeated("[", 101) + repeated("]", 101)) == "f.yaml:1:101: " + deep);
  for (const char* step : {"[", "{a: ", "- ", "? ", "- - ", "[{a: "}) {
    const double start = seconds();
    CAPTURE(step);
    CHECK(errors(repeated(step, 100'000)).find(deep) != std::string::npos);
    CHECK(seconds() - start < 5.0);
  }
  std::string block;
  for (int i = 0; i < 1000; ++i) block += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  CHECK(errors(block) == "f.yaml:101:101: " + deep);
  // Aliases nest too.
  std::string chain = "a0: &a0 [x]\n";
  for (int i = 1; i < 120; ++i) {
    chain += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
  }
  CHECK(errors(chain).find("aliases nest the document deeper than 100 levels") != std::string::npos);
}

TEST_CASE("Large scalars and many keys cost linear time") {
  const std::string scalar(8U << 20U, 'x');
  const double start = seconds();
  CHECK(read("a: \"" + scalar + "\"\n").size() == scalar.size() + 7);
  CHECK(read("a: '" + repeated("${x} ", 20'000) + "'\n").size() > 80'000);
  std::string keys;
  for (int i = 0; i < 20'000; ++i) keys += "k" + std::to_string(i) + ": v\n";
  CHECK(read(keys).size() > 100'000);
  CHECK(seconds() - start < 30.0);
}
