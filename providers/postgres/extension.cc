// postgres.extension
#include "engine/provider_api/values.h"
#include "providers/postgres/types.h"

namespace plumb::postgres {

namespace {

using net::quote_identifier;

constexpr const char* kSelect =
    "SELECT e.oid, e.extname, n.nspname, e.extversion FROM pg_extension e JOIN pg_namespace n ON n.oid = "
    "e.extnamespace";
constexpr const char* kNameOf = "SELECT extname FROM pg_extension WHERE oid = $1::oid";

ReadResult extension_at(const net::PostgresRows& rows, std::size_t row, const std::string& database) {
  return ReadResult::present(Value(ValueMap{{"database", database},
                                            {"name", rows.text(row, 1)},
                                            {"oid", rows.text(row, 0)},
                                            {"schema", rows.text(row, 2)},
                                            {"version", rows.text(row, 3)}}),
                             rows.text(row, 0));
}

ReadBack read_back(const std::string& database, const std::string& name) {
  return [database, name](net::PostgresConnection& connection) -> Result<ApplyResult> {
    const auto rows = PLUMB_TRY(connection.query(std::string(kSelect) + " WHERE e.extname = $1::name", {name}));
    if (rows.empty()) return fail("it cannot be read back", "Plan again", {}, Fault::provider);
    auto found = extension_at(rows, 0, database);
    ApplyResult out;
    out.value = std::move(found.value);
    out.server_id = std::move(found.server_id);
    return out;
  };
}

Result<ApplyResult> create(Session& session, const ChangeRequest& change) {
  const auto database = text_or(change.desired, "database");
  const auto name = text_or(change.desired, "name");
  std::string sql = "CREATE EXTENSION " + quote_identifier(name);
  const auto schema = text_of(change.desired, "schema");
  if (schema) sql += " SCHEMA " + quote_identifier(*schema);
  if (const auto version = text_of(change.desired, "version")) sql += " VERSION " + quote_identifier(*version);
  std::vector<std::string> statements;
  // Extensions that name no schema of their own go to the first of the search_path, where people look for them.
  if (!schema) statements.emplace_back("SET LOCAL search_path = public, pg_catalog");
  statements.push_back(std::move(sql));
  return in_transaction(session, database, change, statements, read_back(database, name));
}

Result<ApplyResult> update(Session& session, const ChangeRequest& change) {
  const auto database = text_or(change.desired, "database");
  auto lease = PLUMB_TRY(session.write(database, change.timeout));
  const auto live = PLUMB_TRY(live_name(*lease, kNameOf, change));
  if (!live) return fail(gone("extension", change));
  const auto alter = "ALTER EXTENSION " + quote_identifier(*live);
  if (const auto version = text_of(change.desired, "version"); version && is_changed(change, "version")) {
    PLUMB_CHECK(lease->query(alter + " UPDATE TO " + quote_identifier(*version)));
  }
  if (const auto schema = text_of(change.desired, "schema"); schema && is_changed(change, "schema")) {
    PLUMB_CHECK(lease->query(alter + " SET SCHEMA " + quote_identifier(*schema)));
  }
  auto result = PLUMB_TRY(read_back(database, *live)(*lease));
  PLUMB_CHECK(lease->commit());
  return result;
}

Result<ApplyResult> remove(Session& session, const ChangeRequest& change) {
  auto lease = PLUMB_TRY(session.write(text_or(change.prior, "database"), change.timeout));
  const auto live = PLUMB_TRY(live_name(*lease, kNameOf, change));
  if (!live) return ApplyResult{};
  auto dropped = lease->query("DROP EXTENSION " + quote_identifier(*live) + " RESTRICT");
  if (!dropped) {
    auto error = std::move(dropped).error();
    if (lease->last_state() == "2BP01") error.next_step = "Drop what uses it first: Plumb never drops it on the way";
    return fail(std::move(error));
  }
  PLUMB_CHECK(lease->commit());
  return ApplyResult{};
}

std::string label(const Value& attributes) {
  return text_or(attributes, "name") + "\" in database \"" + text_or(attributes, "database");
}

}  // namespace

Results read_extensions(Session& session, Keys keys) {
  return read_by_database(session, keys, [&](const std::string& database, Keys part) -> Result<Results> {
    const auto filter = filter_for(part, "e.extname", "e.oid");
    const auto rows = PLUMB_TRY(session.select(database, kSelect + filter.where, filter.parameters));
    const RowIndex index(rows);
    Results out;
    for (const auto& key : part) {
      const auto row = index.find(key);
      out.push_back(row ? extension_at(rows, *row, database) : ReadResult::absent());
    }
    return out;
  });
}

ListResult list_extensions(Session& session) {
  return list_by_database(session, [&](const std::string& database) -> Result<Results> {
    // plpgsql comes with the server: numbers below this one are given out when it is made.
    const auto rows =
        PLUMB_TRY(session.select(database, std::string(kSelect) + " WHERE e.oid >= 16384::oid ORDER BY 2"));
    Results out;
    for (std::size_t row = 0; row < rows.size(); ++row) out.push_back(extension_at(rows, row, database));
    return out;
  });
}

ApplyResult apply_extension(Session& session, const ChangeRequest& change) {
  switch (change.operation) {
    case Operation::create:
      return finish(create(session, change), "create", "extension", label(change.desired));
    case Operation::update:
      return finish(update(session, change), "change", "extension", label(change.prior));
    case Operation::remove:
      return finish(remove(session, change), "drop", "extension", label(change.prior));
  }
  return {};
}

}  // namespace plumb::postgres
