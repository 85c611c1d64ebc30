#include "providers/postgres/objects.h"

#include <iterator>

#include "engine/provider_api/values.h"

namespace plumb::postgres {

namespace {
constexpr std::size_t kFewKeys = 200;  // more than this, and reading everything is cheaper than asking one by one

Error closed(const std::string& database) {
  return {"database \"" + database + "\" takes no connections",
          "Set allow_connections: true on it to manage what is inside",
          {},
          Fault::denied};
}
}  // namespace

Results all_unreadable(std::size_t count, const Error& error) { return Results(count, ReadResult::unreadable(error)); }

RowIndex::RowIndex(const net::PostgresRows& rows) {
  by_oid_.reserve(rows.size());
  by_name_.reserve(rows.size());
  for (std::size_t row = 0; row < rows.size(); ++row) {
    by_oid_.emplace(rows.view(row, 0), row);
    by_name_.emplace(rows.view(row, 1), row);
  }
}

std::optional<std::size_t> RowIndex::find(const ReadKey& key) const {
  if (const auto found = by_oid_.find(key.server_id); !key.server_id.empty() && found != by_oid_.end()) {
    return found->second;
  }
  const Value* name = key.identity.find("name");
  if (name == nullptr || !name->is_string()) return std::nullopt;
  const auto found = by_name_.find(name->as_string());
  if (found == by_name_.end()) return std::nullopt;
  return found->second;
}

Filter filter_for(Keys keys, const std::string& name_column, const std::string& oid_column) {
  if (keys.size() > kFewKeys) return {};
  std::vector<std::string> names;
  std::vector<std::string> oids;
  for (const auto& key : keys) {
    if (auto name = text_of(key.identity, "name")) names.push_back(std::move(*name));
    if (!key.server_id.empty()) oids.push_back(key.server_id);
  }
  return {" WHERE " + name_column + " = ANY($1::name[]) OR " + oid_column + " = ANY($2::oid[])",
          {net::array_literal(names), net::array_literal(oids)}};
}

Results read_by_database(Session& session, Keys keys, const ReadDatabase& read) {
  Results results(keys.size());
  std::map<std::string, std::vector<std::size_t>> by_database;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (auto database = text_of(keys[i].identity, "database")) {
      by_database[*database].push_back(i);
    } else {
      results[i] =
          ReadResult::unreadable({"its database is not known", "Import it by its identity", {}, Fault::provider});
    }
  }
  std::vector<std::string> names;
  for (const auto& [name, unused] : by_database) names.push_back(name);
  auto there = session.select(session.server().database,
                              "SELECT datname, datallowconn FROM pg_database WHERE datname = ANY($1::name[])",
                              {net::array_literal(names)});
  if (!there) return all_unreadable(keys.size(), there.error());
  std::map<std::string, bool> accepts;
  for (std::size_t row = 0; row < there->size(); ++row) accepts[there->text(row, 0)] = there->flag(row, 1);

  for (const auto& [name, indices] : by_database) {
    const auto found = accepts.find(name);
    if (found == accepts.end()) continue;  // absent, as results start
    std::vector<ReadKey> part;
    part.reserve(indices.size());
    for (const auto i : indices) part.push_back(keys[i]);
    Result<Results> answers = fail(closed(name));
    if (found->second) answers = read(name, part);
    for (std::size_t n = 0; n < indices.size(); ++n) {
      results[indices[n]] = answers ? std::move((*answers)[n]) : ReadResult::unreadable(answers.error());
    }
  }
  return results;
}

ListResult list_by_database(Session& session, const ListDatabase& list) {
  ListResult out;
  const auto databases =
      session.select(session.server().database,
                     "SELECT datname, datallowconn FROM pg_database WHERE datname <> 'template0' ORDER BY 1");
  if (!databases) {
    out.error = databases.error();
    return out;
  }
  for (std::size_t row = 0; row < databases->size(); ++row) {
    const auto name = databases->text(row, 0);
    Result<Results> found = fail(closed(name));
    if (databases->flag(row, 1)) found = list(name);
    if (found) {
      out.objects.insert(out.objects.end(), std::make_move_iterator(found->begin()),
                         std::make_move_iterator(found->end()));
    } else if (!out.error) {
      out.error = std::move(found).error();
    }
  }
  out.complete = !out.error;
  return out;
}

ApplyResult finish(Result<ApplyResult> result, std::string_view verb, std::string_view what, std::string_view name) {
  if (result) return *std::move(result);
  ApplyResult out;
  out.error = std::move(result).error().in("cannot " + std::string(verb) + ' ' + std::string(what) + " \"" +
                                           std::string(name) + '"');
  return out;
}

Result<ApplyResult> in_transaction(Session& session, const std::string& database, const ChangeRequest& change,
                                   const std::vector<std::string>& statements, const ReadBack& read_back) {
  auto lease = PLUMB_TRY(session.write(database, change.timeout));
  for (const auto& one : statements) PLUMB_CHECK(lease->query(one));
  auto result = PLUMB_TRY(read_back(*lease));
  PLUMB_CHECK(lease->commit());
  return result;
}

Result<std::optional<std::string>> live_name(net::PostgresConnection& connection, const std::string& sql,
                                             const ChangeRequest& change) {
  if (change.server_id.empty()) return text_of(change.prior, "name");
  const auto rows = PLUMB_TRY(connection.query(sql, {change.server_id}));
  if (rows.empty()) return std::nullopt;
  return rows.text(0, 0);
}

Error gone(std::string_view what, const ChangeRequest& change) {
  return {std::string(what) + " \"" + text_or(change.prior, "name") + "\" is gone",
          "Plan again: somebody removed it",
          {},
          Fault::provider};
}

}  // namespace plumb::postgres
