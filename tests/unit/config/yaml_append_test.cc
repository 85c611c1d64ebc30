#include "engine/config/yaml_append.h"

#include "tests/unit/config/support.h"

namespace plumb {
namespace {

std::string added(std::string_view document, const std::string& key = "fake.thing.new") {
  const auto out = append_resource(document, FileName("f.yaml"), [&](std::size_t indent) {
    const std::string blanks(indent, ' ');
    return blanks + key + ":\n" + blanks + "  name: n\n";
  });
  return out.has_value() ? *out : out.error().pos.str() + ": " + out.error().message;
}

TEST_CASE("a block is added where a document ends with its resources") {
  CHECK(added("") == "resources:\n  fake.thing.new:\n    name: n\n");
  CHECK(added("resources:\n") == "resources:\n  fake.thing.new:\n    name: n\n");
  CHECK(added("resources:\n    a.b.c: {}\n") == "resources:\n    a.b.c: {}\n    fake.thing.new:\n      name: n\n");
  CHECK(added("stack: s\nresources:\n  a.b.c:\n    x: 1") ==
        "stack: s\nresources:\n  a.b.c:\n    x: 1\n  fake.thing.new:\n    name: n\n");
  CHECK(added("stack: s\n# end\n") == "stack: s\n# end\nresources:\n  fake.thing.new:\n    name: n\n");
  CHECK(added("resources:\n  a.b.c:\n    x: |\n      text\n  # end\n") ==
        "resources:\n  a.b.c:\n    x: |\n      text\n  # end\n  fake.thing.new:\n    name: n\n");
}

TEST_CASE("what cannot be extended safely is left alone") {
  CHECK(added("resources:\n  a.b.c: {}\noutputs: {}\n") ==
        "f.yaml:3:1: `resources:` is not the last key: `outputs` comes after it");
  const std::string no_line = "no line can be added at the end of this document";
  CHECK(added("resources: {}\n") == "f.yaml:1:1: " + no_line);
  CHECK(added("resources: {a.b.c: {}}\n") == "f.yaml:1:1: " + no_line);
  CHECK(added("{stack: s}\n") == "f.yaml: " + no_line);
  CHECK(added("resources:\n  a.b.c: {}\n...\n") == "f.yaml:1:1: " + no_line);
  CHECK(added("resources:\n  fake.thing.new: {}\n") == "f.yaml:1:1: " + no_line);
  // A last line without its end would gain one.
  CHECK(added("resources:\n  a.b.c:\n    x: |\n      text") == "f.yaml:1:1: " + no_line);
  CHECK(added("- a\n") == "f.yaml:1:1: the document is not a map");
  CHECK(added("a: [\n").starts_with("f.yaml:"));
}

}  // namespace
}  // namespace plumb
