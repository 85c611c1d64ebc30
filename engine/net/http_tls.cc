#include "engine/net/http_tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>

#include "engine/base/file_system.h"

namespace plumb::net {
namespace {

struct Free {
  void operator()(BIO* bio) const noexcept { BIO_free(bio); }
  void operator()(X509* one) const noexcept { X509_free(one); }
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};
using Bio = std::unique_ptr<BIO, Free>;
using Certificate = std::unique_ptr<X509, Free>;
using Key = std::unique_ptr<EVP_PKEY, Free>;

constexpr std::uint64_t largest_file = 16U * 1024 * 1024;  // a system's whole bundle has 200 KB

// A PEM text and what the user calls it.
struct Pem {
  std::string text;
  std::string place;
};

Result<Pem> read(const std::string& pem, const std::string& file, const std::string& setting) {
  if (!pem.empty()) return Pem{pem, "the PEM text of " + setting};
  if (file.empty()) return Pem{};
  auto text = real_file_system().read(file, largest_file);
  if (!text) {
    auto error = std::move(text).error();
    error.fault = Fault::input;
    error.next_step = "check the path in " + setting;
    return fail(std::move(error));
  }
  return Pem{std::move(*text), file};
}

Bio reader(const std::string& text) { return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

// Never asks on the terminal; remembers that it was asked.
int no_password(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

Certificate first_certificate(const std::string& text) {
  const auto bio = reader(text);
  Certificate out(PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  return out;
}

Result<void> check_certificate(const Pem& pem, const std::string& setting) {
  if (pem.text.empty() || first_certificate(pem.text)) return {};
  return fail(pem.place + " holds no certificate in PEM form",
              "give " + setting + " a text of -----BEGIN CERTIFICATE-----");
}

Result<void> check_key(const Pem& key, const Pem& certificate, const HttpTlsNames& names) {
  bool asked = false;
  const auto bio = reader(key.text);
  const Key parsed(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, &asked));
  ERR_clear_error();
  if (asked) return fail(key.place + " holds a key with a passphrase", "give " + names.key + " the key without one");
  if (!parsed)
    return fail(key.place + " holds no private key in PEM form", "give " + names.key + " the certificate's key");
  const bool fits = X509_check_private_key(first_certificate(certificate.text).get(), parsed.get()) == 1;
  ERR_clear_error();
  if (fits) return {};
  return fail("the key in " + key.place + " does not belong to the certificate in " + certificate.place,
              "give " + names.certificate + " and " + names.key + " of one pair, the certificate before its chain");
}

}  // namespace

Result<TlsMaterial> load_tls_material(const HttpTls& tls) {
  const auto& names = tls.names;
  auto trust = PLUMB_TRY(read(tls.ca_pem, tls.ca_file, names.trust));
  auto certificate = PLUMB_TRY(read(tls.certificate_pem, tls.certificate_file, names.certificate));
  auto key = PLUMB_TRY(read(tls.key_pem, tls.key_file, names.key));
  PLUMB_CHECK(check_certificate(trust, names.trust));
  PLUMB_CHECK(check_certificate(certificate, names.certificate));
  if (!tls.ca_path.empty()) {
    const auto info = PLUMB_TRY(real_file_system().info(tls.ca_path));
    if (!info || info->kind != FileInfo::Kind::directory) {
      return fail(tls.ca_path + " is no directory", "check the path in " + names.trust);
    }
  }
  if (certificate.text.empty() && !key.text.empty()) {
    return fail("there is a client key in " + key.place + " but no certificate", "set " + names.certificate + " too");
  }
  if (!certificate.text.empty()) {
    if (key.text.empty()) key = certificate;
    PLUMB_CHECK(check_key(key, certificate, names));
  }
  return TlsMaterial{std::move(trust.text), std::move(certificate.text), std::move(key.text)};
}

}  // namespace plumb::net
