#include "providers/postgres/data.h"

#include <set>

#include "engine/base/suggest.h"
#include "engine/provider_api/values.h"
#include "providers/postgres/schema.h"
#include "providers/postgres/types.h"

namespace plumb::postgres {

namespace {

using Questions = std::span<const Value>;

std::string lower(std::string text) {
  for (auto& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return text;
}

// The server refuses the whole query for one such pattern.
bool ends_open(std::string_view pattern) {
  std::size_t slashes = 0;
  while (slashes < pattern.size() && pattern[pattern.size() - 1 - slashes] == '\\') ++slashes;
  return slashes % 2 == 1;
}

Error open_pattern(const std::string& pattern) {
  return {"like is \"" + pattern + "\", which ends with a \\ that takes the meaning of nothing away",
          "Write \\\\ for the character itself, or remove it",
          {},
          Fault::provider};
}

ReadResult answer(const Value& question, std::vector<ValueMap::Entry> told) {
  ValueMap entries = question.is_map() ? question.as_map() : ValueMap();
  for (auto& [name, value] : told) entries.set(std::string(name), std::move(value));
  return ReadResult::present(Value(std::move(entries)), "");
}

// What the schema names of an object, as reading it as a resource tells it.
Results by_name(Session& session, const TypeSchema& type, Questions questions, Results (*read)(Session&, Keys)) {
  std::vector<ReadKey> keys;
  keys.reserve(questions.size());
  for (const auto& one : questions) keys.push_back({Value(ValueMap{{"name", one.get("name")}}), {}});
  auto results = read(session, keys);
  for (auto& result : results) {
    if (result.status != ReadResult::Status::present) continue;
    std::vector<ValueMap::Entry> kept;
    for (const auto& [name, value] : result.value.as_map()) {
      if (type.find(name) != nullptr) kept.emplace_back(name, value);
    }
    result = ReadResult::present(Value(ValueMap::from(std::move(kept))), "");
  }
  return results;
}

// `source` selects one column of names.
Result<Results> names_like(Session& session, const std::string& database, const std::string& source,
                           Questions questions) {
  Results out(questions.size());
  std::vector<std::string> patterns;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    auto pattern = text_or(questions[i], "like", "%");
    if (ends_open(pattern)) {
      out[i] = ReadResult::unreadable(open_pattern(pattern));
      pattern.clear();
    }
    patterns.push_back(std::move(pattern));
  }
  const auto rows = PLUMB_TRY(
      session.select(database,
                     "SELECT p.n - 1, t.name FROM unnest($1::text[]) WITH ORDINALITY AS p(pattern, n) JOIN (" + source +
                         ") AS t(name) ON t.name LIKE p.pattern COLLATE \"C\" ORDER BY p.n, t.name COLLATE \"C\"",
                     {net::array_literal(patterns)}));
  std::vector<Value::List> names(questions.size());
  for (std::size_t row = 0; row < rows.size(); ++row) {
    names[static_cast<std::size_t>(rows.integer(row, 0))].emplace_back(rows.text(row, 1));
  }
  for (std::size_t i = 0; i < questions.size(); ++i) {
    if (out[i].status == ReadResult::Status::unreadable) continue;
    out[i] = answer(questions[i], {{"names", Value(std::move(names[i]))}});
  }
  return out;
}

Results names_on_server(Session& session, const std::string& source, Questions questions) {
  auto out = names_like(session, session.server().database, source, questions);
  return out ? *std::move(out) : all_unreadable(questions.size(), out.error());
}

// Questions by the database that each looks into, which may be the provider's own without saying so.
using AskDatabase = std::function<Result<Results>(const std::string& database, Questions)>;

Results in_databases(Session& session, Questions questions, const AskDatabase& ask) {
  std::vector<ReadKey> keys;
  keys.reserve(questions.size());
  for (const auto& one : questions) {
    keys.push_back({with(one, "database", text_or(one, "database", session.server().database)), {}});
  }
  return read_by_database(session, keys, [&](const std::string& database, Keys part) {
    std::vector<Value> asked;
    asked.reserve(part.size());
    for (const auto& key : part) asked.push_back(key.identity);
    return ask(database, asked);
  });
}

Result<Results> extensions_in(Session& session, const std::string& database, Questions questions) {
  const auto rows = PLUMB_TRY(session.select(
      database,
      "SELECT * FROM (SELECT 'installed', e.extname::text, n.nspname::text, e.extversion FROM pg_extension e "
      "JOIN pg_namespace n ON n.oid = e.extnamespace "
      "UNION ALL SELECT 'available', a.name::text, a.default_version, v.version FROM pg_available_extensions a "
      "JOIN pg_available_extension_versions v ON v.name = a.name) AS t(kind, name, first, second) "
      "ORDER BY kind, name COLLATE \"C\", second COLLATE \"C\""));
  ValueMap installed, available;
  for (std::size_t row = 0; row < rows.size();) {
    const auto name = rows.text(row, 1);
    if (rows.view(row, 0) == "installed") {
      installed.set(name, Value(ValueMap{{"schema", rows.text(row, 2)}, {"version", rows.text(row, 3)}}));
      ++row;
      continue;
    }
    Value::List versions;
    const auto standard = rows.text(row, 2);
    for (; row < rows.size() && rows.view(row, 0) == "available" && rows.view(row, 1) == name; ++row) {
      versions.emplace_back(rows.text(row, 3));
    }
    available.set(name, Value(ValueMap{{"default_version", standard}, {"versions", Value(std::move(versions))}}));
  }
  Results out;
  const Value there(std::move(installed)), possible(std::move(available));
  for (const auto& one : questions) out.push_back(answer(one, {{"available", possible}, {"installed", there}}));
  return out;
}

// The settings asked for, by lower-case name. What our own connection set for itself is told as it was before.
Result<std::map<std::string, std::string>> read_settings(Session& session, const std::set<std::string>& names) {
  std::map<std::string, std::string> out;
  if (names.empty()) return out;
  const auto rows = PLUMB_TRY(session.select(
      session.server().database,
      "SELECT lower(name), CASE WHEN source <> 'session' THEN current_setting(name) "
      "WHEN vartype = 'integer' AND reset_val <> '0' THEN reset_val || coalesce(unit, '') ELSE reset_val END "
      "FROM pg_settings WHERE lower(name) = ANY($1::text[])",
      {net::array_literal({names.begin(), names.end()})}));
  for (std::size_t row = 0; row < rows.size(); ++row) out.emplace(rows.text(row, 0), rows.text(row, 1));
  return out;
}

// One that the list leaves out: it may not be read, is not there, or is no part of any list.
Result<std::string> read_unlisted(Session& session, const std::string& name) {
  const auto& server = session.server();
  auto rows = session.select(server.database, "SELECT current_setting($1, true)", {name});
  if (!rows) {
    auto error = std::move(rows).error();
    if (error.fault == Fault::denied) {
      error.next_step = "GRANT pg_read_all_settings TO " + net::quote_identifier(server.user);
    }
    return fail(std::move(error).in("setting \"" + name + '"'));
  }
  if (!rows->empty() && !rows->is_null(0, 0)) return rows->text(0, 0);
  std::vector<std::string> known;
  const auto all = PLUMB_TRY(session.select(server.database, "SELECT name FROM pg_settings ORDER BY 1"));
  for (std::size_t row = 0; row < all.size(); ++row) known.push_back(all.text(row, 0));
  return fail("the server has no setting \"" + name + '"' + did_you_mean(name, known),
              "Correct the name; SELECT name FROM pg_settings shows them all", {}, Fault::provider);
}

Results ask_server(Session& session, Questions questions) {
  const auto& server = session.server();
  std::set<std::string> names;
  for (const auto& one : questions) {
    for (auto& name : texts_of(one, "names")) names.insert(lower(std::move(name)));
  }
  const auto rows =
      session.select(server.database,
                     "SELECT pg_is_in_recovery(), current_setting('max_connections'), "
                     "current_setting('server_encoding'), rolsuper FROM pg_roles WHERE rolname = current_user");
  if (!rows) return all_unreadable(questions.size(), rows.error());
  if (rows->empty()) {
    return all_unreadable(questions.size(),
                          {"the server does not know its own user", "Plan again", {}, Fault::provider});
  }
  auto settings = read_settings(session, names);
  if (!settings) return all_unreadable(questions.size(), settings.error());
  std::map<std::string, Error> missing;
  for (const auto& name : names) {
    if (settings->contains(name)) continue;
    auto found = read_unlisted(session, name);
    if (found) {
      settings->emplace(name, *std::move(found));
    } else {
      missing.emplace(name, std::move(found).error());
    }
  }
  Results out;
  for (const auto& one : questions) {
    std::vector<ValueMap::Entry> values;
    const Error* wrong = nullptr;
    for (const auto& name : texts_of(one, "names")) {
      if (const auto bad = missing.find(lower(name)); bad != missing.end()) wrong = &bad->second;
      if (const auto good = settings->find(lower(name)); good != settings->end())
        values.emplace_back(name, good->second);
    }
    if (wrong != nullptr) {
      out.push_back(ReadResult::unreadable(*wrong));
      continue;
    }
    out.push_back(answer(one, {{"version", server.version_text},
                               {"version_number", std::int64_t{server.version}},
                               {"system_identifier", server.identity.empty() ? Value() : Value(server.identity)},
                               {"user", server.user},
                               {"is_superuser", rows->flag(0, 3)},
                               {"in_recovery", rows->flag(0, 0)},
                               {"max_connections", rows->integer(0, 1)},
                               {"encoding", rows->text(0, 2)},
                               {"settings", Value(ValueMap::from(std::move(values)))}}));
  }
  return out;
}

constexpr const char* kRoleNames = "SELECT rolname::text FROM pg_roles WHERE rolname !~ '^pg_'";
constexpr const char* kDatabaseNames = "SELECT datname::text FROM pg_database WHERE NOT datistemplate";
constexpr const char* kSchemaNames =
    "SELECT nspname::text FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'";

// No text of the server's holds it, and it would cut a query short for all.
bool has_nul(const Value& question) {
  auto texts = texts_of(question, "names");
  for (const auto* name : {"name", "database", "like"}) texts.push_back(text_or(question, name));
  return std::any_of(texts.begin(), texts.end(),
                     [](const std::string& text) { return text.find('\0') != std::string::npos; });
}

Results dispatch(Session& session, const TypeSchema& type, Questions questions) {
  if (type.name == kServerData) return ask_server(session, questions);
  if (type.name == kRole) return by_name(session, type, questions, read_roles);
  if (type.name == kDatabase) return by_name(session, type, questions, read_databases);
  if (type.name == kRolesData) return names_on_server(session, kRoleNames, questions);
  if (type.name == kDatabasesData) return names_on_server(session, kDatabaseNames, questions);
  if (type.name == kSchemasData) {
    return in_databases(session, questions, [&](const std::string& database, Questions part) {
      return names_like(session, database, kSchemaNames, part);
    });
  }
  if (type.name == kExtensionsData) {
    return in_databases(session, questions, [&](const std::string& database, Questions part) {
      return extensions_in(session, database, part);
    });
  }
  return all_unreadable(
      questions.size(),
      {"the postgres provider has no data source " + type.name, "Report this as a bug", {}, Fault::internal});
}

}  // namespace

Results read_data(Session& session, const TypeSchema& type, std::span<const Value> questions) {
  std::vector<Value> fine;
  for (const auto& one : questions) {
    if (!has_nul(one)) fine.push_back(one);
  }
  auto answers = fine.empty() ? Results() : dispatch(session, type, fine);
  if (fine.size() == questions.size()) return answers;
  Results out;
  auto next = answers.begin();
  for (const auto& one : questions) {
    out.push_back(has_nul(one)
                      ? ReadResult::unreadable({"it is asked with a NUL character, which nothing on the server "
                                                "has in its name",
                                                "Remove it",
                                                {},
                                                Fault::provider})
                      : std::move(*next++));
  }
  return out;
}

std::vector<TypeError> check_question(const TypeSchema& type, const Value& question) {
  std::vector<TypeError> out;
  for (const auto* name : {"name", "database"}) {
    if (type.find(name) != nullptr && text_of(question, name) == "") {
      out.push_back({Path(name), std::string(name) + " is empty", "Name what is looked for"});
    }
  }
  const auto like = text_of(question, "like");
  if (like && ends_open(*like)) {
    auto error = open_pattern(*like);
    out.push_back({Path("like"), std::move(error.message), std::move(error.next_step)});
  }
  return out;
}

}  // namespace plumb::postgres
