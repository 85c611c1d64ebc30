"""The shapes that scripts/bench measures, each written for Plumb and for Terraform."""

KEYS = '${map(range(1, %d), function(i) return "k" .. i end)}'
TF_KEYS = "toset([for i in range(1, %d + 1) : \"k${i}\"])"


def separate(n):
    return [(f"v{i}", str(i), str(i)) for i in range(n)]


def chain(n):
    first = [("v0", "0", "0")]
    return first + [(f"v{i}", f"${{core.value.v{i - 1}.output}}", f"terraform_data.v{i - 1}.output") for i in range(1, n)]


def tree(n):
    first = [("v0", "0", "0")]
    return first + [
        (f"v{i}", f"${{core.value.v{(i - 1) // 2}.output}}", f"terraform_data.v{(i - 1) // 2}.output")
        for i in range(1, n)
    ]


def blocks(items):
    """Separate blocks from (name, Plumb's input, Terraform's input)."""
    plumb = ["stack: bench\nresources:\n"]
    plumb += [f"  core.value.{name}:\n    input: {text}\n" for name, text, _ in items]
    terraform = [f'resource "terraform_data" "{name}" {{\n  input = {text}\n}}\n' for name, _, text in items]
    return "".join(plumb), "".join(terraform)


def each(n):
    return (
        f"stack: bench\nresources:\n  core.value.a:\n    for_each: '{KEYS % n}'\n    input: ${{each.key}}\n",
        f'resource "terraform_data" "a" {{\n  for_each = {TF_KEYS % n}\n  input = each.key\n}}\n',
    )


def pairs(n):
    plumb, terraform = each(n)
    return (
        plumb + f"  core.value.b:\n    for_each: '{KEYS % n}'\n    input: ${{core.value.a[each.key].output}}\n",
        terraform
        + f'resource "terraform_data" "b" {{\n  for_each = {TF_KEYS % n}\n'
        + "  input = terraform_data.a[each.key].output\n}\n",
    )


def one_local(n):
    """n values, a local that reads them all, and n readers of that local."""
    plumb, terraform = each(n)
    return (
        plumb
        + f"  core.value.b:\n    for_each: '{KEYS % n}'\n    input: ${{locals.count}}\n"
        + 'locals:\n  count: "${#map(values(core.value.a), function(v) return v.output end)}"\n',
        terraform
        + f'resource "terraform_data" "b" {{\n  for_each = {TF_KEYS % n}\n  input = local.count\n}}\n'
        + "locals {\n  count = length([for v in values(terraform_data.a) : v.output])\n}\n",
    )


def roles(n):
    return (
        "stack: bench\nproviders:\n  postgres: {}\nresources:\n"
        f"  random.password.r:\n    for_each: '{KEYS % n}'\n    length: 24\n"
        f"  postgres.role.r:\n    for_each: '{KEYS % n}'\n    name: bench_${{each.key}}\n    login: true\n"
        "    password: ${random.password.r[each.key].value}\n",
        None,
    )


def vault(n):
    """n secrets, and for every ten of them three policies and three AppRoles."""
    return (
        "stack: bench\nproviders:\n  vault: {}\nresources:\n"
        "  random.password.word: { length: 32 }\n"
        "  vault.mount.secrets: { path: bench, type: kv-v2, lifecycle: { prevent_destroy: false } }\n"
        "  vault.auth_method.approle: { path: bench, type: approle }\n"
        f"  vault.kv_secret_v2.s:\n    for_each: '{KEYS % n}'\n    mount: ${{vault.mount.secrets.path}}\n"
        '    name: services/${each.key}\n    data: { word: "${random.password.word.value}" }\n'
        f"  vault.policy.p:\n    for_each: '{KEYS % (3 * n // 10)}'\n    name: bench-${{each.key}}\n"
        "    rules: [{ path: \"bench/data/services/${each.key}\", capabilities: [read] }]\n"
        f"  vault.approle_role.r:\n    for_each: '{KEYS % (3 * n // 10)}'\n"
        "    backend: ${vault.auth_method.approle.path}\n    role_name: bench-${each.key}\n"
        '    token_policies: ["${vault.policy.p[each.key].name}"]\n',
        None,
    )


def module_yaml(n):
    """One call of a module in YAML with n resources; Terraform gets the same module."""
    plumb, terraform = blocks(separate(n))
    return (
        {"plumb.yaml": "stack: bench\nmodules:\n  m: { source: m }\n",
         "m/module.yaml": plumb.removeprefix("stack: bench\n")},
        {"main.tf": 'module "m" {\n  source = "./m"\n}\n', "m/main.tf": terraform},
    )


def module_lua(n):
    """The same resources, made by a loop."""
    script = (
        "return { build = function(input)\n  local resources = {}\n"
        f'  for i = 0, {n - 1} do resources["core.value.v" .. i] = {{ input = i }} end\n'
        "  return { resources = resources }\nend }\n"
    )
    return {"plumb.yaml": "stack: bench\nmodules:\n  m: { source: m }\n", "m/module.lua": script}, None


def nested(n):
    """n / 100 calls, each nested three deep, with 100 resources at every depth: 3 n in all."""
    calls = n // 100
    inside = "".join(f'  core.value.v{i}: {{ input: "${{var.n}} {i}" }}\n' for i in range(100))
    head = "variables:\n  n: { type: integer }\nresources:\n" + inside
    tf_inside = 'variable "n" {\n}\n' + "".join(
        f'resource "terraform_data" "v{i}" {{\n  input = "${{var.n}} {i}"\n}}\n' for i in range(100))
    plumb = {"plumb.yaml": "stack: bench\nmodules:\n" + "".join(
        f"  t{i}: {{ source: a, inputs: {{ n: {i} }} }}\n" for i in range(calls))}
    terraform = {"main.tf": "".join(f'module "t{i}" {{\n  source = "./a"\n  n = {i}\n}}\n' for i in range(calls))}
    for name, below in (("a", "b"), ("b", "c"), ("c", None)):
        call = f'modules:\n  {below}: {{ source: ../{below}, inputs: {{ n: "${{var.n}}" }} }}\n' if below else ""
        tf_call = f'module "{below}" {{\n  source = "../{below}"\n  n = var.n\n}}\n' if below else ""
        plumb[f"{name}/module.yaml"] = head + call
        terraform[f"{name}/main.tf"] = tf_inside + tf_call
    return plumb, terraform


# Name -> (what makes it, what a row's number counts).
SHAPES = {
    "separate blocks": lambda n: blocks(separate(n)),
    "one for_each": each,
    "pairs": pairs,
    "chain": lambda n: blocks(chain(n)),
    "tree": lambda n: blocks(tree(n)),
    "one local": one_local,
    "module in YAML": module_yaml,
    "module in Lua": module_lua,
    "nested modules": nested,
}

# What it must reach: (shape, size, command, seconds).
AIMS = [
    ("separate blocks", 10_000, "no-op plan", 0.5),
    ("separate blocks", 10_000, "create plan", 1.0),
    ("separate blocks", 10_000, "apply", 1.5),
    ("one for_each", 10_000, "no-op plan", 0.5),
    ("one for_each", 10_000, "create plan", 1.0),
    ("one for_each", 10_000, "apply", 1.5),
    ("pairs", 1_000, "create plan", 0.1),
    ("pairs", 1_000, "no-op plan", 0.1),
    ("chain", 10_000, "create plan", 2.0),
    ("chain", 10_000, "no-op plan", 2.0),
    ("nested modules", 10_000, "create plan", 1.0),
    ("nested modules", 10_000, "no-op plan", 1.0),
    ("roles", 10_000, "no-op plan", 1.5),
    ("secrets, openbao", 1_000, "no-op plan", 2.0),
    ("secrets, vault", 1_000, "no-op plan", 2.0),
]

# What one shape may cost of another: (shape, of, size, command, times).
RATIOS = [
    ("module in Lua", "module in YAML", 10_000, "create plan", 1.3),
    ("module in Lua", "module in YAML", 10_000, "no-op plan", 1.3),
]
