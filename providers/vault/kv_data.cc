// Data sources of key-value stores of both versions: one secret, and the names below a path.
#include <algorithm>
#include <map>

#include "engine/provider_api/attributes.h"
#include "engine/provider_api/values.h"
#include "providers/vault/kv.h"
#include "providers/vault/types.h"
#include "providers/vault/wire.h"

namespace plumb::vault {

namespace {

using namespace attributes;

TypeSchema secret_schema() {
  Attribute data =
      computed(sensitive(attribute("data", map_type(any_type()), "Its fields.", "{ password: (sensitive) }")));
  return data_schema(
      "vault.kv_secret", "A secret in a key-value store of either version.",
      {required(text("mount", "Where the key-value store is mounted.", "secret")),
       required(text("path", "The path below the mount.", "services/billing/database")),
       optional(attribute("version", integer_type(), "Which version to read; the newest when not set.", "3")),
       std::move(data),
       computed(attribute("metadata",
                          object_type({{"created_time", string_type(), true},
                                       {"custom_metadata", map_type(string_type()), true},
                                       {"version", integer_type(), true}}),
                          "The version that was read, when it was written, and the key's labels; without them in a "
                          "store of version 1.",
                          "{ version: 3 }"))});
}

TypeSchema names_schema() {
  return data_schema(
      "vault.kv_secrets", "The names below a path of a key-value store of either version.",
      {required(text("mount", "Where the key-value store is mounted.", "secret")),
       with_default(optional(text("path", "The folder to look in; the whole store when not set.", "services")),
                    Value("")),
       flag("recursive", "Whether folders are looked into as well.", false),
       computed(
           attribute("names", list_type(string_type()),
                     "Names relative to the path, sorted; folders end with a slash. Keys of version 2 whose newest "
                     "version is deleted are among them.",
                     "[app, team/]"))});
}

using Mount = std::pair<std::string, std::string>;  // namespace, path
Mount mount_of(const Value& question) { return {space_of(question), trimmed_slashes(text_or(question, "mount"))}; }

// The version of each mount that is asked about, once.
class MountVersions {
 public:
  MountVersions(Client& client, std::span<const Value> questions) {
    for (const Value& question : questions) {
      const Mount mount = mount_of(question);
      if (!versions_.contains(mount)) {
        versions_.emplace(mount, kv_mount_version(client, mount.first, mount.second));
      }
    }
  }

  [[nodiscard]] Result<int> of(const Value& question) const {
    const Mount mount = mount_of(question);
    const auto& version = versions_.at(mount);
    if (!version) {
      if (version.error().fault != Fault::denied) return fail(version.error());
      return fail("there is no mount " + mount.second + ", or this token may see nothing in it",
                  "check `mount`, and the token's policies", {}, Fault::denied);
    }
    if (!*version) return fail("the mount " + mount.second + " is no key-value store", "name one of type kv");
    return **version;
  }

 private:
  std::map<Mount, Result<std::optional<int>>> versions_;
};

bool asks_version(const Value& question) { return integer_of(question, "version").has_value(); }

Value answered(const Value& question, std::vector<ValueMap::Entry> answer) {
  ValueMap out = question.as_map();
  for (auto& [name, value] : answer) out.set(std::move(name), std::move(value));
  return Value(std::move(out));
}

class KvSecretData : public DataType {
 public:
  KvSecretData() : DataType(secret_schema()) {}

  Results read(Client& client, std::span<const Value> questions) const override {
    const MountVersions versions(client, questions);
    Results out(questions.size());
    std::vector<Call> calls;
    std::vector<std::size_t> asked;
    for (std::size_t i = 0; i < questions.size(); ++i) {
      const auto version = versions.of(questions[i]);
      if (!version) {
        out[i] = ReadResult::unreadable(version.error());
      } else if (*version == 1 && asks_version(questions[i])) {
        out[i] = ReadResult::unreadable(
            Error{"the mount " + mount_of(questions[i]).second + " is of version 1, which keeps no versions",
                  "leave `version` out"});
      } else {
        calls.push_back(call_of(questions[i], *version));
        asked.push_back(i);
      }
    }
    const auto answers = client.call_all(calls);
    for (std::size_t k = 0; k < asked.size(); ++k) {
      const Value& question = questions[asked[k]];
      out[asked[k]] = *versions.of(question) == 2 ? from_v2(question, answers[k]) : from_v1(question, answers[k]);
    }
    return out;
  }

  [[nodiscard]] std::vector<TypeError> check(const Value& question) const override {
    std::vector<TypeError> out = check_kv_place(question, "path");
    if (const auto version = integer_of(question, "version"); version && *version < 1) {
      out.push_back({Path("version"), "must be 1 or more", "leave it out for the newest"});
    }
    return out;
  }

 private:
  static Call call_of(const Value& question, int version) {
    const auto [space, mount] = mount_of(question);
    const std::string path = text_or(question, "path");
    if (version == 2) return kv_data_call({space, mount, path}, integer_of(question, "version").value_or(0));
    Call out;
    out.path = url_path(mount + '/' + path);
    out.space = space;
    return out;
  }

  static ReadResult from_v1(const Value& question, const Result<Answer>& answer) {
    if (!answer) return ReadResult::unreadable(answer.error());
    if (!answer->found()) return ReadResult::absent();
    return ReadResult::present(
        answered(question, {{"data", answer->data().with_sensitive()}, {"metadata", Value::map()}}), {});
  }

  static ReadResult from_v2(const Value& question, const Result<Answer>& answer) {
    // OpenBao answers this of a version that there never was.
    if (!answer && answer.error().message.find("could not find version data") != std::string::npos) {
      return ReadResult::absent();
    }
    const auto version = kv_version_of(answer);
    if (!version) return ReadResult::unreadable(version.error());
    if (!version->there) return ReadResult::absent();
    const Value metadata(ValueMap{{"created_time", version->created_time},
                                  {"custom_metadata", version->custom_metadata},
                                  {"version", version->version}});
    return ReadResult::present(answered(question, {{"data", version->data}, {"metadata", metadata}}), {});
  }
};

// The names below one folder, with what lies deeper where it is asked for.
class Listing {
 public:
  Listing(Client& client, const Value& question, int version) : client_(client), space_(space_of(question)) {
    base_ = url_path(trimmed_slashes(text_or(question, "mount"))) + (version == 2 ? "/metadata/" : "/");
    folder_ = text_or(question, "path");
    if (!folder_.empty()) folder_ += '/';
  }

  Result<std::vector<std::string>> flat() { return client_.list(base_ + url_path(folder_), space_); }

  Result<std::vector<std::string>> deep() { return client_.server().openbao_since(2, 5) ? scanned() : walked(); }

 private:
  Result<std::vector<std::string>> scanned() {
    Call call = list_call({});
    call.method = "SCAN";
    const auto answer = client_.call(call);
    if (!answer) return fail(answer.error());
    return names_of(*answer);
  }

  // Level by level, all folders of one at once.
  Result<std::vector<std::string>> walked() {
    std::vector<std::string> out, open{""};
    while (!open.empty()) {
      std::vector<Call> calls;
      for (const std::string& folder : open) calls.push_back(list_call(folder));
      const auto answers = client_.call_all(calls);
      std::vector<std::string> deeper;
      for (std::size_t i = 0; i < open.size(); ++i) {
        if (!answers[i]) return fail(answers[i].error());
        for (const std::string& name : names_of(*answers[i])) {
          (name.ends_with('/') ? deeper : out).push_back(open[i] + name);
        }
      }
      open = std::move(deeper);
    }
    return out;
  }

  [[nodiscard]] Call list_call(const std::string& below) const {
    Call out;
    out.method = "LIST";
    out.path = base_ + url_path(folder_ + below);
    out.space = space_;
    return out;
  }

  static std::vector<std::string> names_of(const Answer& answer) { return texts_of(answer.data(), "keys"); }

  Client& client_;
  std::string space_, base_, folder_;
};

class KvSecretsData : public DataType {
 public:
  KvSecretsData() : DataType(names_schema()) {}

  Results read(Client& client, std::span<const Value> questions) const override {
    const MountVersions versions(client, questions);
    Results out;
    for (const Value& question : questions) out.push_back(names(client, question, versions.of(question)));
    return out;
  }

  [[nodiscard]] std::vector<TypeError> check(const Value& question) const override {
    if (text_of(question, "path") == std::string()) return {};
    return check_kv_place(question, "path");
  }

 private:
  static ReadResult names(Client& client, const Value& question, const Result<int>& version) {
    if (!version) return ReadResult::unreadable(version.error());
    Listing listing(client, question, *version);
    auto found = flag_of(question, "recursive").value_or(false) ? listing.deep() : listing.flat();
    if (!found) return ReadResult::unreadable(found.error());
    std::sort(found->begin(), found->end());
    return ReadResult::present(answered(question, {{"names", list_value(*found)}}), {});
  }
};

}  // namespace

DataPtr make_kv_secret_data() { return std::make_unique<KvSecretData>(); }
DataPtr make_kv_secrets_data() { return std::make_unique<KvSecretsData>(); }

}  // namespace plumb::vault
