// What the types share: looking rows up by number or name, and carrying out one change in one transaction.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "providers/postgres/session.h"

namespace plumb::postgres {

using Results = std::vector<ReadResult>;
using Keys = std::span<const ReadKey>;

Results all_unreadable(std::size_t count, const Error& error);

// Rows of a catalog whose first two columns are oid and name, found by oid first and by name else.
class RowIndex {
 public:
  explicit RowIndex(const net::PostgresRows& rows);
  [[nodiscard]] std::optional<std::size_t> find(const ReadKey& key) const;

 private:
  std::unordered_map<std::string_view, std::size_t> by_oid_;
  std::unordered_map<std::string_view, std::size_t> by_name_;
};

// ` WHERE name = ANY($1) OR oid = ANY($2)` and its parameters when the keys are few, else nothing: then everything is
// read. Either way it is one query.
struct Filter {
  std::string where;
  std::vector<net::PostgresParameter> parameters;
};
Filter filter_for(Keys keys, const std::string& name_column, const std::string& oid_column);

// Keys by the database that their identity names, each read over one connection. Databases that do not exist make
// their content absent, those that take no connections unreadable.
using ReadDatabase = std::function<Result<Results>(const std::string& database, Keys keys)>;
Results read_by_database(Session& session, Keys keys, const ReadDatabase& read);

// Everything of a kind that lives in databases. Complete only when every database could be looked into, but for
// template0, which never takes connections.
using ListDatabase = std::function<Result<Results>(const std::string& database)>;
ListResult list_by_database(Session& session, const ListDatabase& list);

// The outcome of one change; an error says what was tried: `cannot create role "app": ...`.
ApplyResult finish(Result<ApplyResult> result, std::string_view verb, std::string_view what, std::string_view name);

// The rows of one object, read back in the transaction that changed it.
using ReadBack = std::function<Result<ApplyResult>(net::PostgresConnection&)>;
// Runs the statements, reads back, commits, all within the change's time. Nothing stays when any of it fails.
Result<ApplyResult> in_transaction(Session& session, const std::string& database, const ChangeRequest& change,
                                   const std::vector<std::string>& statements, const ReadBack& read_back);

// The name an object has now, by its number; nullopt when it is gone. Without a number the name in `prior` stands.
Result<std::optional<std::string>> live_name(net::PostgresConnection& connection, const std::string& sql,
                                             const ChangeRequest& change);

Error gone(std::string_view what, const ChangeRequest& change);

}  // namespace plumb::postgres
