// One private PostgreSQL for a test binary, started on first use and stopped at exit by scripts/peers/postgres.
#pragma once

#include <memory>
#include <string>

#include "engine/net/postgres.h"
#include "engine/provider_api/provider.h"

namespace plumb::test {

struct PrivatePostgres {
  std::string host, port, user, password;

  // A fresh connection as the superuser, for what happens behind Plumb's back.
  [[nodiscard]] std::unique_ptr<net::PostgresConnection> connect(const std::string& database = "postgres") const;
  // Runs one statement, which must succeed; the first column of the first row, or an empty text.
  std::string sql(const std::string& statement, const std::string& database = "postgres") const;
  // The provider's configuration for this server.
  [[nodiscard]] Value config(const std::string& as_user = "", const std::string& with_password = "") const;
};

// nullptr when no PostgreSQL is installed. Started by the binary's main.
const PrivatePostgres* private_postgres();

}  // namespace plumb::test
