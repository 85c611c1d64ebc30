// Why a role cannot be dropped, over all databases.
#include <map>

#include "engine/base/text.h"
#include "providers/postgres/types.h"

namespace plumb::postgres {

namespace {

constexpr std::size_t kNamed = 10;  // of each database; the rest is counted

struct Dependent {
  std::string kind;  // pg_shdepend.deptype
  std::string catalog, object, part;
  std::string text;  // empty until somebody can name it
};

std::string relation(std::string_view kind) {
  if (kind == "o") return "owns ";
  if (kind == "r") return "is named by ";
  return "has privileges on ";
}

// Names the objects of another database; keeps the catalogs' names where it cannot be connected to.
void describe(Session& session, const std::string& database, std::vector<Dependent>& all) {
  std::vector<std::string> catalogs, objects, parts;
  const auto count = std::min(all.size(), kNamed);
  for (std::size_t i = 0; i < count; ++i) {
    catalogs.push_back(all[i].catalog);
    objects.push_back(all[i].object);
    parts.push_back(all[i].part);
  }
  const auto rows =
      session.select(database,
                     "SELECT pg_describe_object(c, o, p) FROM unnest($1::oid[], $2::oid[], $3::int4[]) WITH ORDINALITY "
                     "AS t(c, o, p, n) "
                     "ORDER BY n",
                     {net::array_literal(catalogs), net::array_literal(objects), net::array_literal(parts)});
  if (!rows) return;
  for (std::size_t i = 0; i < std::min(count, rows->size()); ++i) {
    if (!rows->is_null(i, 0)) all[i].text = rows->text(i, 0);
  }
}

}  // namespace

std::string dependents_of(Session& session, const std::string& role_oid) {
  // Shared objects have no database, and can be named from any.
  const auto rows = session.select(session.server().database,
                                   "SELECT d.datname, s.deptype, s.classid, s.objid, s.objsubid, "
                                   "CASE WHEN s.dbid = 0 THEN pg_describe_object(s.classid, s.objid, s.objsubid) END, "
                                   "'an entry of ' || s.classid::regclass::text, coalesce(d.datallowconn, false) "
                                   "FROM pg_shdepend s LEFT JOIN pg_database d ON d.oid = s.dbid "
                                   "WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = $1::oid "
                                   "ORDER BY 1 NULLS FIRST, 2 DESC, 3, 4 LIMIT 10000",
                                   {role_oid});
  if (!rows || rows->empty()) return {};
  std::map<std::string, std::vector<Dependent>> by_database;
  std::map<std::string, bool> accepts;
  std::map<std::string, std::vector<std::string>> fallback;
  for (std::size_t row = 0; row < rows->size(); ++row) {
    const auto database = rows->text(row, 0);
    by_database[database].push_back(
        {rows->text(row, 1), rows->text(row, 2), rows->text(row, 3), rows->text(row, 4), rows->text(row, 5)});
    fallback[database].push_back(rows->text(row, 6));
    accepts[database] = rows->flag(row, 7);
  }
  std::vector<std::string> parts;
  for (auto& [database, all] : by_database) {
    if (accepts[database]) describe(session, database, all);
    std::vector<std::string> words;
    for (std::size_t i = 0; i < std::min(all.size(), kNamed); ++i) {
      words.push_back(relation(all[i].kind) + (all[i].text.empty() ? fallback[database][i] : all[i].text));
    }
    if (all.size() > kNamed) words.push_back(counted(all.size() - kNamed, "more thing", "more things"));
    parts.push_back((database.empty() ? "it " : "in database \"" + database + "\" it ") + join(words, ", "));
  }
  return join(parts, "; ");
}

}  // namespace plumb::postgres
