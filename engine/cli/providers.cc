#include "engine/cli/context.h"
#include "providers/core/core.h"
#include "providers/postgres/postgres.h"
#include "providers/random/random.h"
#include "providers/vault/vault.h"

namespace plumb::cli {

Registry all_providers() {
  Registry registry;
  registry.add("core", make_core);
  registry.add("postgres", make_postgres);
  registry.add("random", make_random);
  registry.add("vault", make_vault);
  return registry;
}

}  // namespace plumb::cli
