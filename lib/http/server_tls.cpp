#include "http/server_tls.hpp"

#include "base/private_file.hpp"
#include "http/trust.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <cstdlib>
#include <ctime>
#include <new>
#include <string_view>
#include <sys/stat.h>

namespace wardroom::http {
namespace {

constexpr std::size_t longest_key = 64u << 10;
constexpr unsigned char only_http[] = "\x08http/1.1";

std::unexpected<Error> refuse(std::string const& what) {
  ERR_clear_error();
  return failure(ErrorKind::malformed, what);
}

/// Where a name without a slash, a systemd credential, lies.
std::string path_of(std::string const& file) {
  char const* const folder = std::getenv("CREDENTIALS_DIRECTORY");
  return file.contains('/') || !folder ? file : std::string(folder) + "/" + file;
}

int no_passphrase(char*, int, int, void*) { return -1; }

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Result<Key> read_key(std::string const& file) {
  auto const kind = file.contains('/') ? PrivateFile::plain : PrivateFile::credential;
  auto const text = read_private_file(path_of(file), "key of the certificate", longest_key, kind);
  if (!text) return std::unexpected(text.error());
  auto const bytes = text->reveal();
  std::unique_ptr<BIO, int (*)(BIO*)> bio(
      BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())), &BIO_free);
  if (!bio) throw std::bad_alloc();
  ERR_clear_error();
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr), &EVP_PKEY_free);
  if (key) return key;
  if (bytes.find("ENCRYPTED") != bytes.npos)
    return refuse("the key in " + file +
                  " needs a passphrase, which nobody could type here: take it off with openssl "
                  "pkey -in KEY -out NEW");
  return refuse(file + " holds no private key; a PEM file is wanted (-----BEGIN PRIVATE KEY-----)");
}

Result<void> show(SSL_CTX* tls, TlsFiles const& files) {
  auto const chain = read_certificates(path_of(files.certificate_file), "the certificate file");
  if (!chain) return std::unexpected(chain.error());
  auto const key = read_key(files.key_file);
  if (!key) return std::unexpected(key.error());
  auto const& own = chain->front();
  if (SSL_CTX_use_certificate(tls, own.get()) != 1)
    return refuse("the certificate in " + files.certificate_file +
                  " is too weak to be used: have it made again with RSA of 2048 bits or more, or "
                  "an elliptic curve, and SHA-256");
  for (std::size_t i = 1; i < chain->size(); ++i)
    if (SSL_CTX_add1_chain_cert(tls, (*chain)[i].get()) != 1)
      return refuse("the certificate " + std::to_string(i + 1) + " in " + files.certificate_file +
                    " is too weak to be used; is the chain that of today?");
  if (X509_check_private_key(own.get(), key->get()) != 1)
    return refuse("the key in " + files.key_file + " does not belong to the first certificate in " +
                  files.certificate_file +
                  ": the server's own certificate comes first, then those between it and its root");
  if (SSL_CTX_use_PrivateKey(tls, key->get()) != 1)
    return refuse("the key in " + files.key_file + " cannot be used for TLS");
  return {};
}

/// A certificate is demanded of whoever connects.
Result<void> demand_client(SSL_CTX* tls, std::string const& ca_file) {
  auto const known = read_certificates(ca_file, "the file of trusted certificates");
  if (!known) return std::unexpected(known.error());
  std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> trusted(X509_STORE_new(),
                                                                  &X509_STORE_free);
  if (!trusted) throw std::bad_alloc();
  for (auto const& one : *known) {
    X509_STORE_add_cert(trusted.get(), one.get());
    SSL_CTX_add_client_CA(tls, one.get());  // a hint to those who have several
  }
  demand_safe_tls(tls, trusted.get());
  SSL_CTX_set_verify(tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return {};
}

int choose_protocol(SSL*, unsigned char const** out, unsigned char* size, unsigned char const* in,
                    unsigned in_size, void*) {
  unsigned char* chosen = nullptr;
  auto const found =
      SSL_select_next_proto(&chosen, size, only_http, sizeof only_http - 1, in, in_size);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

void set_rules(SSL_CTX* tls) {
  SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
  if (SSL_CTX_get_security_level(tls) < 2) SSL_CTX_set_security_level(tls, 2);
  SSL_CTX_set_options(tls, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                            SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);  // tickets need no memory here
  constexpr std::string_view name = "wardroom";
  SSL_CTX_set_session_id_context(tls, reinterpret_cast<unsigned char const*>(name.data()),
                                 static_cast<unsigned>(name.size()));
  SSL_CTX_set_alpn_select_cb(tls, choose_protocol, nullptr);
}

Instant expiry_of(SSL_CTX* tls) {
  std::tm end{};
  auto* const own = SSL_CTX_get0_certificate(tls);
  if (!own || ASN1_TIME_to_tm(X509_get0_notAfter(own), &end) != 1) return {};
  return from_unix_ms(static_cast<std::int64_t>(::timegm(&end)) * 1000);
}

}  // namespace

void ServerTls::Free::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
ServerTls::~ServerTls() = default;

Result<std::shared_ptr<ServerTls>> ServerTls::open(TlsFiles files) {
  std::shared_ptr<ServerTls> out(new ServerTls(std::move(files)));
  out->seen_ = out->look();
  if (auto const loaded = out->load(); !loaded) return std::unexpected(loaded.error());
  return out;
}

Result<bool> ServerTls::renew() {
  auto now = look();
  if (now == seen_) return false;
  seen_ = std::move(now);
  if (auto const loaded = load(); !loaded) return std::unexpected(loaded.error());
  return true;
}

std::vector<ServerTls::Seen> ServerTls::look() const {
  std::vector<Seen> out;
  for (auto const* file : {&files_.certificate_file, &files_.key_file, &files_.client_ca_file}) {
    struct stat about{};
    if (file->empty() || ::stat(path_of(*file).c_str(), &about) != 0)
      out.emplace_back();
    else
      out.push_back({about.st_ino, about.st_size, about.st_mtim.tv_sec, about.st_mtim.tv_nsec});
  }
  return out;
}

Result<void> ServerTls::load() {
  Context fresh(SSL_CTX_new(TLS_server_method()));
  if (!fresh) throw std::bad_alloc();
  set_rules(fresh.get());
  if (auto const done = show(fresh.get(), files_); !done) return done;
  if (auto const& ca_file = files_.client_ca_file; !ca_file.empty())
    if (auto const done = demand_client(fresh.get(), path_of(ca_file)); !done) return done;
  expires_ = expiry_of(fresh.get());
  context_ = std::move(fresh);
  return {};
}

}  // namespace wardroom::http
