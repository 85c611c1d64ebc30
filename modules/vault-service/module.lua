-- One service in Vault: its secrets, a policy for each layer that it reads, and the AppRole that it logs in as.

-- Names of resources are made of letters, digits and underscores.
local function label(name)
  return (name:lower():gsub("[^a-z0-9_]", "_"))
end

-- What a key-value store of version 2 asks of whoever reads one path, or all below it.
local function may_read(mount, path)
  return {
    { path = mount .. "/data/" .. path, capabilities = { "read" } },
    { path = mount .. "/metadata/" .. path, capabilities = { "list", "read" } },
  }
end

local function append(to, more)
  for _, one in ipairs(more) do
    to[#to + 1] = one
  end
end

-- Rules of each layer that the service reads, by the layer's name; none for a layer that it has no part in.
local function layers_of(input)
  local own = "services/" .. input.name
  local layers = { service = {} }
  append(layers.service, may_read(input.mount, own))
  append(layers.service, may_read(input.mount, own .. "/*"))
  if input.global then
    layers.global = may_read(input.mount, "_global/*")
  end
  if #input.infrastructure > 0 then
    layers.infrastructure = {}
    for _, path in ipairs(input.infrastructure) do
      append(layers.infrastructure, may_read(input.mount, "infrastructure/" .. path))
    end
  end
  if input.env ~= "" then
    layers.env = may_read(input.mount, input.env .. "/" .. own .. "/*")
    for _, path in ipairs(input.infrastructure) do
      append(layers.env, may_read(input.mount, input.env .. "/infrastructure/" .. path))
    end
  end
  if next(input.paths) ~= nil then
    layers.paths = {}
    for path, capabilities in pairs(input.paths) do
      append(layers.paths, { { path = path, capabilities = capabilities } })
    end
  end
  return layers
end

-- The fields of one secret: made by their rules, or given from outside, unseen.
local function fields_of(input, secret)
  local fields = {}
  for field, rule in pairs(input.generate[secret] or {}) do
    fields[field] = { generate = rule }
  end
  for _, field in ipairs(input.given[secret] or {}) do
    fields[field] = { value = input.values[secret][field] }
  end
  return fields
end

local function secrets_of(input)
  local resources, names = {}, {}
  for _, source in ipairs({ input.generate, input.given }) do
    for secret in pairs(source) do
      resources["vault.generated_secret." .. label(secret)] = {
        mount = input.mount,
        name = "services/" .. input.name .. "/" .. secret,
        fields = fields_of(input, secret),
        rotation = input.rotation,
        grace = input.grace ~= "" and input.grace or nil,
        delete_all_versions = input.delete_all_versions,
      }
      names[secret] = "${vault.generated_secret." .. label(secret) .. ".name}"
    end
  end
  return resources, names
end

return {
  variables = {
    name = {
      type = "string",
      description = "what the service is called: its folder, its policies and its AppRole",
    },
    mount = { type = "string", default = "secret", description = "where the key-value store (version 2) is mounted" },
    approle = { type = "string", default = "approle", description = "where the AppRole method is mounted" },
    global = { type = "bool", default = true, description = "it reads what all services read, under `_global`" },
    infrastructure = {
      type = "list(string)",
      default = {},
      description = "what it reads under `infrastructure`, such as `postgres/app-user`",
    },
    env = {
      type = "string",
      default = "",
      description = "an environment whose folder may override all of these, such as `prod`",
    },
    paths = {
      type = "map(list(string))",
      default = {},
      description = "anything else that it needs: a path and its capabilities",
    },
    generate = {
      type = "map(map(any))",
      default = {},
      description = "secrets under services/NAME: fields, and the rule each is made by; `{}` for a password",
    },
    given = {
      type = "map(list(string))",
      default = {},
      description = "fields of these secrets that are not made but given, in `values`",
    },
    values = {
      type = "any",
      default = {},
      opaque = true,
      sensitive = true,
      description = "the values of `given`, by secret and field; the script places them and never sees them",
    },
    rotation = { type = "integer", default = 1, description = "another number makes all generated fields anew" },
    grace = {
      type = "string",
      default = "",
      description = "how long the version before a rotation stays readable, such as `24h`; empty for as long as the store keeps it",
    },
    delete_all_versions = {
      type = "bool",
      default = false,
      description = "destroying the service's secrets destroys their history, too",
    },
    token_ttl = { type = "string", default = "1h", description = "how long a login lives before it is renewed" },
    token_max_ttl = { type = "string", default = "24h", description = "how long a login lives at most" },
    secret_id_num_uses = {
      type = "integer",
      default = 0,
      description = "how often the secret-id logs in; 0 for any number, as an init container that starts again needs",
    },
    wrapping_ttl = {
      type = "string",
      default = "30m",
      description = "how long the wrapped secret-id waits to be unwrapped, once",
    },
  },

  build = function(input)
    if not input.name:match("^[a-z][a-z0-9-]*$") then
      error("a service is named with lower-case letters, digits and dashes, not \"" .. input.name .. '"', 0)
    end
    local resources, names = secrets_of(input)
    local policies = {}
    for layer, rules in pairs(layers_of(input)) do
      resources["vault.policy." .. layer] = { name = input.name .. "-" .. layer, rules = rules }
      policies[#policies + 1] = "${vault.policy." .. layer .. ".name}"
    end
    resources["vault.approle_role.service"] = {
      backend = input.approle,
      role_name = input.name,
      token_policies = policies,
      token_ttl = input.token_ttl,
      token_max_ttl = input.token_max_ttl,
      secret_id_num_uses = input.secret_id_num_uses,
    }
    resources["vault.approle_secret_id.service"] = {
      backend = input.approle,
      role_name = "${vault.approle_role.service.role_name}",
      name = input.name,
      wrapping_ttl = input.wrapping_ttl,
    }
    return {
      resources = resources,
      outputs = {
        role_id = { value = "${vault.approle_role.service.role_id}" },
        wrapped_secret_id = { value = "${vault.approle_secret_id.service.wrapping_token}", sensitive = true },
        secret_id_accessor = { value = "${vault.approle_secret_id.service.accessor}" },
        policies = { value = policies },
        secrets = { value = names },
      },
    }
  end,
}
