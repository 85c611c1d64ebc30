// Types that are one document at one path: GET reads it, POST writes it, DELETE removes it. Most are.
#pragma once

#include <optional>
#include <string>

#include "providers/vault/type.h"

namespace plumb::vault {

// Where a document lies. `{backend}` stands for that attribute, percent-encoded; `{name*}` keeps its slashes.
struct DocumentPaths {
  std::string document;      // `auth/{backend}/role/{role_name}`
  std::string collection{};  // `auth/{backend}/role`: a LIST gives the names; empty when there is none
  bool singleton = false;    // it is always there below its mount: no DELETE; removed by forgetting it
  std::string mount_of{};    // attribute that names the mount: a missing mount makes its content absent
};

class DocumentType : public Type {
 public:
  DocumentType(TypeSchema schema, DocumentPaths paths) : Type(std::move(schema)), paths_(std::move(paths)) {}

  // One GET for each key, all at once; 404 is absent.
  Results read(Client& client, Keys keys) const override;
  // POST and then GET, so that what is returned is what is there.
  ApplyResult apply(Client& client, const ChangeRequest& change) const override;
  [[nodiscard]] std::vector<Need> needs(const ChangeRequest& change) const override;

 protected:
  [[nodiscard]] const DocumentPaths& paths() const { return paths_; }
  // The document's path, encoded; `attributes` holds what the template names.
  [[nodiscard]] std::string path(const Value& attributes) const;
  [[nodiscard]] std::string plain_path(const Value& attributes) const;

  // The body of a write. The default: every attribute that is not part of the path, local, or computed only; a complete
  // object, since what a server does with omitted fields differs. Left out are what stands at its static default before
  // and after (older servers may not know it), and write-only values of an update that have not changed.
  [[nodiscard]] virtual Value encode(const ChangeRequest& change) const;
  // Attributes from the document's data. The default: every attribute under its read name; write-only ones are unread.
  // `identity` holds what the path was made of, `known` what state keeps.
  [[nodiscard]] virtual ReadResult decode(const Value& identity, const Value& known, const Value& data) const;
  // More calls for what the document itself does not tell (a role-id). Results are present ones of `read`. The default
  // does nothing.
  virtual void read_more(Client& client, Keys keys, Results& results) const;
  // What follows a successful write, before it is read back (a role-id that was given). The default does nothing.
  virtual std::optional<Error> written(Client& client, const ChangeRequest& change) const;
  virtual ApplyResult remove(Client& client, const ChangeRequest& change) const;

 private:
  DocumentPaths paths_;
};

}  // namespace plumb::vault
