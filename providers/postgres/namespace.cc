// postgres.schema
#include "engine/provider_api/values.h"
#include "providers/postgres/types.h"

namespace plumb::postgres {

namespace {

using net::quote_identifier;

constexpr const char* kSelect = "SELECT oid, nspname, pg_get_userbyid(nspowner) FROM pg_namespace";
constexpr const char* kNameOf = "SELECT nspname FROM pg_namespace WHERE oid = $1::oid";

ReadResult schema_at(const net::PostgresRows& rows, std::size_t row, const std::string& database) {
  return ReadResult::present(Value(ValueMap{{"database", database},
                                            {"name", rows.text(row, 1)},
                                            {"oid", rows.text(row, 0)},
                                            {"owner", rows.text(row, 2)}}),
                             rows.text(row, 0));
}

ReadBack read_back(const std::string& database, const std::string& name) {
  return [database, name](net::PostgresConnection& connection) -> Result<ApplyResult> {
    const auto rows = PLUMB_TRY(connection.query(std::string(kSelect) + " WHERE nspname = $1::name", {name}));
    if (rows.empty()) return fail("it cannot be read back", "Plan again", {}, Fault::provider);
    auto found = schema_at(rows, 0, database);
    ApplyResult out;
    out.value = std::move(found.value);
    out.server_id = std::move(found.server_id);
    return out;
  };
}

Result<ApplyResult> create(Session& session, const ChangeRequest& change) {
  const auto database = text_or(change.desired, "database");
  const auto name = text_or(change.desired, "name");
  std::string sql = "CREATE SCHEMA " + quote_identifier(name);
  if (const auto owner = text_of(change.desired, "owner")) sql += " AUTHORIZATION " + quote_identifier(*owner);
  return in_transaction(session, database, change, {sql}, read_back(database, name));
}

Result<ApplyResult> update(Session& session, const ChangeRequest& change) {
  const auto database = text_or(change.desired, "database");
  const auto name = text_or(change.desired, "name");
  auto lease = PLUMB_TRY(session.write(database, change.timeout));
  const auto live = PLUMB_TRY(live_name(*lease, kNameOf, change));
  if (!live) return fail(gone("schema", change));
  if (*live != name) {
    PLUMB_CHECK(lease->query("ALTER SCHEMA " + quote_identifier(*live) + " RENAME TO " + quote_identifier(name)));
  }
  if (const auto owner = text_of(change.desired, "owner"); owner && is_changed(change, "owner")) {
    PLUMB_CHECK(lease->query("ALTER SCHEMA " + quote_identifier(name) + " OWNER TO " + quote_identifier(*owner)));
  }
  auto result = PLUMB_TRY(read_back(database, name)(*lease));
  PLUMB_CHECK(lease->commit());
  return result;
}

Result<ApplyResult> remove(Session& session, const ChangeRequest& change) {
  auto lease = PLUMB_TRY(session.write(text_or(change.prior, "database"), change.timeout));
  const auto live = PLUMB_TRY(live_name(*lease, kNameOf, change));
  if (!live) return ApplyResult{};
  auto dropped = lease->query("DROP SCHEMA " + quote_identifier(*live) + " RESTRICT");
  if (!dropped) {
    auto error = std::move(dropped).error();
    if (lease->last_state() == "2BP01") {
      error.next_step = "Drop or move what is inside first: Plumb never drops it on the way";
    }
    return fail(std::move(error));
  }
  PLUMB_CHECK(lease->commit());
  return ApplyResult{};
}

std::string label(const Value& attributes) {
  return text_or(attributes, "name") + "\" in database \"" + text_or(attributes, "database");
}

}  // namespace

Results read_schemas(Session& session, Keys keys) {
  return read_by_database(session, keys, [&](const std::string& database, Keys part) -> Result<Results> {
    const auto filter = filter_for(part, "nspname", "oid");
    const auto rows = PLUMB_TRY(session.select(database, kSelect + filter.where, filter.parameters));
    const RowIndex index(rows);
    Results out;
    for (const auto& key : part) {
      const auto row = index.find(key);
      out.push_back(row ? schema_at(rows, *row, database) : ReadResult::absent());
    }
    return out;
  });
}

ListResult list_schemas(Session& session) {
  return list_by_database(session, [&](const std::string& database) -> Result<Results> {
    const auto rows = PLUMB_TRY(session.select(
        database, std::string(kSelect) + " WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 2"));
    Results out;
    for (std::size_t row = 0; row < rows.size(); ++row) out.push_back(schema_at(rows, row, database));
    return out;
  });
}

ApplyResult apply_schema(Session& session, const ChangeRequest& change) {
  switch (change.operation) {
    case Operation::create:
      return finish(create(session, change), "create", "schema", label(change.desired));
    case Operation::update:
      return finish(update(session, change), "change", "schema", label(change.prior));
    case Operation::remove:
      return finish(remove(session, change), "drop", "schema", label(change.prior));
  }
  return {};
}

}  // namespace plumb::postgres
