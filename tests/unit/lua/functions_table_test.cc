// The table of standard functions: every entry documented, every example true, the page as generated.
#include <catch2/catch.hpp>
#include <fstream>
#include <set>
#include <sstream>

#include "engine/lua/function_docs.h"
#include "tests/unit/lua/files_host.h"

namespace plumb {
namespace {

std::string evaluate(const std::string& text) {
  Interpreter interpreter({"var"});
  FilesHost host;
  host.files["motd.txt"] = "Welcome\n";
  host.files["motd.tpl"] = "Welcome, ${upper(name)}\n";
  return host.say(interpreter, text);
}

}  // namespace

TEST_CASE("the table is sorted, complete and short") {
  std::string last;
  for (const FunctionDoc& doc : function_docs()) {
    INFO(doc.name);
    CHECK(last < doc.name);
    last = doc.name;
    CHECK(std::string_view(doc.signature).starts_with(doc.name));
    const std::string_view words(doc.doc);
    CHECK((words.ends_with('.') && words.find('\n') == words.npos && words.size() < 120));
  }
  CHECK(function_docs().size() == Interpreter::function_names().size());
}

TEST_CASE("every function has an example, and it is true") {
  for (const FunctionDoc& doc : function_docs()) {
    INFO(doc.name);
    REQUIRE(std::string_view(doc.example).find(std::string(doc.name)) != std::string_view::npos);
    CHECK(evaluate(doc.example) == doc.result);
  }
}

TEST_CASE("what the page says of Terraform's functions can be evaluated") {
  std::set<std::string> ours;
  for (const FunctionDoc& doc : function_docs()) ours.insert(doc.name);
  std::string last;
  for (const KnownElsewhere& known : functions_elsewhere()) {
    INFO(known.name);
    CHECK(last < known.name);
    last = known.name;
    CHECK((*known.here != '\0' || *known.note != '\0'));
    if (*known.here == '\0') continue;
    const std::string said = evaluate(
        "(function(text, list, entry, path, x, place, size, network, address, bits, number, json, yaml, csv) return " +
        std::string(known.here) +
        " end)('text', {'a', 'b'}, {a = 1}, 'motd.txt', 2, 1, 1, '10.0.0.0/8', '10.0.0.1', 4, 1, '{}', 'a: 1', "
        "'a\\n1')");
    CHECK_THAT(said, !Catch::StartsWith("error"));
  }
}

TEST_CASE("the reference page is what the table gives") {
  std::ifstream in(FUNCTIONS_PAGE);
  std::ostringstream text;
  text << in.rdbuf();
  // `plumb schema functions >engine/FUNCTIONS.md` writes it anew.
  CHECK(text.str() == functions_page());
}

}  // namespace plumb
