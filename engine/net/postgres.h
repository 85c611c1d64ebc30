// PostgreSQL connections: one connection, and a pool with one cap over all databases of a server.
//
// Errors carry the server's own words (primary message and detail), never a statement or a parameter.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"

namespace plumb::net {

// `"name"`, inner quotes doubled. Precondition: no NUL.
std::string quote_identifier(std::string_view name);
// `'text'`, inner quotes doubled; the E'' form when there is a backslash, so that it reads the same under any
// standard_conforming_strings. Precondition: no NUL.
std::string quote_literal(std::string_view text);
// A text array as the server reads it, to be bound as one parameter (`$1::text[]`).
std::string array_literal(const std::vector<std::string>& items);

struct PostgresSettings {
  // libpq's keywords and values (`host`, `password`, ...), less `dbname`. What is not here is libpq's to find
  // (PGHOST, .pgpass, a service file). Never turned into a URL.
  std::vector<std::pair<std::string, std::string>> parameters;
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds statement_timeout{60'000};
  std::chrono::milliseconds lock_timeout{10'000};
};

// The answer to one statement. Cheap to copy; texts live as long as any copy.
class PostgresRows {
 public:
  PostgresRows();
  ~PostgresRows();
  PostgresRows(const PostgresRows&);
  PostgresRows(PostgresRows&&) noexcept;
  PostgresRows& operator=(const PostgresRows&);
  PostgresRows& operator=(PostgresRows&&) noexcept;

  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  // Precondition of all: row < size(), column within the statement's columns.
  [[nodiscard]] bool is_null(std::size_t row, int column) const noexcept;
  [[nodiscard]] std::string_view view(std::size_t row, int column) const noexcept;  // empty for NULL
  [[nodiscard]] std::string text(std::size_t row, int column) const { return std::string(view(row, column)); }
  [[nodiscard]] bool flag(std::size_t row, int column) const noexcept { return view(row, column) == "t"; }
  [[nodiscard]] std::int64_t integer(std::size_t row, int column) const noexcept;  // 0 for what is no integer

 private:
  friend class PostgresConnection;
  struct Impl;
  std::shared_ptr<const Impl> impl_;
};

using PostgresParameter = std::optional<std::string>;  // nullopt is NULL

// One session: UTC, ISO dates, standard strings, an empty search_path but for pg_catalog. One thread at a time.
class PostgresConnection {
 public:
  // Errors: Fault::unreachable (names host and port), Fault::refused (names the user), Fault::denied (no CONNECT).
  static Result<std::unique_ptr<PostgresConnection>> connect(const PostgresSettings& settings,
                                                             const std::string& database);
  ~PostgresConnection();
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  // One statement. A connection lost on the way is Retry::outcome_unknown outside a transaction and at commit, and
  // Retry::later inside one, since what was not committed never happened.
  Result<PostgresRows> query(const std::string& sql, const std::vector<PostgresParameter>& parameters = {});

  // A transaction; without commit it is rolled back when the connection goes back to its pool.
  Result<void> begin(bool read_only);
  Result<void> commit();
  // Never fails: a connection that cannot roll back is lost, and the server rolls back.
  void rollback() noexcept;

  // Statements from now on, all of them together, must be done within this time, whatever the settings say of
  // statements and locks; 0: the settings apply again. One that runs into it is cancelled by the server: Retry::never,
  // and the next step names `timeouts`. Committing is not limited. Ends when the connection goes back to its pool.
  void limit(std::chrono::milliseconds time);

  // The SQLSTATE of the last statement that failed; empty when the failure was not the server's.
  [[nodiscard]] const std::string& last_state() const noexcept;
  [[nodiscard]] bool usable() const noexcept;
  [[nodiscard]] bool in_transaction() const noexcept;

 private:
  struct Impl;
  explicit PostgresConnection(std::unique_ptr<Impl> impl);
  Result<void> keep_to_limit();
  std::unique_ptr<Impl> impl_;
};

// What the server said, taken apart. For tests.
struct PostgresMessage {
  std::string state;  // five characters, or empty
  std::string primary;
  std::string detail;
  std::string hint;
};
PostgresMessage read_postgres_message(std::string_view text);
// The error for one message. `context` comes first in the error's message.
Error postgres_error(const PostgresMessage& message);

// Connections by database under one global cap. Thread-safe.
class PostgresPool {
 public:
  PostgresPool(PostgresSettings settings, std::size_t max_connections);
  ~PostgresPool();  // precondition: every lease is back
  PostgresPool(const PostgresPool&) = delete;
  PostgresPool& operator=(const PostgresPool&) = delete;

  // A connection on loan; goes back when it dies. Never ask for a second one while holding one: with a cap of 1 that
  // would wait for ever.
  class Lease {
   public:
    Lease(Lease&&) noexcept;
    Lease& operator=(Lease&&) noexcept;
    ~Lease();
    PostgresConnection* operator->() const noexcept { return connection_.get(); }
    PostgresConnection& operator*() const noexcept { return *connection_; }

   private:
    friend class PostgresPool;
    Lease(PostgresPool* pool, std::string database, std::unique_ptr<PostgresConnection> connection, bool fresh);
    void give_back() noexcept;
    PostgresPool* pool_ = nullptr;
    std::string database_;
    std::unique_ptr<PostgresConnection> connection_;
    bool fresh_ = true;
  };

  // Waits while all connections are out. Reuses an idle one to the same database; else connects, closing the idle
  // connection that was longest unused when the cap is reached. With `transaction`, the loan starts inside one, and a
  // connection that died while idle is replaced without a word.
  enum class Start : std::uint8_t { plain, read_only, read_write };
  Result<Lease> acquire(const std::string& database, Start start);

  // Closes the idle connections to a database that is about to be dropped or renamed.
  void close_idle(const std::string& database);
  // Closes all of them: others may want to drop what they are connected to.
  void close_idle();
  // Connections that are open now, idle or out.
  [[nodiscard]] std::size_t open() const;

 private:
  struct Impl;
  Result<Lease> take(const std::string& database, bool fresh_only);
  std::unique_ptr<Impl> impl_;
};

}  // namespace plumb::net
