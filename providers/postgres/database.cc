// postgres.database
#include "engine/provider_api/values.h"
#include "providers/postgres/types.h"

namespace plumb::postgres {

namespace {

using net::quote_identifier;
using net::quote_literal;

constexpr const char* kSelect =
    "SELECT d.oid, d.datname, pg_get_userbyid(d.datdba), pg_encoding_to_char(d.encoding), d.datcollate, d.datctype, "
    "t.spcname, d.datconnlimit, d.datallowconn, d.datistemplate "
    "FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace";
constexpr const char* kNameOf = "SELECT datname FROM pg_database WHERE oid = $1::oid";

ReadResult database_at(const net::PostgresRows& rows, std::size_t row) {
  const auto text = [&](int column) { return rows.is_null(row, column) ? Value() : Value(rows.text(row, column)); };
  return ReadResult::present(Value(ValueMap{{"allow_connections", rows.flag(row, 8)},
                                            {"connection_limit", rows.integer(row, 7)},
                                            {"encoding", text(3)},
                                            {"is_template", rows.flag(row, 9)},
                                            {"lc_collate", text(4)},
                                            {"lc_ctype", text(5)},
                                            {"name", text(1)},
                                            {"oid", text(0)},
                                            {"owner", text(2)},
                                            {"tablespace_name", text(6)},
                                            {"template", Value()}}),
                             rows.text(row, 0));
}

Result<ApplyResult> read_back(net::PostgresConnection& connection, const Value& desired) {
  const auto name = text_or(desired, "name");
  const auto rows = PLUMB_TRY(connection.query(std::string(kSelect) + " WHERE d.datname = $1::name", {name}));
  if (rows.empty()) return fail("it cannot be read back", "Plan again", {}, Fault::provider);
  auto found = database_at(rows, 0);
  ApplyResult out;
  // The catalog does not tell what it was copied from.
  out.value = with(found.value, "template", desired.get("template"));
  out.server_id = std::move(found.server_id);
  return out;
}

// For what follows something that cannot be taken back.
constexpr std::chrono::milliseconds kUnlimited{0};

std::string bool_word(bool on) { return on ? "true" : "false"; }

// The one we are connected to can be neither renamed nor dropped, and the provider would lose its footing.
Result<void> not_ours(const Session& session, const std::string& name) {
  if (name != session.server().database) return {};
  return fail("it is the database that the provider itself connects to",
              "Set `database` in the provider's configuration to another one, such as postgres");
}

Result<ApplyResult> create(Session& session, const ChangeRequest& change) {
  const auto& desired = change.desired;
  std::string sql = "CREATE DATABASE " + quote_identifier(text_or(desired, "name"));
  const auto identifier = [&](const char* attribute, const char* words) {
    if (const auto text = text_of(desired, attribute)) sql += words + quote_identifier(*text);
  };
  const auto literal = [&](const char* attribute, const char* words) {
    if (const auto text = text_of(desired, attribute)) sql += words + quote_literal(*text);
  };
  identifier("owner", " OWNER ");
  identifier("template", " TEMPLATE ");
  literal("encoding", " ENCODING ");
  literal("lc_collate", " LC_COLLATE ");
  literal("lc_ctype", " LC_CTYPE ");
  identifier("tablespace_name", " TABLESPACE ");
  if (const auto limit = integer_of(desired, "connection_limit"); limit.value_or(-1) != -1) {
    sql += " CONNECTION LIMIT " + std::to_string(*limit);
  }
  if (!flag_of(desired, "allow_connections").value_or(true)) sql += " ALLOW_CONNECTIONS false";
  if (flag_of(desired, "is_template").value_or(false)) sql += " IS_TEMPLATE true";
  // A template may not be in use while it is copied: not by us either.
  session.pool().close_idle(text_or(desired, "template", "template1"));
  auto lease = PLUMB_TRY(session.plain(session.server().database, change.timeout));
  PLUMB_CHECK(lease->query(sql));
  lease->limit(kUnlimited);
  auto result = read_back(*lease, desired);
  if (result) return result;
  // It was made, only not seen again: reading must settle it.
  auto error = std::move(result).error();
  error.retry = Retry::outcome_unknown;
  return fail(std::move(error));
}

std::string changed_options(const ChangeRequest& change) {
  std::string out;
  if (is_changed(change, "connection_limit")) {
    out += " CONNECTION LIMIT " + std::to_string(integer_of(change.desired, "connection_limit").value_or(-1));
  }
  if (is_changed(change, "allow_connections")) {
    out += " ALLOW_CONNECTIONS " + bool_word(flag_of(change.desired, "allow_connections").value_or(true));
  }
  if (is_changed(change, "is_template")) {
    out += " IS_TEMPLATE " + bool_word(flag_of(change.desired, "is_template").value_or(false));
  }
  return out;
}

Result<ApplyResult> update(Session& session, const ChangeRequest& change) {
  const auto name = text_or(change.desired, "name");
  const auto quoted = quote_identifier(name);
  auto lease = PLUMB_TRY(session.write(session.server().database, change.timeout));
  const auto live = PLUMB_TRY(live_name(*lease, kNameOf, change));
  if (!live) return fail(gone("database", change));
  if (*live != name) {
    PLUMB_CHECK(not_ours(session, *live));
    session.pool().close_idle(*live);
    PLUMB_CHECK(lease->query("ALTER DATABASE " + quote_identifier(*live) + " RENAME TO " + quoted));
  }
  if (const auto owner = text_of(change.desired, "owner"); owner && is_changed(change, "owner")) {
    PLUMB_CHECK(lease->query("ALTER DATABASE " + quoted + " OWNER TO " + quote_identifier(*owner)));
  }
  if (const auto options = changed_options(change); !options.empty()) {
    PLUMB_CHECK(lease->query("ALTER DATABASE " + quoted + " WITH" + options));
  }
  auto result = PLUMB_TRY(read_back(*lease, change.desired));
  PLUMB_CHECK(lease->commit());
  const auto tablespace = text_of(change.desired, "tablespace_name");
  if (!tablespace || !is_changed(change, "tablespace_name")) return result;
  // Moving cannot be part of a transaction: what went before stays when it fails.
  session.pool().close_idle(name);
  auto moved = lease->query("ALTER DATABASE " + quoted + " SET TABLESPACE " + quote_identifier(*tablespace));
  if (!moved) {
    result.error = std::move(moved).error().in("cannot move database \"" + name + '"');
    return result;
  }
  lease->limit(kUnlimited);
  return read_back(*lease, change.desired);
}

Result<ApplyResult> remove(Session& session, const ChangeRequest& change) {
  auto lease = PLUMB_TRY(session.plain(session.server().database, change.timeout));
  const auto live = PLUMB_TRY(live_name(*lease, kNameOf, change));
  if (!live) return ApplyResult{};
  PLUMB_CHECK(not_ours(session, *live));
  const auto quoted = quote_identifier(*live);
  session.pool().close_idle(*live);
  const auto rows = PLUMB_TRY(lease->query("SELECT datistemplate FROM pg_database WHERE datname = $1::name", {*live}));
  const bool is_template = !rows.empty() && rows.flag(0, 0);
  if (is_template) PLUMB_CHECK(lease->query("ALTER DATABASE " + quoted + " WITH IS_TEMPLATE false"));
  auto dropped = lease->query("DROP DATABASE " + quoted);
  if (dropped) return ApplyResult{};
  auto error = std::move(dropped).error();
  // As it was, as far as we can: the drop's own error is what matters.
  lease->limit(kUnlimited);
  if (is_template && error.retry != Retry::outcome_unknown) {
    (void)lease->query("ALTER DATABASE " + quoted + " WITH IS_TEMPLATE true");
  }
  return fail(std::move(error));
}

}  // namespace

Results read_databases(Session& session, Keys keys) {
  const auto filter = filter_for(keys, "d.datname", "d.oid");
  const auto rows = session.select(session.server().database, kSelect + filter.where, filter.parameters);
  if (!rows) return all_unreadable(keys.size(), rows.error());
  const RowIndex index(*rows);
  Results out;
  out.reserve(keys.size());
  for (const auto& key : keys) {
    const auto row = index.find(key);
    out.push_back(row ? database_at(*rows, *row) : ReadResult::absent());
  }
  return out;
}

ListResult list_databases(Session& session) {
  ListResult out;
  const auto rows = session.select(session.server().database, std::string(kSelect) + " ORDER BY 2");
  if (!rows) {
    out.error = rows.error();
    return out;
  }
  for (std::size_t row = 0; row < rows->size(); ++row) out.objects.push_back(database_at(*rows, row));
  out.complete = true;
  return out;
}

ApplyResult apply_database(Session& session, const ChangeRequest& change) {
  switch (change.operation) {
    case Operation::create:
      return finish(create(session, change), "create", "database", text_or(change.desired, "name"));
    case Operation::update:
      return finish(update(session, change), "change", "database", text_or(change.prior, "name"));
    case Operation::remove:
      return finish(remove(session, change), "drop", "database", text_or(change.prior, "name"));
  }
  return {};
}

}  // namespace plumb::postgres
