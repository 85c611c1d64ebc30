// Certificates for tests, made on the spot.
#pragma once

#include <string>

namespace plumb::test {

struct TestCertificate {
  std::string certificate;  // PEM
  std::string key;          // PEM, PKCS#8, without a passphrase
};

// Signs itself and may sign others.
TestCertificate make_authority(const std::string& name);
// For servers and clients alike. Names as in a subjectAltName: `DNS:vault.test`, `IP:127.0.0.1`.
TestCertificate issue(const TestCertificate& authority, const std::string& names);

// As `openssl x509 -hash`: the name of its file in a directory of authorities, without the `.0`.
std::string subject_hash(const TestCertificate& one);
std::string with_passphrase(const std::string& key, const std::string& passphrase);

}  // namespace plumb::test
