// Every kind of block beside variables, resources and outputs: what it takes, and what it refuses where.
#include "engine/config/timeout.h"
#include "tests/unit/config/stack_support.h"

using namespace plumb;
using namespace plumb::test;

TEST_CASE("Data sources are blocks like resources") {
  const Loaded loaded = load(R"yaml(data:
  postgres.role.owner:
    for_each: [a, b]
    when: ${true}
    provider: analytics
    depends_on: [module.billing, postgres.role.app, data.postgres.role.other, 'module.x["k"].a.b.c']
    timeouts: { read: 1h30m }
    lifecycle:
      precondition: [{ condition: "${true}", message: never }]
      postcondition: [{ condition: "${self.login}", message: "no login: ${self.name}" }]
    name: owner_${each.key}
)yaml");
  INFO(lines(loaded.diagnostics));
  REQUIRE(loaded.diagnostics.empty());
  CHECK(loaded.stack.resources.empty());
  REQUIRE(loaded.stack.data.size() == 1);
  const ResourceBlock& block = loaded.stack.data[0];
  CHECK(block.address.data);
  CHECK(block.address.str() == "data.postgres.role.owner");
  CHECK(block.pos.str() == "plumb.yaml:2:3");
  CHECK((block.for_each && block.when && block.provider == "analytics"));
  CHECK(block.depends_on->items.size() == 4);
  CHECK(block.timeouts.read->text == "1h30m");
  CHECK(block.lifecycle.precondition.size() == 1);
  CHECK(block.lifecycle.postcondition[0].condition.pieces[0].text == "self.login");
  REQUIRE(block.attributes.size() == 1);
  CHECK(block.attributes[0].name == "name");
}

TEST_CASE("Data sources take only what reading needs") {
  const auto with = [](const std::string& line) { return load_errors("data:\n  a.b.c:\n    " + line + "\n"); };
  CHECK(with("hold: true") == "plumb.yaml:3:5: a data source has no `hold`: it is only read\n");
  CHECK(with("lifecycle: { prevent_destroy: true }") ==
        "plumb.yaml:3:18: unknown key `prevent_destroy` in the `lifecycle` of a data source\n");
  CHECK(with("lifecycle: { postconditions: [] }") ==
        "plumb.yaml:3:18: unknown key `postconditions` in the `lifecycle` of a data source (did you mean "
        "\"postcondition\"?)\n");
  CHECK(with("timeouts: { create: 5m }") ==
        "plumb.yaml:3:17: unknown key `create` in the `timeouts` of a data source\n");
  CHECK(load_errors("data:\n  data.a.b.c: {}\n") ==
        "plumb.yaml:2:3: a data source's key is its type and name, as `postgres.role.app`\n");
  CHECK(load_errors("resources:\n  data.a.b.c: {}\n") ==
        "plumb.yaml:2:3: a resource's key is its type and name, as `postgres.role.app`\n");
  CHECK(load_errors("data:\n  a.b: {}\n").find("plumb.yaml:2:3: the address \"a.b\" cannot be read") == 0);
  CHECK(load_errors("data: [1]\n") == "plumb.yaml:1:7: `data` must be a map of addresses to data sources\n");
  // A data source and a resource may have one name.
  CHECK(load_errors("data: { a.b.c: {} }\nresources: { a.b.c: {} }\n").empty());
}

TEST_CASE("The whole lifecycle is read") {
  const Loaded loaded = load(R"yaml(resources:
  a.b.c:
    hold: until the audit is over
    timeouts: { create: 90s, update: 5m, delete: "${var.x}", read: 30 }
    lifecycle:
      create_before_destroy: true
      replace_when: ["${a.b.d.id}", 3]
      precondition:
        - { condition: "${var.x > 1}", message: "x is ${var.x}" }
        - { condition: "${var.y}", message: no y }
  a.b.d:
    hold: ${var.frozen}
    lifecycle: { replace_when: "${var.version}" }
  a.b.e: { hold: false, lifecycle: { replace_when: null } }
)yaml");
  INFO(lines(loaded.diagnostics));
  REQUIRE(loaded.diagnostics.empty());
  const ResourceBlock& c = loaded.stack.resources[0];
  CHECK(c.hold->text == "until the audit is over");
  CHECK((c.timeouts.create && c.timeouts.update && c.timeouts.read));
  CHECK(c.timeouts.remove->lone_expression());
  CHECK(c.lifecycle.create_before_destroy.has_value());
  CHECK(c.lifecycle.replace_when.size() == 2);
  CHECK(c.lifecycle.precondition.size() == 2);
  CHECK(c.attributes.empty());
  CHECK(loaded.stack.resources[1].hold->lone_expression());
  CHECK(loaded.stack.resources[1].lifecycle.replace_when.size() == 1);
  CHECK(loaded.stack.resources[2].lifecycle.replace_when.empty());
}

TEST_CASE("Constants of the lifecycle are checked") {
  const auto with = [](const std::string& line) { return load_errors("resources:\n  a.b.c:\n    " + line + "\n"); };
  CHECK(with("hold: 1") == "plumb.yaml:3:11: `hold` must be true, false or the reason as text\n");
  CHECK(with("hold: ''") == "plumb.yaml:3:12: `hold` must be true, false or the reason as text\n");
  CHECK(with("hold: [x]") == "plumb.yaml:3:11: `hold` must be true, false or the reason as text\n");
  CHECK(with("timeouts: 5m") == "plumb.yaml:3:15: `timeouts` must be a map\n");
  CHECK(with("timeouts: { creat: 5m }") ==
        "plumb.yaml:3:17: unknown key `creat` in `timeouts` (did you mean \"create\"?)\n");
  CHECK(with("timeouts: { create: soon }") == "plumb.yaml:3:25: `create`: \"soon\" is no duration\n");
  CHECK(with("timeouts: { read: 0s }") == "plumb.yaml:3:23: `read`: a timeout of zero would stop every call\n");
  CHECK(with("timeouts: { read: 31d }") == "plumb.yaml:3:23: `read`: \"31d\" is longer than 30 days\n");
  CHECK(with("timeouts: { read: [1] }") == "plumb.yaml:3:23: `read`: \"\" is no duration\n");
  CHECK(with("lifecycle: { create_before_destroy: 1 }") ==
        "plumb.yaml:3:41: `create_before_destroy` must be true or false\n");
  CHECK(with("lifecycle: { hold: true }") == "plumb.yaml:3:18: `hold` stands beside `lifecycle`, not in it\n");
  CHECK(with("lifecycle: { precondition: { condition: true } }") == "plumb.yaml:3:32: `precondition` must be a list\n");
  CHECK(with("lifecycle: { precondition: [x] }") ==
        "plumb.yaml:3:33: a precondition must be a map with `condition` and `message`\n");
  CHECK(with("lifecycle: { postcondition: [{ condition: true }] }") ==
        "plumb.yaml:3:34: a postcondition needs `condition` and `message`\n");
  CHECK(with("lifecycle: { precondition: [{ condition: maybe, message: [x], mesage: y }] }") ==
        "plumb.yaml:3:46: `condition` must be true or false\nplumb.yaml:3:62: `message` must be text\n"
        "plumb.yaml:3:67: unknown key `mesage` in a precondition (did you mean \"message\"?)\n");
}

TEST_CASE("Timeouts are read exactly") {
  const auto ms = [](std::string_view text) {
    const auto parsed = parse_timeout(text);
    return parsed.has_value() ? parsed->count() : -1;
  };
  CHECK(ms("90s") == 90'000);
  CHECK(ms("5m") == 300'000);
  CHECK(ms("1h30m") == 5'400'000);
  CHECK(ms("1d2h3m4s5ms") == 93'784'005);
  CHECK(ms("45") == 45'000);
  CHECK(ms("30d") == 2'592'000'000);
  for (const char* bad : {"", "s", "-5s", "5x", "1h30", "30m1h", "1h1h", "1.5h", " 5s", "5s ", "5 s", "1e3s",
                          "99999999999999999999s", "0", "0s", "31d", "9223372036854775807d"}) {
    CAPTURE(bad);
    CHECK(ms(bad) == -1);
  }
}

TEST_CASE("Moves join two of a kind") {
  const Loaded loaded = load(R"yaml(moved:
  - { from: a.b.old, to: a.b.new }
  - { from: a.b.one, to: 'a.b.many["k"]' }
  - { from: a.b.x, to: module.m.a.b.x }
  - { from: module.old, to: module.new }
  - { from: module.y, to: 'module.y["eu"]' }
)yaml");
  INFO(lines(loaded.diagnostics));
  REQUIRE(loaded.diagnostics.empty());
  REQUIRE(loaded.stack.moved.size() == 5);
  CHECK(loaded.stack.moved[1].pos.str() == "plumb.yaml:3:5");
  CHECK(loaded.stack.moved[1].to.str() == "a.b.many[\"k\"]");
  CHECK(loaded.stack.moved[3].from.is_module());

  const auto with = [](const std::string& item) { return load_errors("moved:\n  - " + item + "\n"); };
  CHECK(with("{ from: a.b.x, to: a.c.x }") == "plumb.yaml:2:5: the move from `a.b.x` to `a.c.x` changes the type\n");
  CHECK(with("{ from: a.b.x, to: module.m }") ==
        "plumb.yaml:2:5: the move from `a.b.x` to `module.m` mixes a module and a resource\n");
  CHECK(with("{ from: a.b.x, to: a.b.x }") == "plumb.yaml:2:5: the move from `a.b.x` to `a.b.x` goes nowhere\n");
  CHECK(with("{ from: module.m, to: module.m.module.n }") ==
        "plumb.yaml:2:5: the move from `module.m` to `module.m.module.n` puts the module into itself\n");
  CHECK(with("{ from: data.a.b.x, to: data.a.b.y }") ==
        "plumb.yaml:2:13: a data source cannot be moved: nothing of it has to be kept\n"
        "plumb.yaml:2:29: a data source cannot be moved: nothing of it has to be kept\n");
  CHECK(with("{ from: a.b.x }") == "plumb.yaml:2:5: a move needs `from` and `to`\n");
  CHECK(with("{ from: a.b.x, too: a.b.y }") ==
        "plumb.yaml:2:5: a move needs `from` and `to`\n"
        "plumb.yaml:2:20: unknown key `too` in a move (did you mean \"to\"?)\n");
  CHECK(with("{ from: \"${x}\", to: a.b.x }") == "plumb.yaml:2:14: an address must be text, without an expression\n");
  CHECK(with("a.b.x") == "plumb.yaml:2:5: a move must be a map with `from` and `to`\n");
  CHECK(load_errors("moved: { a.b.x: a.b.y }\n") == "plumb.yaml:1:8: `moved` must be a list\n");
  CHECK(load_errors("moved:\n  - { from: a.b.x, to: a.b.y }\n  - { from: a.b.x, to: a.b.z }\n"
                    "  - { from: a.b.w, to: a.b.z }\n") ==
        "plumb.yaml:3:5: the move from `a.b.x` is given twice, first at plumb.yaml:2:5\n"
        "plumb.yaml:4:5: the move to `a.b.z` is given twice, first at plumb.yaml:3:5\n");
}

TEST_CASE("Removals forget, delete or release") {
  const Loaded loaded = load(R"yaml(removed:
  - { from: a.b.x }
  - { from: module.m, destroy: true }
  - { from: 'a.b.y["k"]', release: true }
  - { from: a.b.z, release: true, destroy: false }
)yaml");
  INFO(lines(loaded.diagnostics));
  REQUIRE(loaded.diagnostics.empty());
  const auto& removed = loaded.stack.removed;
  REQUIRE(removed.size() == 4);
  CHECK((!removed[0].destroy && !removed[0].release));
  CHECK((removed[1].destroy && removed[1].from.is_module()));
  CHECK((removed[2].destroy && removed[2].release));
  CHECK((!removed[3].destroy && removed[3].release));

  const auto with = [](const std::string& item) { return load_errors("removed:\n  - " + item + "\n"); };
  CHECK(with("{ destroy: true }") == "plumb.yaml:2:5: the removal has no `from`\n");
  CHECK(with("{ from: a.b.x, destroy: 1 }") == "plumb.yaml:2:29: `destroy` must be true or false\n");
  CHECK(with("{ from: a.b.x, realease: true }") ==
        "plumb.yaml:2:20: unknown key `realease` in a removal (did you mean \"release\"?)\n");
  CHECK(with("{ from: data.a.b.x }") ==
        "plumb.yaml:2:13: a data source need not be removed: state forgets it by itself\n");
  CHECK(with("a.b.x") == "plumb.yaml:2:5: a removal must be a map with `from`\n");
  CHECK(load_errors("removed:\n  - { from: a.b.x }\n  - { from: a.b.x, destroy: true }\n") ==
        "plumb.yaml:3:5: the removal of `a.b.x` is given twice, first at plumb.yaml:2:5\n");
}

TEST_CASE("Imports may be many") {
  const Loaded loaded = load(R"yaml(import:
  - for_each: ${var.roles}
    to: 'a.b.c["${each.key}"]'
    id: { name: "${each.value}" }
  - { to: module.m.a.b.c, id: x }
)yaml");
  INFO(lines(loaded.diagnostics));
  REQUIRE(loaded.diagnostics.empty());
  REQUIRE(loaded.stack.imports.size() == 2);
  CHECK(loaded.stack.imports[0].for_each.has_value());
  CHECK(loaded.stack.imports[0].to.kind == Tree::Kind::template_);
  CHECK(loaded.stack.imports[1].address.str() == "module.m.a.b.c");

  const auto with = [](const std::string& item) { return load_errors("import:\n  - " + item + "\n"); };
  CHECK(with("{ to: 'a.b.c[\"${each.key}\"]', id: x }") ==
        "plumb.yaml:2:12: an address must be text, without an expression\n");
  CHECK(with("{ for_each: [a], to: a.b.c, id: x }") ==
        "plumb.yaml:2:26: `to` names one object, but `for_each` gives many ids\n");
  CHECK(with("{ to: data.a.b.c, id: x }") ==
        "plumb.yaml:2:11: a data source cannot be imported: it is read in every plan\n");
  CHECK(with("{ to: a.b.c, id: x, forEach: [a] }") ==
        "plumb.yaml:2:25: unknown key `forEach` in an import (did you mean \"for_each\"?)\n");
  CHECK(with("{ to: [a], id: [x] }") ==
        "plumb.yaml:2:11: an address must be text, without an expression\n"
        "plumb.yaml:2:20: `id` must be the identity: text, or a map of its attributes\n");
  CHECK(load_errors("import:\n  - { to: a.b.c, id: x }\n  - { to: a.b.c, id: y }\n") ==
        "plumb.yaml:3:5: the import to `a.b.c` is given twice, first at plumb.yaml:2:5\n");
}

TEST_CASE("Checks have data of their own") {
  const Loaded loaded = load(R"yaml(checks:
  reachable:
    data:
      a.b.c: { name: x }
    assert:
      - { condition: "${data.a.b.c.ok}", message: "not ok" }
  other:
    data: { a.b.c: {} }
    assert: [{ condition: true, message: fine }]
data: { a.b.c: {} }
)yaml");
  INFO(lines(loaded.diagnostics));
  REQUIRE(loaded.diagnostics.empty());
  REQUIRE(loaded.stack.checks.size() == 2);
  CHECK(loaded.stack.checks[0].name == "reachable");
  CHECK(loaded.stack.checks[0].pos.str() == "plumb.yaml:2:3");
  REQUIRE(loaded.stack.checks[0].data.size() == 1);
  CHECK(loaded.stack.checks[0].data[0].address.data);
  CHECK(loaded.stack.checks[0].asserts.size() == 1);

  const auto with = [](const std::string& line) { return load_errors("checks:\n  x:\n    " + line + "\n"); };
  CHECK(with("data: {}") == "plumb.yaml:2:3: the check `x` asserts nothing\n");
  CHECK(with("assert: []") == "plumb.yaml:2:3: the check `x` asserts nothing\n");
  CHECK(with("assert: { condition: true, message: x }") == "plumb.yaml:3:13: `assert` must be a list\n");
  CHECK(with("assert: [{ condition: true }]") == "plumb.yaml:3:14: an assert needs `condition` and `message`\n");
  CHECK(with("asserts: []") ==
        "plumb.yaml:2:3: the check `x` asserts nothing\n"
        "plumb.yaml:3:5: unknown key `asserts` in a check (did you mean \"assert\"?)\n");
  CHECK(load_errors("checks: { end: {} }\n").find("plumb.yaml:1:11: ") == 0);
}

TEST_CASE("Ignore rules say what, where and why") {
  const Loaded loaded = load(R"yaml(ignore:
  - { address: 'postgres.role.*', path: comment, reason: set by the backup tool }
  - { address: 'module.m["a"].a.b.c', path: labels.*, reason: x }
  - { address: module.m, path: 'a["two words"]', reason: y }
)yaml");
  INFO(lines(loaded.diagnostics));
  REQUIRE(loaded.diagnostics.empty());
  REQUIRE(loaded.stack.ignores.size() == 3);
  CHECK(loaded.stack.ignores[0].address == "postgres.role.*");
  CHECK(loaded.stack.ignores[0].path.str() == "comment");
  CHECK(loaded.stack.ignores[1].reason == "x");

  const auto with = [](const std::string& item) { return load_errors("ignore:\n  - " + item + "\n"); };
  CHECK(with("{ address: a.b.c, path: x }") == "plumb.yaml:2:5: an ignore rule needs `address`, `path` and `reason`\n");
  CHECK(with("{ address: a.b, path: x, reason: y }").find("plumb.yaml:2:16: the address \"a.b\" cannot be read") == 0);
  CHECK(with("{ address: a.b.c, path: 'x[', reason: y }").find("plumb.yaml:2:30: ") == 0);
  CHECK(with("{ address: 'a.b.* a.c.*', path: x, reason: y }") ==
        "plumb.yaml:2:17: the address `a.b.* a.c.*` holds white space\n");
  CHECK(with("{ address: a.b.c, path: x, why: y }") ==
        "plumb.yaml:2:5: an ignore rule needs `address`, `path` and `reason`\n"
        "plumb.yaml:2:32: unknown key `why` in an ignore rule\n");
  CHECK(with("x") == "plumb.yaml:2:5: an ignore rule must be a map with `address`, `path` and `reason`\n");
}

TEST_CASE("`opaque` is for scripts") {
  CHECK(load_errors("variables:\n  a: { opaque: true }\n") ==
        "plumb.yaml:2:8: `opaque` is for the variables of a module.lua: only a script could look into them\n");
}

TEST_CASE("Empty sections are nothing") {
  for (const char* key : {"data", "modules", "moved", "removed", "import", "checks", "ignore", "resources"}) {
    CAPTURE(key);
    CHECK(load_errors(std::string(key) + ":\n").empty());
    CHECK(load_errors(std::string(key) + ": {}\n").empty());
    CHECK(load_errors(std::string(key) + ": []\n").empty());
  }
}
