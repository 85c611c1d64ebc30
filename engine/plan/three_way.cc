#include "engine/plan/three_way.h"

#include <algorithm>

#include "engine/model/digest.h"
#include "engine/plan/kept.h"

namespace plumb {

namespace {

bool in_list(const std::vector<Path>& paths, const Path& path) {
  return std::any_of(paths.begin(), paths.end(), [&](const Path& p) { return p.covers(path); });
}

// Stands for a secret that is known to be another one. Never sent, never equal to one: a control byte is in no secret.
Value another_secret() { return Value(std::string("\x01 another")).with_sensitive(); }

// The rest of a path below its attribute.
Path below_attribute(const Path& path) {
  return Path(std::vector<PathStep>(path.steps().begin() + 1, path.steps().end()));
}

// `base` with what is unavailable in `want` in its place, where there is something: that cannot be compared.
Value trusting(const Value& base, const Value& want) {
  if (base.is_null() || !want.any_unavailable()) return base;
  if (want.is_unavailable()) return want;
  if (want.is_map() && base.is_map()) {
    ValueMap out = base.as_map();
    for (const auto& [key, item] : want.as_map()) {
      if (const Value* there = base.find(key)) out.set(key, trusting(*there, item));
    }
    return Value(std::move(out)).with_sensitive(base.sensitive());
  }
  if (!want.is_list() || !base.is_list() || want.as_list().size() != base.as_list().size()) return base;
  Value::List out;
  for (std::size_t i = 0; i < base.as_list().size(); ++i) {
    out.push_back(trusting(base.as_list()[i], want.as_list()[i]));
  }
  return Value(std::move(out)).with_sensitive(base.sensitive());
}

// One attribute on its way through the comparison.
class AttributeComparison {
 public:
  AttributeComparison(const ThreeWayInput& input, const Attribute& attribute, ThreeWayResult& out)
      : in_(input), attribute_(attribute), out_(out), path_(attribute.name) {
    if (const Value* desired = in_.desired->find(attribute.name)) set_ = *desired;
    if (in_.record != nullptr) prior_ = in_.record->attributes.get(attribute.name);
    unread_ = in_.live != nullptr && in_list(in_.live->unread, path_);
    unmoved_ = in_.live != nullptr && !unread_ && in_list(in_.live->unmoved, path_);
    live_ = in_.live != nullptr && !unmoved_ ? in_.live->value.get(attribute.name) : prior_;
    if (const std::string* evidence = find_evidence()) evidence_ = evidence;
    managed_before_ =
        in_.record != nullptr && std::any_of(in_.record->managed.begin(), in_.record->managed.end(),
                                             [&](const Path& path) { return path.root() == attribute_.name; });
  }

  // The planned value of the attribute.
  Value run() {
    if (attribute_.kept_by_server) return from_server();
    if (!attribute_.required && !attribute_.optional) return live_;
    Why cause = Why::configuration;
    Value want = set_;
    if (set_.is_null()) {
      cause = Why::unset;
      if (attribute_.default_value) {
        want = *attribute_.default_value;
      } else if (attribute_.computed) {
        if (!managed_before_) return live_;  // never set: not ours
        if (!attribute_.unsettable) {
          out_.released.push_back(path_);
          return live_;
        }
      }
    }
    if (goes_by_version(attribute_, *in_.desired)) return plan_by_version(want, cause);
    // Only a create uses them: what an object was made with is not looked at afterwards.
    if (attribute_.create_only) return want;
    note_drift();
    const std::size_t told = out_.drift.size();
    input_moved_ = input_moved(want);
    const bool secret = is_secret(want);
    Value base = attribute_.local ? restored_prior(want) : secret ? secret_base(want) : live_;
    // Of secrets, drift is found while they are compared.
    out_.drift.erase(std::remove_if(out_.drift.begin() + static_cast<std::ptrdiff_t>(told), out_.drift.end(),
                                    [&](const PathChange& drifted) { return ignored(drifted.path); }),
                     out_.drift.end());
    if (attribute_.computed && want.is_map() && base.is_map()) want = merge_free_keys(base, want);
    // What an object taken in was made with is not told by the server.
    if (attribute_.local && in_.record == nullptr) return want;
    return plan_changes(base, want, cause);
  }

 private:
  const std::string* find_evidence() const {
    if (in_.live == nullptr) return nullptr;
    const auto it = in_.live->evidence.find(path_);
    return it == in_.live->evidence.end() ? nullptr : &it->second;
  }

  bool is_secret(const Value& want) const { return attribute_.sensitive || want.any_sensitive(); }

  // The server keeps it, and it is in no state: that it is another one than before is told by evidence.
  Value from_server() {
    if (in_.live == nullptr) return Value::unknown().with_sensitive();
    if (evidence_ != nullptr && in_.record != nullptr && in_.digest_key->has_value() && !ignored(path_)) {
      const auto it = in_.record->evidence.find(path_);
      if (it != in_.record->evidence.end() && bytes_digest(**in_.digest_key, *evidence_) != it->second)
        out_.drift.push_back({path_, another_secret(), live_.with_sensitive()});
    }
    return unread_ || live_.is_null() ? Value::unavailable() : live_.with_sensitive();
  }

  // It is sent when its version moves, and never looked at. An object that is taken in keeps what it has.
  Value plan_by_version(const Value& want, Why cause) {
    if (in_.record == nullptr) return want;
    if (want.is_null()) {
      return managed_before_ && !attribute_.create_only ? plan_changes(another_secret(), want, cause) : want;
    }
    // What a half-made object was sent is not certain.
    if (!in_.record->partial && !version_moved()) return want;
    return plan_changes(another_secret(), want, cause);
  }

  bool version_moved() const {
    const Attribute* version = in_.type->find(attribute_.versioned_by);
    if (version == nullptr || ignored(Path(version->name))) return false;
    return !diff_attribute(in_.record->attributes.get(version->name), in_.desired->get(version->name), *version)
                .empty();
  }

  // Drift is about what we answered for last time. Of secrets that have a digest, see note_secret_drift.
  void note_drift() {
    if (in_.record == nullptr || in_.live == nullptr || attribute_.local || attribute_.create_only) return;
    if (unread_ || unmoved_ || attribute_.sensitive || attribute_.write_only || attribute_.elapses) return;
    if (attribute_.computed && !managed_before_ && !attribute_.default_value) return;
    if (in_.record->digests.contains(path_)) return;
    if (in_.record->attributes.find(attribute_.name) == nullptr && !managed_before_ && live_.is_null()) return;
    for (PathChange& change : diff_attribute(prior_, without_digested(live_), attribute_)) {
      if (ignored(change.path)) continue;
      if (attribute_.computed && !in_list(in_.record->managed, change.path)) continue;  // a free key that is not ours
      out_.drift.push_back(std::move(change));
    }
  }

  // Nothing where state has only a digest, as in prior.
  Value without_digested(Value value) const {
    each_digest([&](const Path& path, const std::string&) {
      const Path below = below_attribute(path);
      if (value_at(value, below)) value = with_value_at(value, below, Value());
    });
    return value;
  }

  template <class Visit>
  void each_digest(Visit visit) const {
    if (in_.record == nullptr) return;
    const auto& digests = in_.record->digests;
    for (auto it = digests.lower_bound(path_); it != digests.end() && path_.covers(it->first); ++it)
      visit(it->first, it->second);
  }

  // The server gives the secret back: live against what was sent, by its digest.
  void note_secret_drift(const Value& want) {
    if (in_.record == nullptr || attribute_.local || attribute_.create_only) return;
    if (!has_digest()) {
      if (managed_before_) return;  // ours, and nobody digested it: an import
      if (prior_.any_unavailable()) return out_.not_verified.push_back(path_);
      for (PathChange& change : diff_attribute(prior_, live_, attribute_))
        out_.drift.push_back(masked(std::move(change)));
      return;
    }
    each_digest([&](const Path& path, const std::string& digest) {
      if (!in_.digest_key->has_value()) return out_.not_verified.push_back(path);
      if (digest.empty()) return;  // too short, or of another key: only what it is made from tells
      const Path below = below_attribute(path);
      const Value now = value_at(live_, below).value_or(Value());
      if (value_digest(**in_.digest_key, now) == digest) return;
      const Value before = value_at(want, below).value_or(Value());
      const bool known = before.fully_known() && value_digest(**in_.digest_key, before) == digest;
      if (known && below.empty()) {  // then it can be told which part it is
        for (PathChange& change : diff_attribute(before, now, attribute_))
          out_.drift.push_back(masked(std::move(change)));
      } else {
        out_.drift.push_back(masked({path, known ? before : another_secret(), now}));
      }
    });
  }

  static PathChange masked(PathChange change) {
    if (!change.before.is_null()) change.before = change.before.with_sensitive();
    if (!change.after.is_null()) change.after = change.after.with_sensitive();
    return change;
  }

  // Configuration says another secret than what was last sent; false where that cannot be told.
  bool input_moved(const Value& want) const {
    if (in_.record == nullptr || !in_.digest_key->has_value() || !want.any_sensitive()) return false;
    const auto leaves = secret_leaves(want, path_);
    return std::any_of(leaves.begin(), leaves.end(), [&](const auto& leaf) {
      const auto it = in_.record->digests.find(leaf.first);
      return it != in_.record->digests.end() && !it->second.empty() && leaf.second.fully_known() &&
             value_digest(**in_.digest_key, leaf.second) != it->second;
    });
  }

  bool has_digest() const {
    if (in_.record == nullptr) return false;
    const auto first = in_.record->digests.lower_bound(path_);
    return first != in_.record->digests.end() && path_.covers(first->first);
  }

  // Prior with its secrets put back where the digest says that they have not changed; elsewhere something that differs.
  Value restored_prior(const Value& want) {
    if (in_.record == nullptr) return prior_;
    if (want.is_null() && has_digest()) return Value::unknown().with_sensitive();  // there was one, and it goes
    Value base = prior_;
    for (const auto& [path, leaf] : secret_leaves(want, path_)) {
      const Value known = same_as_digest(path, leaf) ? leaf : another_secret();
      const Path below = below_attribute(path);
      base = below.empty() ? known : with_value_at(base, below, known);
    }
    return base;
  }

  bool same_as_digest(const Path& path, const Value& leaf) {
    const auto it = in_.record->digests.find(path);
    if (it == in_.record->digests.end()) return false;
    if (leaf.any_unknown()) return false;
    const bool comparable = leaf.fully_known() && in_.digest_key->has_value() && !it->second.empty();
    if (!comparable) {
      // Without the key equal inputs mean no change, and short values are never digested.
      out_.not_verified.push_back(path);
      return true;
    }
    return value_digest(**in_.digest_key, leaf) == it->second;
  }

  // What to hold a secret against: what the server gives back, what it can verify, or else the digest of what was sent.
  Value secret_base(const Value& want) {
    const Value differs = another_secret();
    if (in_.live == nullptr) return restored_prior(want);
    if (evidence_ != nullptr) return evidence_base(want, differs);
    if (unmoved_) return in_.record != nullptr ? restored_prior(want) : want;
    if (unread_) return unread_base(want);
    if (attribute_.write_only && live_.is_null()) {
      // The server says that there is none.
      if (managed_before_ && !want.is_null()) out_.drift.push_back({path_, differs, Value()});
      return live_;
    }
    note_secret_drift(want);
    Value base = attribute_.sensitive && !live_.is_null() ? live_.with_sensitive() : live_;
    for (const auto& [path, leaf] : secret_leaves(want, path_)) {
      const Path below = below_attribute(path);
      const auto there = value_at(base, below);
      if (!there) continue;
      const Value compared = trusting(*there, leaf).with_sensitive();
      base = below.empty() ? compared : with_value_at(base, below, compared);
      if (leaf.any_unavailable()) out_.not_verified.push_back(path);
    }
    return base;
  }

  // Nobody shows it, and nobody verifies it.
  Value unread_base(const Value& want) {
    if (in_.record != nullptr && in_.record->partial && attribute_.write_only && !want.is_null()) {
      return another_secret();  // what a half-made object was sent is not certain
    }
    if (want.is_null() && !managed_before_ && !has_digest()) return want;  // nobody ever set it
    Value base = in_.record != nullptr ? restored_prior(want) : want;
    out_.not_verified.push_back(path_);
    return base;
  }

  Value evidence_base(const Value& want, const Value& differs) {
    if (want.is_null() || want.any_unknown()) return differs;
    const bool key = in_.digest_key->has_value();
    std::string recorded_evidence, recorded_input;
    if (in_.record != nullptr) {
      if (const auto it = in_.record->evidence.find(path_); it != in_.record->evidence.end())
        recorded_evidence = it->second;
      if (const auto it = in_.record->digests.find(path_); it != in_.record->digests.end()) recorded_input = it->second;
    }
    const bool server_moved =
        key && !recorded_evidence.empty() && bytes_digest(**in_.digest_key, *evidence_) != recorded_evidence;
    if (!want.fully_known()) {  // the key is gone
      out_.not_verified.push_back(path_);
      return in_.record != nullptr ? want : differs;
    }
    const bool input_same = key && !recorded_input.empty() && value_digest(**in_.digest_key, want) == recorded_input;
    if (input_same && !server_moved && !recorded_evidence.empty()) return want;
    const bool same = in_.provider != nullptr && in_.provider->verify(*in_.type, path_, want, *evidence_);
    if (!same && server_moved) out_.drift.push_back({path_, want.with_sensitive(), differs});
    return same ? want : differs;
  }

  // Keys of a computed map that configuration never named are left alone; those it named before and no longer does go.
  Value merge_free_keys(const Value& base, const Value& want) const {
    ValueMap merged = want.as_map();
    for (const auto& [key, value] : base.as_map()) {
      if (merged.contains(key)) continue;
      const bool ours = in_.record != nullptr && in_list(in_.record->managed, path_ / key);
      if (!ours) merged.set(key, value);
    }
    return Value(std::move(merged));
  }

  bool ignored(const Path& path) const {
    const auto covers = [&](const Path& glob) { return glob.glob_covers(path); };
    if (std::any_of(in_.ignore->begin(), in_.ignore->end(), covers)) return true;
    if (in_.hide == nullptr || !std::any_of(in_.hide->begin(), in_.hide->end(), covers)) return false;
    out_.hidden.push_back(path);
    return true;
  }

  Value plan_changes(const Value& base, Value want, Why cause) {
    for (PathChange& change : diff_attribute(base, want, attribute_)) {
      if (ignored(change.path) && (in_.record != nullptr || in_.live != nullptr)) {
        const Path below = below_attribute(change.path);
        const Value there = value_at(base, below).value_or(Value());
        // A secret that nobody knows stays as configuration has it; it is not among what changes.
        if (there.is_unknown() || there == another_secret()) continue;
        want = below.empty() ? there : with_value_at(want, below, there);
        continue;
      }
      PlannedPath planned{change.path, change.before, change.after, why_of(change, cause), {}, {}, false};
      if (attribute_.immutable) {
        planned.forces_replacement = true;
        out_.replace = true;
      }
      out_.paths.push_back(std::move(planned));
    }
    return want;
  }

  Why why_of(const PathChange& change, Why cause) const {
    if (in_.record == nullptr) return Why::outside;
    if (attribute_.elapses && cause == Why::unset) return Why::elapsed;
    for (const PathChange& drifted : out_.drift) {
      if (!drifted.path.covers(change.path) && !change.path.covers(drifted.path)) continue;
      // Drift, if configuration still says what was applied.
      const Path below = below_attribute(change.path);
      const Value prior = value_at(prior_, below).value_or(Value());
      if (prior == change.after || equivalent(prior, change.after, attribute_)) return Why::drift;
      if ((attribute_.sensitive || digest_covers(change.path)) && !input_moved_) return Why::drift;
    }
    return cause;
  }

  bool digest_covers(const Path& path) const {
    bool any = false;
    each_digest([&](const Path& digested, const std::string&) { any = any || digested.covers(path); });
    return any;
  }

  const ThreeWayInput& in_;
  const Attribute& attribute_;
  ThreeWayResult& out_;
  Path path_;
  Value set_, prior_, live_;
  bool unread_ = false, unmoved_ = false, managed_before_ = false, input_moved_ = false;
  const std::string* evidence_ = nullptr;
};

}  // namespace

ThreeWayResult three_way(const ThreeWayInput& input) {
  ThreeWayResult out;
  std::vector<ValueMap::Entry> entries;
  entries.reserve(input.type->attributes.size());
  for (const Attribute& attribute : input.type->attributes) {
    entries.emplace_back(attribute.name, AttributeComparison(input, attribute, out).run());
  }
  ValueMap planned = ValueMap::from(std::move(entries));
  for (const Attribute& attribute : input.type->attributes) {
    if (attribute.follows.empty()) continue;
    const bool moves = std::any_of(out.paths.begin(), out.paths.end(), [&](const PlannedPath& path) {
      const std::string_view root = path.path.root();
      return std::find(attribute.follows.begin(), attribute.follows.end(), root) != attribute.follows.end();
    });
    if (moves) planned.set(attribute.name, Value::unknown().with_sensitive(attribute.sensitive));
  }
  out.planned = Value(std::move(planned));
  std::sort(out.paths.begin(), out.paths.end(),
            [](const PlannedPath& a, const PlannedPath& b) { return a.path < b.path; });
  std::sort(out.drift.begin(), out.drift.end(),
            [](const PathChange& a, const PathChange& b) { return a.path < b.path; });
  return out;
}

}  // namespace plumb
