-- One tenant: who logs in, where its data is, and who may read it.

-- What a plan gives.
local plans = {
  small = { connections = 5, readers = false },
  large = { connections = 20, readers = true },
}

-- Names of resources are made of letters, digits and underscores.
local function label(area)
  return (area:lower():gsub("[^a-z0-9_]", "_"))
end

return {
  variables = {
    name = { type = "string", description = "what the tenant's role and database are called" },
    plan = { type = "enum(small, large)", default = "small", description = "how much it may use" },
    areas = { type = "list(string)", default = {}, description = "a schema each" },
    password = { type = "string", sensitive = true, opaque = true, description = "what its role logs in with" },
  },

  build = function(input)
    local plan = plans[input.plan]
    local resources = {
      ["postgres.role.app"] = {
        name = input.name,
        login = true,
        -- Opaque: placed here, never looked into.
        password = input.password,
        connection_limit = plan.connections,
      },
      ["postgres.database.main"] = {
        name = input.name,
        owner = "${postgres.role.app.name}",
        -- A database is protected unless told otherwise. This one is an example's, made to be destroyed again.
        lifecycle = { prevent_destroy = false },
      },
    }

    for _, area in ipairs(input.areas) do
      resources["postgres.schema." .. label(area)] = {
        database = "${postgres.database.main.name}",
        name = area,
        owner = "${postgres.role.app.name}",
      }
    end

    if plan.readers then
      resources["postgres.role.readers"] = { name = input.name .. "_readers" }
      for _, area in ipairs(input.areas) do
        resources["postgres.grant.read_" .. label(area)] = {
          database = "${postgres.database.main.name}",
          role = "${postgres.role.readers.name}",
          object_type = "schema",
          schema = "${postgres.schema." .. label(area) .. ".name}",
          privileges = { "USAGE" },
        }
      end
    end

    return {
      resources = resources,
      outputs = {
        database = { value = "${postgres.database.main.name}" },
        connections = { value = plan.connections },
      },
    }
  end,
}
