#include "sim/certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace wardroom::sim {
namespace {

void demand(bool fine, char const* what) {
  if (!fine) throw std::runtime_error(std::string("OpenSSL: ") + what);
}

template <class Write>
std::string to_pem(Write write) {
  std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
  demand(bio && write(bio.get()) == 1, "PEM");
  char* data = nullptr;
  auto const size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

void extend(X509* cert, X509* issuer, int nid, std::string const& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
  std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()), X509_EXTENSION_free);
  demand(extension && X509_add_ext(cert, extension.get(), -1) == 1, value.c_str());
}

std::string join(std::vector<std::string> const& words) {
  std::string out;
  for (auto const& word : words) out += (out.empty() ? "" : ",") + word;
  return out;
}

}  // namespace

Certificate make_certificate(CertificateWish const& wish, Certificate const* issuer) {
  auto* key =
      wish.rsa_bits ? EVP_RSA_gen(static_cast<unsigned>(wish.rsa_bits)) : EVP_EC_gen("P-256");
  demand(key != nullptr, "key");
  Certificate out;
  out.key = std::shared_ptr<void>(key, [](void* k) { EVP_PKEY_free(static_cast<EVP_PKEY*>(k)); });
  auto* cert = X509_new();
  demand(cert != nullptr, "certificate");
  out.x509 = std::shared_ptr<void>(cert, [](void* c) { X509_free(static_cast<X509*>(c)); });

  auto* signer_cert = issuer ? static_cast<X509*>(issuer->x509.get()) : cert;
  auto* signer_key = issuer ? static_cast<EVP_PKEY*>(issuer->key.get()) : key;
  X509_set_version(cert, 2);
  std::uint32_t serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), serial | 1u);
  X509_time_adj_ex(X509_getm_notBefore(cert), static_cast<int>(wish.valid_from_days), 0, nullptr);
  X509_time_adj_ex(X509_getm_notAfter(cert), static_cast<int>(wish.valid_to_days), 0, nullptr);
  X509_set_pubkey(cert, key);
  auto* subject = X509_get_subject_name(cert);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                             reinterpret_cast<unsigned char const*>(wish.common_name.c_str()), -1,
                             -1, 0);
  X509_set_issuer_name(cert, X509_get_subject_name(signer_cert));
  auto const path =
      wish.path_length ? ",pathlen:" + std::to_string(*wish.path_length) : std::string();
  extend(cert, signer_cert, NID_basic_constraints,
         wish.authority ? "critical,CA:TRUE" + path : "critical,CA:FALSE");
  extend(cert, signer_cert, NID_subject_key_identifier, "hash");
  if (wish.authority) extend(cert, signer_cert, NID_key_usage, "critical,keyCertSign,cRLSign");
  if (!wish.constraints.empty())
    extend(cert, signer_cert, NID_name_constraints, "critical," + wish.constraints);
  if (!wish.authority && !wish.usage.empty())
    extend(cert, signer_cert, NID_ext_key_usage, wish.usage);
  if (!wish.names.empty()) extend(cert, signer_cert, NID_subject_alt_name, join(wish.names));
  demand(X509_sign(cert, signer_key, wish.sha1 ? EVP_sha1() : EVP_sha256()) > 0, "sign");

  out.pem = to_pem([&](BIO* bio) { return PEM_write_bio_X509(bio, cert); });
  out.key_pem = to_pem([&](BIO* bio) {
    return PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
  return out;
}

std::unique_ptr<boost::asio::ssl::context> server_context(Certificate const& own,
                                                          std::string const& chain,
                                                          int newest_tls) {
  using boost::asio::ssl::context;
  auto tls = std::make_unique<context>(context::tls_server);
  SSL_CTX_set_security_level(tls->native_handle(), 0);
  SSL_CTX_set_min_proto_version(tls->native_handle(), TLS1_VERSION);
  if (newest_tls) SSL_CTX_set_max_proto_version(tls->native_handle(), newest_tls);
  tls->use_certificate_chain(boost::asio::buffer(own.pem + chain));
  tls->use_private_key(boost::asio::buffer(own.key_pem), context::pem);
  return tls;
}

}  // namespace wardroom::sim
