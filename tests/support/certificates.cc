#include "tests/support/certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

namespace plumb::test {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* one) const { X509_free(one); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509_EXTENSION* one) const { X509_EXTENSION_free(one); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

void must(bool done) {
  if (done) return;
  std::fputs("a test's certificate cannot be made\n", stderr);
  std::abort();
}

Owned<BIO> reader(const std::string& text) {
  return Owned<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string text_of(BIO* bio) {
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(bio, &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

void extend(X509* certificate, X509* issuer, int what, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Owned<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str()));
  must(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1);
}

// Without an issuer it signs itself.
TestCertificate make(const std::string& name, const std::string& names, const TestCertificate* authority) {
  const Owned<EVP_PKEY> key(EVP_EC_gen("P-256"));
  const Owned<X509> made(X509_new());
  must(key != nullptr && made != nullptr);
  Owned<X509> issuer;
  Owned<EVP_PKEY> issuer_key;
  if (authority != nullptr) {
    issuer.reset(PEM_read_bio_X509(reader(authority->certificate).get(), nullptr, nullptr, nullptr));
    issuer_key.reset(PEM_read_bio_PrivateKey(reader(authority->key).get(), nullptr, nullptr, nullptr));
    must(issuer != nullptr && issuer_key != nullptr);
  }
  X509_set_version(made.get(), 2);
  std::uint32_t serial = 0;
  must(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(made.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 24L * 3600);
  X509_set_pubkey(made.get(), key.get());
  auto* subject = X509_get_subject_name(made.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                             0);
  auto* from = issuer ? issuer.get() : made.get();
  X509_set_issuer_name(made.get(), X509_get_subject_name(from));
  extend(made.get(), from, NID_basic_constraints, issuer ? "critical,CA:FALSE" : "critical,CA:TRUE");
  if (!names.empty()) extend(made.get(), from, NID_subject_alt_name, names);
  must(X509_sign(made.get(), issuer ? issuer_key.get() : key.get(), EVP_sha256()) > 0);
  const Owned<BIO> certificate_out(BIO_new(BIO_s_mem()));
  const Owned<BIO> key_out(BIO_new(BIO_s_mem()));
  must(PEM_write_bio_X509(certificate_out.get(), made.get()) == 1);
  must(PEM_write_bio_PrivateKey(key_out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return {text_of(certificate_out.get()), text_of(key_out.get())};
}

}  // namespace

TestCertificate make_authority(const std::string& name) { return make(name, "", nullptr); }

TestCertificate issue(const TestCertificate& authority, const std::string& names) {
  return make("plumb test", names, &authority);
}

std::string subject_hash(const TestCertificate& one) {
  const Owned<X509> parsed(PEM_read_bio_X509(reader(one.certificate).get(), nullptr, nullptr, nullptr));
  must(parsed != nullptr);
  char text[16];
  std::snprintf(text, sizeof text, "%08lx", X509_subject_name_hash(parsed.get()));
  return text;
}

std::string with_passphrase(const std::string& key, const std::string& passphrase) {
  const Owned<EVP_PKEY> parsed(PEM_read_bio_PrivateKey(reader(key).get(), nullptr, nullptr, nullptr));
  const Owned<BIO> out(BIO_new(BIO_s_mem()));
  must(PEM_write_bio_PKCS8PrivateKey(out.get(), parsed.get(), EVP_aes_256_cbc(), passphrase.data(),
                                     static_cast<int>(passphrase.size()), nullptr, nullptr) == 1);
  return text_of(out.get());
}

}  // namespace plumb::test
