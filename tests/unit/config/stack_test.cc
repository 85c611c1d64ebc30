#include "engine/config/stack.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/unit/config/stack_support.h"

using namespace plumb;
using namespace plumb::test;

TEST_CASE("The stack of the manual loads") {
  const Loaded loaded = load(R"yaml(stack: platform
variables:
  env: { type: string, default: dev }
  tenants: { type: "map(object({ plan: string, seats?: integer }))", default: {} }
  db_password:
    type: string
    sensitive: true
    description: of the server
    validation:
      - { condition: "${#var.db_password > 8}", message: too short }
locals:
  suffix: '${var.env == "prod" and "" or "-" .. var.env}'
providers:
  postgres: { host: "${var.db_host}", user: postgres }
  analytics: { type: postgres, host: warehouse.internal }
  random:
resources:
  postgres.role.app:
    name: app${locals.suffix}
    login: true
  postgres.database.tenant:
    for_each: ${var.tenants}
    when: ${var.env ~= "x"}
    depends_on: [postgres.role.app, 'postgres.role.other["k"]']
    provider: analytics
    name: tenant_${each.key}
    lifecycle: { prevent_destroy: true, ignore_changes: [owner, "labels.*"], retain: "${true}", adopt: always }
outputs:
  dsn: { value: "postgresql://app@${var.db_host}/", sensitive: true, description: d }
import:
  - { to: postgres.role.app, id: { name: app } }
  - { to: 'postgres.database.tenant["a"]', id: tenant_a }
state:
  key: { env: PLUMB_KEY_PLATFORM }
)yaml");
  INFO(lines(loaded.diagnostics));
  REQUIRE(loaded.diagnostics.empty());
  const StackConfig& stack = loaded.stack;
  CHECK(stack.name == "platform");
  REQUIRE(stack.variables.size() == 3);
  CHECK(stack.variables[0].pos.str() == "plumb.yaml:3:3");
  CHECK(stack.variables[1].type->kind == Type::Kind::map);
  CHECK(stack.variables[2].sensitive);
  CHECK(stack.variables[2].description == "of the server");
  REQUIRE(stack.variables[2].validations.size() == 1);
  CHECK(stack.variables[2].validations[0].condition.lone_expression());
  REQUIRE(stack.locals.size() == 1);
  CHECK(stack.locals[0].value.lone_expression());
  REQUIRE(stack.providers.size() == 3);
  CHECK(stack.providers[0].kind == "postgres");
  CHECK(stack.providers[0].attributes.size() == 2);
  CHECK(stack.providers[1].kind == "postgres");
  CHECK(stack.providers[1].attributes.size() == 1);
  CHECK(stack.providers[2].kind == "random");
  REQUIRE(stack.resources.size() == 2);
  CHECK(stack.resources[0].address.str() == "postgres.role.app");
  CHECK(stack.resources[0].attributes.size() == 2);
  CHECK(stack.resources[0].attributes[0].value.pieces.size() == 2);
  const ResourceBlock& tenant = stack.resources[1];
  CHECK(tenant.for_each.has_value());
  CHECK(tenant.when.has_value());
  CHECK(tenant.depends_on->items.size() == 2);
  CHECK(tenant.provider == "analytics");
  CHECK(tenant.provider_pos.str() == "plumb.yaml:25:15");
  CHECK(tenant.attributes.size() == 1);
  CHECK((tenant.lifecycle.prevent_destroy && tenant.lifecycle.ignore_changes && tenant.lifecycle.retain &&
         tenant.lifecycle.adopt));
  REQUIRE(stack.outputs.size() == 1);
  CHECK(stack.outputs[0].sensitive);
  REQUIRE(stack.imports.size() == 2);
  CHECK(stack.imports[1].address.str() == "postgres.database.tenant[\"a\"]");
  CHECK(stack.key_env == "PLUMB_KEY_PLATFORM");
  REQUIRE(stack.files.size() == 1);
  CHECK(stack.files[0].path == "plumb.yaml");
  CHECK(stack.files[0].sha256.size() == 64);
}

TEST_CASE("A small stack takes its directory's name") {
  CHECK(load("").stack.name == "s");
  CHECK(load_errors("").empty());
  CHECK(load_errors("resources:\nlocals:\n").empty());
  MemoryFileSystem fs;
  fs.put("/p/s/other.yaml", "");
  CHECK(lines(load(fs).diagnostics) == "plumb.yaml: there is no plumb.yaml in /p/s\n");
}

TEST_CASE("All errors of a document are told at once") {
  CHECK(load_errors(R"yaml(resource: {}
policies: {}
reads: {}
variables:
  end: {}
  Up: {}
  a: { type: strin, typ: x }
  b: { type: "map(strng)", default: "${x}", sensitive: maybe, validation: x }
)yaml")
            .find("plumb.yaml:1:1: unknown key `resource` at the top level (did you mean \"resources\"?)\n"
                  "plumb.yaml:2:1: `policies` is not supported yet in this version\n"
                  "plumb.yaml:3:1: `reads` is not supported yet in this version\n"
                  "plumb.yaml:5:3: ") == 0);
  const std::string found = load_errors("variables:\n  b: { type: \"map(strng)\", default: \"${x}\" }\n");
  CHECK(found.find("plumb.yaml:2:19: ") == 0);  // inside of the type's text
  CHECK(found.find("plumb.yaml:2:38: a default may hold no expression\n") != std::string::npos);
  for (const char* key : {"policies", "reads"}) {
    CHECK(load_errors(std::string(key) + ": []\n") ==
          "plumb.yaml:1:1: `" + std::string(key) + "` is not supported yet in this version\n");
  }
}

TEST_CASE("Resource blocks are checked") {
  const auto with = [](const std::string& line) { return load_errors("resources:\n  a.b.c:\n    " + line + "\n"); };
  CHECK(with("x: 1").empty());
  CHECK(with("depends_on: a.b.d") == "plumb.yaml:3:17: `depends_on` must be a list of addresses\n");
  CHECK(with("depends_on: [\"${x}\"]").find("plumb.yaml:3:19: an address must be text") == 0);
  CHECK(with("depends_on: [nope]").find("plumb.yaml:3:18: the address \"nope\" cannot be read") == 0);
  CHECK(with("provider: \"${x}\"") == "plumb.yaml:3:16: `provider` must be text, and may hold no expression\n");
  CHECK(with("lifecycle: {prevent_destory: true}") ==
        "plumb.yaml:3:17: unknown key `prevent_destory` in `lifecycle` (did you mean \"prevent_destroy\"?)\n");
  CHECK(with("lifecycle: {prevent_destroy: 1}") == "plumb.yaml:3:34: `prevent_destroy` must be true or false\n");
  CHECK(with("lifecycle: {adopt: maybe}") == "plumb.yaml:3:24: `adopt` must be `never` or `always`\n");
  CHECK(with("lifecycle: {ignore_changes: x}") == "plumb.yaml:3:33: `ignore_changes` must be a list of paths\n");
  CHECK(load_errors("resources:\n  postgres.role: {}\n").find("plumb.yaml:2:3: the address") == 0);
  CHECK(load_errors("resources:\n  'a.b.c[\"k\"]': {}\n") ==
        "plumb.yaml:2:4: a resource's key is its type and name, as `postgres.role.app`\n");
  CHECK(load_errors("resources:\n  a.b.end: {}\n").find("plumb.yaml:2:3: ") == 0);
  CHECK(load_errors("resources: [a]\n") == "plumb.yaml:1:12: `resources` must be a map of addresses to resources\n");
}

TEST_CASE("Outputs, imports and state are checked") {
  CHECK(load_errors("outputs:\n  a: x\n") == "plumb.yaml:2:6: the output `a` must be a map with `value`\n");
  CHECK(load_errors("outputs:\n  a: { sensitive: 1 }\n") ==
        "plumb.yaml:2:3: the output `a` has no `value`\nplumb.yaml:2:19: `sensitive` must be true or false\n");
  CHECK(load_errors("import:\n  - { to: a.b.c }\n") == "plumb.yaml:2:5: the import has no `id`\n");
  CHECK(load_errors("import: x\n") == "plumb.yaml:1:9: `import` must be a list\n");
  CHECK(load_errors("state: { key: { env: A, file: b } }\n") ==
        "plumb.yaml:1:15: `state.key` takes exactly one of `file`, `env`, `passphrase` and `vault_transit`\n");
  // What may be a passphrase is not repeated.
  CHECK(load_errors("state: { key: { passphrase: 'hunter 2' } }\n") ==
        "plumb.yaml:1:30: `passphrase` must name an environment variable\n");
  CHECK(load("state: { key: { file: ../keys/k } }\n").stack.key_file == "../keys/k");
  const auto transit = load(
      "state: { key: { vault_transit: { key: plumb, mount: a/b, address: 'https://v:8200', namespace: team, ca_cert: "
      "ca.pem, token: STATE_TOKEN } } }\n");
  REQUIRE(transit.diagnostics.empty());
  const auto& block = transit.stack.key_transit;
  REQUIRE(block);
  CHECK(block->key + " " + block->mount + " " + block->address + " " + block->namespace_name + " " + block->ca_cert +
            " " + block->token_env.value_or("") ==
        "plumb a/b https://v:8200 team ca.pem STATE_TOKEN");
  CHECK(load("state: { key: { vault_transit: { key: k } } }\n").stack.key_transit->mount == "transit");
  CHECK(load_errors("state: { key: { vault_transit: { mount: a, tokn: B } } }\n") ==
        "plumb.yaml:1:32: `vault_transit` has no `key`\n"
        "plumb.yaml:1:44: unknown key `tokn` in `vault_transit` (did you mean \"token\"?)\n");
  CHECK(load_errors("state: { key: { vault_transit: { key: '', token: 'hvs.x y' } } }\n") ==
        "plumb.yaml:1:32: `vault_transit` has no `key`\n"
        "plumb.yaml:1:40: `key` is empty\n"
        "plumb.yaml:1:51: `token` must name an environment variable\n");
}

TEST_CASE("Included files join, and a key given twice names both") {
  MemoryFileSystem fs;
  fs.put("/p/plumb.project.yaml", "");
  fs.put("/p/s/plumb.yaml", "include: ['*.yaml', parts/*.yaml, ../shared/all.yaml]\nresources:\n  a.b.one: {}\n");
  fs.put("/p/s/more.yaml", "resources:\n  a.b.two: {}\n  a.b.one: {}\n");
  fs.put("/p/s/parts/x.yaml", "include: y/**/*.yaml\nlocals: { l: 1 }\n");
  fs.put("/p/s/parts/y/z/deep.yaml", "locals: { l: 2, m: 3 }\nstack: a\n");
  fs.put("/p/s/parts/.hidden.yaml", "locals: { h: 2 }\n");
  fs.put("/p/shared/all.yaml", "stack: b\noutputs: { o: { value: 1 } }\n");
  const Loaded loaded = load(fs);
  CHECK(lines(loaded.diagnostics) ==
        "more.yaml:3:3: the resource `a.b.one` is given twice, first at plumb.yaml:3:3\n"
        "parts/y/z/deep.yaml:1:11: the local `l` is given twice, first at parts/x.yaml:2:11\n"
        "parts/y/z/deep.yaml:2:1: `stack` is given twice, first at ../shared/all.yaml:1:1\n");
}

TEST_CASE("Nothing outside of the project is read") {
  MemoryFileSystem fs;
  fs.put("/p/other.yaml", "locals: { l: 1 }\n");
  fs.put("/p/s/plumb.yaml",
         "include:\n  - ../other.yaml\n  - /p/other.yaml\n  - ../*.yaml\n  - missing.yaml\n  - no*.yaml\n");
  const std::string found = lines(load(fs).diagnostics);
  CHECK(found.find("plumb.yaml:2:5: the include `../other.yaml` leads out of the project\n"
                   "plumb.yaml:3:5: the include `/p/other.yaml` is an absolute path\n"
                   "plumb.yaml:4:5: the include `../*.yaml` leads out of the project\n"
                   "plumb.yaml:5:5: ") == 0);
  CHECK(found.find("plumb.yaml:6:5: the include `no*.yaml` matches no file\n") != std::string::npos);
}

TEST_CASE("Links out of the project and odd files are refused") {
  namespace stdfs = std::filesystem;
  char name[] = "/tmp/plumb-config-XXXXXX";
  REQUIRE(::mkdtemp(name) != nullptr);
  const stdfs::path base = name;
  stdfs::create_directories(base / "s/folder.yaml");
  std::ofstream(base / "secret.yaml") << "locals: { stolen: 1 }\n";
  std::ofstream(base / "s/in.yaml") << "locals: { fine: 1 }\n";
  std::ofstream(base / "s/plumb.yaml") << "include: [out.yaml, alias.yaml, in.yaml, folder.yaml, /dev/zero]\n";
  stdfs::create_symlink("../secret.yaml", base / "s/out.yaml");
  stdfs::create_symlink("in.yaml", base / "s/alias.yaml");
  Diagnostics diagnostics;
  const StackConfig stack = load_stack((base / "s").string(), real_file_system(), diagnostics);
  const std::string found = lines(diagnostics);
  CHECK(found.find("plumb.yaml:1:11: `out.yaml` leads out of the project\n") == 0);
  CHECK(diagnostics.error_count() == 3);
  REQUIRE(stack.locals.size() == 1);  // once, though it was named twice
  CHECK(stack.locals[0].name == "fine");
  stdfs::remove_all(base);
}
