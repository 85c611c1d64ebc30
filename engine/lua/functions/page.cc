// The reference page, in Markdown.
#include <array>

#include "engine/lua/function_docs.h"

namespace plumb {
namespace {

struct Family {
  FunctionFamily family;
  const char* title;
  const char* about;
};

constexpr std::array families{
    Family{FunctionFamily::text, "Text",
           "Lua's own methods are there too: `text:gsub(pattern, to)`, `text:rep(3)`, `#text`, `..`. Case is that of "
           "ASCII, so that a plan does not depend on a locale."},
    Family{FunctionFamily::numbers, "Numbers",
           "Lua's `math` has the rest: `abs ceil floor fmod sqrt log exp tointeger` and more, but no `random`."},
    Family{FunctionFamily::collections, "Lists and maps",
           "Each gives a new list or map. Places count from 1. Maps are always walked in the order of their keys."},
    Family{FunctionFamily::logic, "Null, errors and marks",
           "`try`, `can` and `nonsensitive` run their arguments themselves, so write them with parentheses."},
    Family{FunctionFamily::conversion, "Conversion", nullptr},
    Family{FunctionFamily::encoding, "Encodings", nullptr},
    Family{FunctionFamily::hashes, "Hashes",
           "MD5 and SHA-1 are broken and left out. What draws randomness is a resource (`random.password`, "
           "`random.uuid`), not a function."},
    Family{FunctionFamily::networks, "Networks",
           "IPv4 and IPv6. Bits of an address behind the prefix are taken as 0: `10.1.2.3/8` is `10.0.0.0/8`."},
    Family{FunctionFamily::files, "Files and templates",
           "Paths start at the folder of the file that holds the expression, and stay inside of the project. What is "
           "read is part of the plan; so a path may not come from a sensitive value. In a template `${...}` holds an "
           "expression, `$${` is a literal `${`, and nothing of the stack is in scope but what is passed; the examples "
           "have a `motd.txt` and a `motd.tpl` with `Welcome, ${upper(name)}` next to them."},
};

constexpr const char* head = R"(# Standard functions

Every `${...}` may use these, and Lua's `string`, `table`, `math` and `utf8`. This page is generated from the table in
`engine/lua/functions/table.cc` by `plumb schema functions`; a test runs every example.

- A result that was made from a sensitive value is sensitive.
- What is not known yet ends the evaluation, whose result is then not known; functions that look at no item (`length`,
  `keys`, `slice`, `reverse`, ...) work on lists and maps with such items in them.
- A wrong argument is an error that names the function, the argument's number, what was expected and what came.
- Everything costs steps and memory of the expression's budget, and nothing depends on time, place or chance.
)";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

void add_function(const FunctionDoc& doc, std::string& page) {
  page += "\n### " + std::string(doc.name) + "\n`" + doc.signature + "`<br>\n" + doc.doc + "\n```lua\n" + doc.example +
          "  --> " + doc.result + "\n```\n";
}

}  // namespace

std::string functions_page() {
  const std::vector<FunctionDoc> docs = function_docs();
  std::string page = head;
  for (const Family& family : families) {
    page += std::string("\n## ") + family.title + "\n";
    if (family.about != nullptr) page += std::string(family.about) + "\n";
    for (const FunctionDoc& doc : docs) {
      if (doc.family == family.family) add_function(doc, page);
    }
  }
  page +=
      "\n## Coming from Terraform\nFunctions of the same name and meaning are left out.\n\n"
      "| Terraform | here | |\n|---|---|---|\n";
  for (const KnownElsewhere& known : functions_elsewhere()) {
    const std::string here = *known.here == '\0' ? "-" : "`" + escaped(known.here) + "`";
    page += std::string("| `") + known.name + "` | " + here + " | " + escaped(known.note) + " |\n";
  }
  return page;
}

}  // namespace plumb
