// One configured server: what configure learnt, and the connections to it.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "engine/net/postgres.h"
#include "engine/provider_api/provider.h"

namespace plumb::postgres {

struct Server {
  int version = 0;           // server_version_num
  std::string version_text;  // `15.18`
  std::string identity;      // the cluster's system identifier; empty when we may not ask
  std::string user;          // current_user: behind a proxy it may be another than configured
  std::string database;      // the one connected to
  std::string bootstrap;     // the role with oid 10: the grantor of what superusers grant, from 16 on
  bool superuser = false;
  bool create_role = false;
  bool create_database = false;
  bool replication = false;
  bool bypass_row_level_security = false;
  bool reads_passwords = false;  // may SELECT from pg_authid

  // Who the server says granted a membership that we grant.
  [[nodiscard]] const std::string& grantor() const;
};

class Session {
 public:
  using Lease = net::PostgresPool::Lease;

  // Connects once and learns. Errors as PostgresConnection::connect.
  static Result<std::unique_ptr<Session>> open(const Value& config);

  [[nodiscard]] const Server& server() const noexcept { return server_; }
  [[nodiscard]] net::PostgresPool& pool() noexcept { return pool_; }

  // A connection inside a transaction to a database; the shared catalogs are read in our own.
  Result<Lease> read(const std::string& database) {
    return pool_.acquire(database, net::PostgresPool::Start::read_only);
  }
  // The loan ends what it runs after `timeout`; zero: as the connection is configured.
  Result<Lease> write(const std::string& database, std::chrono::milliseconds timeout) {
    return limited(database, net::PostgresPool::Start::read_write, timeout);
  }
  // Outside a transaction, for what the server refuses inside one.
  Result<Lease> plain(const std::string& database, std::chrono::milliseconds timeout = std::chrono::milliseconds{0}) {
    return limited(database, net::PostgresPool::Start::plain, timeout);
  }

  // One query in a read-only transaction of its own.
  Result<net::PostgresRows> select(const std::string& database, const std::string& sql,
                                   const std::vector<net::PostgresParameter>& parameters = {});

 private:
  Session(net::PostgresSettings settings, std::size_t connections) : pool_(std::move(settings), connections) {}
  Result<Lease> limited(const std::string& database, net::PostgresPool::Start start, std::chrono::milliseconds timeout);
  net::PostgresPool pool_;
  Server server_;
};

// `1h30m`, `500ms`, `90` (seconds) in milliseconds; nullopt for what is no duration.
std::optional<std::chrono::milliseconds> read_duration(std::string_view text);

}  // namespace plumb::postgres
