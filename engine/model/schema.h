// Schema: what a provider says of its types. Plain values, made once per process by each provider, then read-only.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/path.h"
#include "engine/model/type.h"

namespace plumb {

// When two spellings mean the same. Each has a pure canonicaliser that runs at plan; references read the canonical
// value.
enum class Comparison : std::uint8_t {
  exact,
  text_trailing_newline,  // text, less newlines at its end
  duration,               // `1h30m`, `90m`, plain seconds: canonical is the shortest of Go's form
  quantity,               // Kubernetes quantities: `1000m` = `1`
  json,                   // text that holds JSON: key order and white space do not count
  sql_expression,         // white space and letter case outside quotes do not count
  identifier_case,        // letter case does not count (ASCII)
  instant,         // RFC 3339 or SQL timestamps: the moment counts, not the zone; `infinity` and `-infinity` stand
  server_default,  // exact, but unset equals whatever the server chose
};

// How an attribute refers to another object, by what the server wants to be told.
struct Reference {
  std::string type;       // `postgres.role`
  std::string attribute;  // `name`, or the server id's attribute
};

struct Attribute {
  std::string name;
  TypePtr type;
  std::string doc;      // one sentence
  std::string example;  // as written in YAML

  bool required = false;
  bool optional = false;                 // may be set
  bool computed = false;                 // the server or the provider fills it in when it is not set
  std::optional<Value> default_value{};  // static default: unset means this, and it is managed
  bool server_default = false;           // computed by the server on create, thus unknown in a create's plan
  bool sensitive = false;
  bool write_only = false;   // sent, never read back; compared by input digest
  bool create_only = false;  // used at creation; a later change is recorded and does nothing
  bool immutable = false;    // a change forces replacement
  bool local = false;        // stored, compared prior with desired, never drift
  bool unsettable =
      false;           // optional and computed, yet may be planned back to unset (null) when it leaves configuration
  bool power = false;  // gives power (superuser, privileges): must have a static default or be required
  // Of a write-only attribute: the attribute that says when to send it again. While that is set in configuration, the
  // secret itself is not compared (it may be new at every run), and goes along when the version changes.
  std::string versioned_by{};
  // Of a computed secret: every read gives it back, so it is never kept in state, not even sealed.
  bool kept_by_server = false;
  // Computed: worked out anew whenever one of these attributes changes, thus unknown in the plan of such an update.
  std::vector<std::string> follows{};
  // Moves by the passing of time alone (what has come to its end): to be put right, but nobody's drift.
  bool elapses = false;
  Comparison comparison = Comparison::exact;
  std::optional<Reference> reference{};
  std::string exactly_one_of{};  // attributes with the same group name: exactly one must be set
  std::string send_with{};       // attributes with the same group name travel together in an update
  int since_version = 0;         // server_version_num-like; 0 for always
  std::string read_name{};       // the name read, where it differs from the name written
};

// What happens to an object when an identity attribute changes.
enum class OnIdentityChange : std::uint8_t { replaces, renames, refuses };

struct IdentityPart {
  std::string attribute;
  OnIdentityChange on_change = OnIdentityChange::replaces;
  // Not written by most users; filled by the provider (a membership's grantor defaults to the current user).
  bool defaulted = false;
};

// A container: matched by identity within the provider instance, also when written as a literal. It makes an edge;
// replacing or deleting the container replaces or deletes what is inside.
struct Container {
  std::string type;                             // `postgres.schema`
  std::map<std::string, std::string> identity;  // the container's identity attribute -> our attribute that holds it
  // Skipped when one of our attributes is null.
};

// How an intent without an outcome is settled (state/FORMAT.md).
enum class Recovery : std::uint8_t { natural, marker, before_after, none };

struct TypeSchema {
  std::string name;  // `postgres.role`
  std::string doc;
  std::vector<Attribute> attributes;
  std::vector<IdentityPart> identity;
  std::string server_id;  // the computed attribute that holds the server's own id (`oid`); empty if there is none
  std::vector<Container> containers;
  Recovery recovery = Recovery::natural;
  int version = 1;                       // of the stored attributes
  bool outside_effect = true;            // false for core and random: no intent is journalled
  bool singleton = false;                // adopted and reset, never created or deleted
  bool always_exists = false;            // likewise, but many of them
  bool holds_data = false;               // prevent_destroy defaults to true
  bool link = false;                     // already there means adopt, without a flag
  bool confirm_absence = false;          // an absence in a bulk read must be confirmed by a direct one
  bool server_changes_siblings = false;  // reserved for types whose write changes others
  std::size_t concurrency = 0;           // calls in flight for this type; 0 means the provider's own limit

  [[nodiscard]] const Attribute* find(std::string_view attribute) const noexcept;
  [[nodiscard]] bool is_identity(std::string_view attribute) const noexcept;
};

struct ProviderSchema {
  std::string name;  // `postgres`
  std::string doc;
  std::vector<Attribute> config;
  std::vector<TypeSchema> types;
  // Data sources: required and optional attributes are asked for, computed ones the answer; may be named as a type is.
  std::vector<TypeSchema> data{};
  std::size_t concurrency = 4;        // calls in flight per instance, unless its configuration says otherwise
  std::string concurrency_attribute;  // integer attribute of config that overrides it; empty for none
  bool connects = true;               // false: configure cannot fail for want of a server (core, random)

  [[nodiscard]] const TypeSchema* find(std::string_view type) const noexcept;
  [[nodiscard]] const TypeSchema* find_data(std::string_view type) const noexcept;
};

// The canonical form of an attribute's known value; errors name what cannot be read (`90x` as a duration).
Result<Value> canonical(const Value& value, const Attribute& attribute);
// Equal by the attribute's comparison. Both sides may be in any form. Unknown equals nothing.
bool equivalent(const Value& a, const Value& b, const Attribute& attribute);

// Checks a schema against the rules above (identity attributes exist and are required or defaulted, power has a
// default, names are not meta keys, a data source has only questions and answers, ...). Run for every provider by a
// test and in debug builds by the registry.
std::vector<std::string> check_schema(const ProviderSchema& schema);

// The same value with a mark on each attribute that the schema calls sensitive or write-only, in case the value has
// lost it. `type` may be null.
Value marked_by_schema(const Value& attributes, const TypeSchema* type);
// The path's attribute is sensitive by the schema.
bool sensitive_by_schema(const Path& path, const TypeSchema* type);

// Meta keys of any block; no attribute may use these names.
bool is_meta_key(std::string_view name) noexcept;

}  // namespace plumb
