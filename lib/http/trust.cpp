#include "http/trust.hpp"

#include "base/encoding.hpp"

#include <boost/asio/ip/address.hpp>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <new>
#include <stdexcept>
#include <vector>

namespace wardroom::http {
namespace {

/// The system's own file is a quarter of a megabyte.
constexpr std::size_t longest_ca_file = 8u << 20;

constexpr std::string_view trusted_file = "the file of trusted certificates";

Result<std::string> read_file(std::string const& path, std::string const& what) {
  auto cannot = [&] {
    return failure(ErrorKind::malformed,
                   what + " " + path + " cannot be read: " + std::strerror(errno));
  };
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"),
                                                       &std::fclose);
  if (!file) return cannot();
  std::string out(longest_ca_file + 1, '\0');
  errno = 0;
  auto const size = std::fread(out.data(), 1, out.size(), file.get());
  if (std::ferror(file.get())) return cannot();
  if (size > longest_ca_file)
    return failure(ErrorKind::malformed,
                   what + " " + path + " is longer than 8 MiB; is it the right file?");
  out.resize(size);
  return out;
}

struct Words {
  std::string_view problem, remedy;
};

constexpr std::string_view about_issuer =
    "if the server is yours, put its issuer's certificate (PEM) in ca_file; if it is not, somebody "
    "may be listening in between: do not go on";

Words words_of(long verdict) {
  switch (verdict) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return {"it, or one it depends on, has expired",
              "renew it on the server; is this machine's clock right?"};
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return {"it, or one it depends on, is not valid yet",
              "is this machine's clock right, and the server's when the certificate was made?"};
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return {"it is for another name",
              "use the name it was made for in the address, or give the server a certificate with "
              "this name among its alternative names (subjectAltName)"};
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return {"it is signed by itself", about_issuer};
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return {"its issuer is not trusted here", about_issuer};
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return {
          "its issuer is not trusted here, or the server does not send an intermediate "
          "certificate",
          "let the server send its whole chain; or put the issuer's certificate (PEM) in "
          "ca_file"};
    case X509_V_ERR_INVALID_PURPOSE:
      return {"it is not made for servers",
              "give the server a certificate for TLS servers (extended key usage serverAuth)"};
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
      return {"its key, or its issuer's, is too short to be safe",
              "have it made again with RSA of 2048 bits or more, or an elliptic curve"};
    case X509_V_ERR_CA_MD_TOO_WEAK:
      return {"its signature, or its issuer's, is of a kind that can be forged (SHA-1, MD5)",
              "have it signed again with SHA-256"};
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
      return {"it was issued by a certificate that may not issue any",
              "have it issued by a real authority"};
    case X509_V_ERR_PERMITTED_VIOLATION:
    case X509_V_ERR_EXCLUDED_VIOLATION:
      return {"its issuer may not issue certificates for this name (name constraints)",
              "have it issued by an authority that may"};
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return {"its signature is wrong: somebody pretends to be the issuer", about_issuer};
    case X509_V_ERR_CERT_REVOKED:
      return {"it was revoked", "give the server a new one"};
    default:
      return {"it fails the check", "mend the server's certificate"};
  }
}

}  // namespace

Result<std::vector<std::shared_ptr<X509>>> read_certificates(std::string const& path,
                                                             std::string_view what) {
  auto const text = read_file(path, std::string(what));
  if (!text) return std::unexpected(text.error());
  auto refuse = [&](std::string const& why) {
    return failure(ErrorKind::malformed, std::string(what) + " " + path + why);
  };
  if (text->empty()) return refuse(" is empty; put the issuer's certificate (PEM) there");
  std::unique_ptr<BIO, int (*)(BIO*)> bio(
      BIO_new_mem_buf(text->data(), static_cast<int>(text->size())), &BIO_free);
  std::vector<std::shared_ptr<X509>> out;
  ERR_clear_error();
  while (auto* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr))
    out.emplace_back(certificate, &X509_free);
  bool const at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end) return refuse(": its certificate " + std::to_string(out.size() + 1) + " is damaged");
  if (out.empty())
    return refuse(" holds no certificate; a PEM file is wanted (-----BEGIN CERTIFICATE-----)");
  return out;
}

Result<void> check_ca_file(std::string const& path) {
  if (path.empty()) return {};
  auto const read = read_certificates(path, trusted_file);
  if (!read) return std::unexpected(read.error());
  return {};
}

std::shared_ptr<X509_STORE> trust_of(std::string const& ca_file) {
  std::shared_ptr<X509_STORE> store(X509_STORE_new(), &X509_STORE_free);
  if (!store) throw std::bad_alloc();
  if (ca_file.empty()) {
    if (X509_STORE_set_default_paths(store.get()) != 1)
      throw std::runtime_error("the system's trusted certificates cannot be read");
    return store;
  }
  auto const read = read_certificates(ca_file, trusted_file);
  if (!read) throw std::runtime_error(read.error().what);
  for (auto const& certificate : *read) X509_STORE_add_cert(store.get(), certificate.get());
  return store;
}

Result<void> check_pin(std::string_view pin) {
  constexpr std::string_view kind = "sha256//";
  while (!pin.empty()) {
    auto const end = std::min(pin.find(';'), pin.size());
    auto const one = pin.substr(0, end);
    auto const hash = one.starts_with(kind) ? from_base64(one.substr(kind.size())) : std::nullopt;
    // As libcurl compares it: the usual alphabet, padded.
    if (!hash || hash->size() != 32 || one.substr(kind.size()) != to_base64(*hash))
      return failure(
          ErrorKind::malformed,
          "the pin must be \"sha256//\" followed by the base64 of a SHA-256 (44 "
          "characters); get it with: openssl s_client -connect HOST:PORT </dev/null | "
          "openssl x509 -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst "
          "-sha256 -binary | base64");
    pin.remove_prefix(std::min(end + 1, pin.size()));
  }
  return {};
}

void demand_safe_tls(SSL_CTX* tls, X509_STORE* trusted) {
  SSL_CTX_set1_cert_store(tls, trusted);
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(tls), X509_V_FLAG_PARTIAL_CHAIN);
  SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
  if (SSL_CTX_get_security_level(tls) < 2) SSL_CTX_set_security_level(tls, 2);
}

void trust_any_certificate(SSL_CTX* tls) {
  SSL_CTX_set_cert_verify_callback(
      tls,
      [](X509_STORE_CTX* checked, void*) {
        X509_STORE_CTX_set_error(checked, X509_V_OK);
        return 1;
      },
      nullptr);
}

bool demand_host(X509_VERIFY_PARAM* wanted, std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  std::string const name(host);
  X509_VERIFY_PARAM_set_hostflags(
      wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  boost::system::error_code is_name;
  boost::asio::ip::make_address(name, is_name);
  return !name.empty() && (is_name ? X509_VERIFY_PARAM_set1_host(wanted, name.c_str(), 0) == 1
                                   : X509_VERIFY_PARAM_set1_ip_asc(wanted, name.c_str()) == 1);
}

Error certificate_refused(long verdict, std::string_view host) {
  auto const [problem, remedy] = words_of(verdict);
  std::string what = "the certificate of " + std::string(host) + " is not accepted: ";
  what.append(problem).append(" (").append(X509_verify_cert_error_string(verdict));
  what.append("); ").append(remedy);
  return {ErrorKind::unavailable, std::move(what)};
}

Error key_refused(std::string_view host) {
  return {
      ErrorKind::unavailable,
      "the key of " + std::string(host) +
          " is not the pinned one: if its certificate was renewed with a new key, put the new "
          "key's hash in pin; if it was not, somebody may be listening in between: do not go on"};
}

Error handshake_failed(std::string_view detail, std::string_view host) {
  auto says = [&](std::string_view words) { return detail.find(words) != detail.npos; };
  std::string what = "the TLS handshake with " + std::string(host) + " failed: ";
  if (says("protocol version") || says("unsupported protocol"))
    what += "it offers no TLS version that is safe; 1.2 or 1.3 must be switched on there";
  else if (says("wrong version number"))
    what += "it does not speak TLS on this port; is it the right one?";
  else
    what += detail;
  return {ErrorKind::unavailable, std::move(what)};
}

}  // namespace wardroom::http
