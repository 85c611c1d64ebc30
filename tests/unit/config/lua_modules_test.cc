// Modules in Lua: their variables, and the documents that their scripts build.
#include <chrono>

#include "tests/unit/config/stack_support.h"

using namespace plumb;
using namespace plumb::test;

namespace {

// A stack that calls modules/m, whose script is the text.
class Script {
 public:
  explicit Script(const std::string& text, const std::string& inputs = "{}") {
    fs.put("/p/s/plumb.yaml", "modules: { m: { source: modules/m, inputs: " + inputs + " } }\n");
    fs.put("/p/s/modules/m/module.lua", text);
    fs.put("/p/s/modules/n/module.yaml", "variables: { x: { default: 1 } }\nlocals: { l: 1 }\n");
  }

  bool load() {
    stack = load_stack("/p/s", fs, diagnostics);
    return !diagnostics.has_errors();
  }
  std::string load_errors() {
    load();
    return lines(diagnostics);
  }
  const Document* build(ValueMap inputs = {}) {
    if (!load()) return nullptr;
    return again(std::move(inputs));
  }
  const Document* again(ValueMap inputs) {
    return stack.modules_loader->build(*stack.modules.at(0).loaded, Value(std::move(inputs)), "module.m[\"eu\"]",
                                       diagnostics);
  }
  std::string build_errors(ValueMap inputs = {}) {
    const Document* const document = build(std::move(inputs));
    CHECK((document == nullptr) == diagnostics.has_errors());
    return lines(diagnostics);
  }

  MemoryFileSystem fs;
  StackConfig stack;
  Diagnostics diagnostics;
};

std::string variables(const std::string& table) {
  return "return {\n  variables = {\n    " + table + "\n  },\n  build = function(input)\n    return {}\n  end }\n";
}

// A script whose build returns this; it begins in line 1.
std::string returns(const std::string& expression) {
  return "return { build = function(input) return " + expression + " end }";
}

std::string built_errors(const std::string& expression, ValueMap inputs = {}) {
  return Script(returns(expression)).build_errors(std::move(inputs));
}

// What build_errors() begins with.
const std::string at = "modules/m/module.lua:1: module.m[\"eu\"]: ";

}  // namespace

TEST_CASE("A script declares variables") {
  Script script(variables("plan = { type = 'string', description = 'which' },\n"
                          "    seats = { type = 'map(integer)', default = { a = 1 } },\n"
                          "    token = { type = 'string', sensitive = true, opaque = true }"),
                "{ plan: a, token: \"${x}\" }");
  REQUIRE(script.load());
  const ModuleSource& module = *script.stack.modules[0].loaded;
  CHECK(module.is_lua());
  CHECK(module.path == "modules/m/module.lua");
  REQUIRE(module.document.variables.size() == 3);  // in order of their names
  const VariableBlock& plan = module.document.variables[0];
  CHECK((plan.name == "plan" && plan.description == "which" && !plan.opaque && !plan.default_value));
  CHECK(plan.pos.str() == "modules/m/module.lua:3");
  CHECK(module.document.variables[1].type->str() == "map(integer)");
  CHECK(shown(*module.document.variables[1].default_value) == "{a: 1}");
  CHECK((module.document.variables[2].opaque && module.document.variables[2].sensitive));
  REQUIRE(script.stack.modules_loader->files().size() == 1);
  CHECK(script.stack.modules_loader->files()[0].path == "modules/m/module.lua");
}

TEST_CASE("A script's variables are checked") {
  const auto with = [](const std::string& table) { return Script(variables(table)).load_errors(); };
  const std::string line = "modules/m/module.lua:3: ";
  CHECK(with("a = { type = 'strin', default = 1 }").find(line + "variables.a: ") == 0);
  CHECK(with("a = { typ = 'string', default = 1 }") ==
        line + "variables.a: unknown key `typ` in a variable (did you mean \"type\"?)\n");
  CHECK(with("a = { default = '${x}' }") == line + "variables.a: a default may hold no expression\n");
  CHECK(with("a = { validation = { { condition = true, message = 'm' } }, default = 1 }") ==
        line + "variables.a: a script's variables have no `validation`\n");
  CHECK(with("a = { sensitive = true, default = 'x' }") ==
        line + "variables.a: the sensitive variable `a` is not opaque: the script may not look into it\n");
  CHECK(with("a = { type = 'object({ p: sensitive(string) })', default = { p = 'x' } }") ==
        line + "variables.a: the sensitive variable `a` is not opaque: the script may not look into it\n");
  CHECK(with("a = { opaque = 'yes', default = 1 }") == line + "variables.a: `opaque` must be true or false\n");
  CHECK(with("['end'] = { default = 1 }").find("variables.end: ") != std::string::npos);
  CHECK(with("a = {}") == "plumb.yaml:1:12: the module `m` needs the input `a`\n");
}

TEST_CASE("A script that cannot be loaded is an error in it") {
  CHECK(Script("return {").load_errors().find("modules/m/module.lua:1: ") == 0);
  CHECK(Script("return { build = 1 }").load_errors() ==
        "modules/m/module.lua:1: `build` must be a function, not a number\n");
  CHECK(Script("\x1bLua").load_errors().find("modules/m/module.lua: the script is compiled code") == 0);
}

TEST_CASE("A built document is a document") {
  Script script(R"lua(return {
  variables = { plan = { type = 'string' }, token = { opaque = true } },
  build = function(input)
    return {
      resources = {
        ['a.b.c'] = { name = 'app-' .. input.plan, password = input.token, n = 1.5, i = 7, t = true, list = {1, 'x'},
                      dsn = 'x ${a.b.d.name} y', depends_on = { 'a.b.d' }, lifecycle = { prevent_destroy = true },
                      text = '7', literal = '$${x}' },
        ['a.b.d'] = {},
      },
      data = { ['a.b.e'] = { name = 'welcome' } },
      locals = { l = 1 },
      modules = { inner = { source = '../n', inputs = { x = '${locals.l}' } } },
      outputs = { o = { value = '${locals.l}', sensitive = true } },
      moved = { { from = 'a.b.x', to = 'a.b.y' } },
      checks = {}, removed = {}, import = {},
    }
  end,
})lua",
                "{ plan: big, token: t }");
  const Document* const document = script.build({{"plan", "big"}});
  INFO(lines(script.diagnostics));
  REQUIRE(document != nullptr);
  REQUIRE(document->resources.size() == 2);
  const ResourceBlock& c = document->resources[0];
  CHECK(c.pos.str() == "modules/m/module.lua:3");
  CHECK(c.lifecycle.prevent_destroy.has_value());
  CHECK(c.depends_on->items.size() == 1);
  std::string attributes;
  for (const AttributeEntry& attribute : c.attributes)
    attributes += attribute.name + ": " + shown(attribute.value) + "\n";
  CHECK(attributes ==
        "dsn: <x >${a.b.d.name}< y>\ni: 7\nlist: [1, \"x\"]\nliteral: \"${x}\"\nn: 1.5\nname: \"app-big\"\n"
        "password: ${var.token}\nt: true\ntext: \"7\"\n");
  CHECK(document->data[0].attributes[0].value.text == "welcome");
  CHECK(document->outputs[0].sensitive);
  REQUIRE(document->modules.size() == 1);
  CHECK(document->modules[0].loaded->document.locals.size() == 1);
  CHECK(document->moved.size() == 1);
  const std::vector<FileRead> files = script.stack.modules_loader->files();
  REQUIRE(files.size() == 2);
  CHECK(files[1].path == "modules/n/module.yaml");
  // Another call, another document; the first one stays.
  const Document* const other = script.again({{"plan", "small"}});
  REQUIRE(other != nullptr);
  CHECK(other != document);
  CHECK(shown(other->resources[0].attributes[5].value) == "\"app-small\"");
  CHECK(shown(c.attributes[5].value) == "\"app-big\"");
}

TEST_CASE("What a script builds is checked like a file") {
  CHECK(built_errors("{ resource = {} }") ==
        at + "unknown key `resource` at the top level (did you mean \"resources\"?)\n");
  CHECK(built_errors("{ variables = {} }") == at + "`variables` may not stand in what a module's script builds\n");
  CHECK(built_errors("{ providers = {} }") == at + "`providers` may not stand in what a module's script builds\n");
  CHECK(built_errors("{ include = 'x.yaml' }") == at + "`include` may not stand in what a module's script builds\n");
  CHECK(built_errors("{ resources = { { name = 'x' } } }") ==
        at + "`resources` must be a map of addresses to resources\n");
  CHECK(built_errors("{ resources = { ['a.b.c'] = { provider = 5, depends_on = 'x' }, ['a.b'] = {} } }") ==
        at + "resources.a.b.c: `depends_on` must be a list of addresses\n" + at +
            "resources.a.b: the address \"a.b\" cannot be read at column 4: expected `.` and the resource's name\n");
  CHECK(built_errors("{ outputs = { o = 1 } }") == at + "outputs.o: the output `o` must be a map with `value`\n");
  CHECK(built_errors("{ moved = { { from = 'a.b.c' } } }") == at + "moved: a move needs `from` and `to`\n");
  CHECK(built_errors("{ locals = { l = 'x ${' } }") == at + "locals.l: the expression has no end\n");
  CHECK(built_errors("{ locals = { l = { ['${x}'] = 1 } } }") ==
        at + "locals.l[\"${x}\"]: a key cannot hold an expression\n");
  CHECK(built_errors("{ modules = { x = { source = '../nn' } } }") ==
        at + "there is no folder `../nn` (did you mean \"n\"?)\n");
  CHECK(built_errors("{ modules = { x = { source = '../n', inputs = { y = 1 } } } }") ==
        at + "the module `x` takes no input `y` (did you mean \"x\"?)\n");
  CHECK(built_errors("{ modules = { x = { source = '../../../..' } } }") ==
        at + "the source `../../../..` leads out of the project\n");
  CHECK(built_errors("5").find(at + "`build` must return a table") == 0);
  CHECK(built_errors("error('no plan')").find(at + "no plan") == 0);
  CHECK(built_errors("{}").empty());
}

TEST_CASE("A script's calls may not lead back to it") {
  CHECK(built_errors("{ modules = { x = { source = '.' } } }") ==
        at + "the module calls itself: modules/m -> modules/m\n");
  Script script(returns("{ modules = { x = { source = '../k' } } }"));
  script.fs.put("/p/s/modules/k/module.yaml", "modules: { m: { source: ../m } }\n");
  CHECK(script.build_errors() ==
        "modules/k/module.yaml:1:25: module.m[\"eu\"]: the module calls itself: modules/k -> modules/m -> modules/k\n");
}

TEST_CASE("A text that would become an expression is not given to a script") {
  const std::string text =
      "return { variables = { a = { default = '' }, o = { opaque = true, default = '' } },\n"
      "  build = function(input) return { locals = { l = input.a } } end }";
  const std::string refused =
      "modules/m/module.lua:1: module.m[\"eu\"]: input `a` holds `${`, which the module's text would take for an "
      "expression\n";
  CHECK(Script(text).build_errors({{"a", "x ${var.secret}"}}) == refused);
  CHECK(Script(text).build_errors({{"a", Value(Value::List{Value(ValueMap{{"k", "$${x}"}})})}}) == refused);
  CHECK(Script(text).build_errors({{"a", Value(ValueMap{{"${k}", 1}})}}) == refused);
  CHECK(Script(text).build_errors({{"a", "costs $ {5}"}}).empty());
}

TEST_CASE("Ten thousand resources are built in linear time") {
  Script script(R"lua(return { build = function(input)
  local out = {}
  for i = 1, 10000 do
    out['a.b.r' .. i] = { name = 'r' .. i, owner = '${a.b.owner.name}', size = i, labels = { team = 'x', n = i } }
  end
  return { resources = out }
end })lua");
  REQUIRE(script.load());
  const auto start = std::chrono::steady_clock::now();
  const Document* const document = script.again({});
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  REQUIRE(document != nullptr);
  CHECK(document->resources.size() == 10'000);
  INFO("built in " << seconds << " s");
  CHECK(seconds < 20.0);  // under 0.3 s in a release build; without optimisation, with sanitizers or beside others more
}
