#include "providers/postgres/acl.h"

#include <algorithm>

#include "engine/base/text.h"
#include "engine/provider_api/values.h"

namespace plumb::postgres {

namespace {

// A NULL acl means the built-in defaults. Every object gives at least one row, which tells that it exists.
constexpr const char* kSelect = R"(
WITH want AS (
  SELECT DISTINCT kind, sch, obj FROM unnest($1::text[], $2::text[], $3::text[]) AS w(kind, sch, obj)
), grantee AS (
  SELECT oid, rolname::text AS name FROM pg_roles WHERE rolname = ANY($4::name[])
  UNION ALL SELECT 0::oid, 'public'
), found AS (
  SELECT w.kind, w.sch, w.obj, d.datdba AS owner, coalesce(d.datacl, acldefault('d', d.datdba)) AS acl
    FROM want w JOIN pg_database d ON d.datname = $5::name WHERE w.kind = 'database'
  UNION ALL
  SELECT w.kind, w.sch, w.obj, n.nspowner, coalesce(n.nspacl, acldefault('n', n.nspowner))
    FROM want w JOIN pg_namespace n ON n.nspname = w.sch::name WHERE w.kind = 'schema'
  UNION ALL
  SELECT w.kind, w.sch, w.obj, c.relowner,
         coalesce(c.relacl, acldefault((CASE WHEN c.relkind = 'S' THEN 's' ELSE 'r' END)::"char", c.relowner))
    FROM want w JOIN pg_namespace n ON n.nspname = w.sch::name
    JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.obj::name
   WHERE (w.kind = 'table' AND c.relkind IN ('r', 'v', 'm', 'f', 'p')) OR (w.kind = 'sequence' AND c.relkind = 'S')
  UNION ALL
  SELECT w.kind, w.sch, w.obj, p.proowner, coalesce(p.proacl, acldefault('f', p.proowner))
    FROM want w JOIN pg_namespace n ON n.nspname = w.sch::name
    JOIN pg_proc p ON p.pronamespace = n.oid AND p.proname = split_part(w.obj, '(', 1)::name
     AND p.proname || '(' || oidvectortypes(p.proargtypes) || ')' = w.obj
   WHERE w.kind = 'routine' OR (w.kind = 'function' AND p.prokind <> 'p') OR (w.kind = 'procedure' AND p.prokind = 'p')
)
SELECT f.kind, f.sch, f.obj, pg_get_userbyid(f.owner), h.name, h.privilege_type, bool_or(h.is_grantable)
  FROM found f
  LEFT JOIN LATERAL (SELECT g.name, a.privilege_type, a.is_grantable
                       FROM aclexplode(f.acl) a JOIN grantee g ON g.oid = a.grantee) h ON true
 GROUP BY 1, 2, 3, 4, 5, 6)";

std::string upper(std::string text) {
  for (auto& c : text) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return text;
}

bool is_routine(std::string_view kind) { return kind == "function" || kind == "procedure" || kind == "routine"; }

}  // namespace

Result<Acls> read_acls(net::PostgresConnection& connection, const std::string& database,
                       const std::set<Target>& targets, const std::set<std::string>& roles) {
  std::vector<std::string> kinds, schemas, objects;
  for (const auto& one : targets) {
    kinds.push_back(one.kind);
    schemas.push_back(one.schema);
    objects.push_back(one.object);
  }
  const auto rows = PLUMB_TRY(
      connection.query(kSelect, {net::array_literal(kinds), net::array_literal(schemas), net::array_literal(objects),
                                 net::array_literal({roles.begin(), roles.end()}), database}));
  Acls out;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    auto& acl = out[{rows.text(row, 0), rows.text(row, 1), rows.text(row, 2)}];
    acl.owner = rows.text(row, 3);
    if (!rows.is_null(row, 4)) acl.by_role[rows.text(row, 4)][rows.text(row, 5)] = rows.flag(row, 6);
  }
  return out;
}

std::vector<Target> targets_of(const Value& attributes) {
  const auto kind = text_or(attributes, "object_type");
  if (kind == "database") return {{kind, "", ""}};
  const auto schema = text_or(attributes, "schema");
  if (kind == "schema") return {{kind, schema, ""}};
  std::vector<Target> out;
  for (auto& object : texts_of(attributes, "objects")) out.push_back({kind, schema, std::move(object)});
  return out;
}

std::string on_clause(const std::string& database, const std::vector<Target>& targets) {
  const auto& kind = targets.front().kind;
  std::vector<std::string> names;
  for (const auto& one : targets) {
    if (kind == "database") {
      names.push_back(net::quote_identifier(database));
    } else if (kind == "schema") {
      names.push_back(net::quote_identifier(one.schema));
    } else {
      const auto arguments = is_routine(kind) ? std::min(one.object.find('('), one.object.size()) : one.object.size();
      names.push_back(net::quote_identifier(one.schema) + '.' + net::quote_identifier(one.object.substr(0, arguments)) +
                      one.object.substr(arguments));
    }
  }
  return upper(kind) + ' ' + join(names, ", ");
}

std::string target_text(const std::string& database, const Target& target) {
  if (target.kind == "database") return "database \"" + database + '"';
  if (target.kind == "schema") return "schema \"" + target.schema + '"';
  return target.kind + " \"" + target.schema + "\".\"" + target.object + '"';
}

Summary summarise(const std::vector<Target>& targets, const std::string& role, const Acls& acls) {
  struct Count {
    std::size_t held = 0, grantable = 0;
  };
  std::map<std::string, Count> counts;
  std::size_t held = 0, grantable = 0;
  const auto holdings = [&](const Target& target) -> const Holdings* {
    const auto acl = acls.find(target);
    if (acl == acls.end()) return nullptr;
    const auto found = acl->second.by_role.find(role);
    return found == acl->second.by_role.end() ? nullptr : &found->second;
  };
  for (const auto& target : targets) {
    const auto* has = holdings(target);
    if (has == nullptr) continue;
    for (const auto& [privilege, may_pass_on] : *has) {
      ++counts[privilege].held;
      ++held;
      if (may_pass_on) ++counts[privilege].grantable, ++grantable;
    }
  }
  Summary out;
  out.with_grant_option = held > 0 && grantable == held;
  // Alike on every target, and alike in who may pass it on.
  const auto even = [&](const Count& count) {
    return count.held == targets.size() && (count.grantable == 0 || out.with_grant_option);
  };
  for (const auto& [privilege, count] : counts) {
    if (even(count)) out.privileges.push_back(privilege);
  }
  for (const auto& target : targets) {
    const auto* has = holdings(target);
    if (has == nullptr) continue;
    for (const auto& [privilege, may_pass_on] : *has) {
      if (even(counts[privilege])) continue;
      auto name = privilege;
      if (may_pass_on && !out.with_grant_option) name += " WITH GRANT OPTION";
      if (targets.size() > 1) name += " ON " + target.object;
      out.privileges.push_back(std::move(name));
    }
  }
  std::sort(out.privileges.begin(), out.privileges.end());
  return out;
}

}  // namespace plumb::postgres
