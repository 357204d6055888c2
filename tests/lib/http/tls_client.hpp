/// A client that speaks TLS over a RawClient, on the test's own thread; it may be slow, rude or
/// hold a certificate.
#pragma once
#include "lib/http/server_fixture.hpp"
#include "sim/certificates.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <memory>
#include <optional>
#include <string>

namespace wardroom::http {

struct TlsWish {
  int version = 0;  ///< TLS1_2_VERSION and the like; 0 = the newest
  std::string ca_pem{};
  std::optional<sim::Certificate> own{};
  std::string chain{};  ///< sent beside `own`
  bool bytewise = false;
  std::string protocols{};  ///< of ALPN, in wire format
  SSL_SESSION* session = nullptr;
};

class TlsClient {
 public:
  TlsClient(RawClient raw, TlsWish wish = {}) : raw(std::move(raw)), wish_(std::move(wish)) {
    context_.reset(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_security_level(context_.get(), 0);
    SSL_CTX_set_min_proto_version(context_.get(), wish_.version ? wish_.version : TLS1_2_VERSION);
    SSL_CTX_set_max_proto_version(context_.get(), wish_.version);
    if (!wish_.ca_pem.empty()) trust();
    if (wish_.own) show();
    ssl.reset(SSL_new(context_.get()));
    from_server_ = BIO_new(BIO_s_mem());
    to_server_ = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl.get(), from_server_, to_server_);
    SSL_set_connect_state(ssl.get());
    if (wish_.session) SSL_set_session(ssl.get(), wish_.session);
    if (!wish_.protocols.empty())
      SSL_set_alpn_protos(ssl.get(), reinterpret_cast<unsigned char const*>(wish_.protocols.data()),
                          static_cast<unsigned>(wish_.protocols.size()));
  }

  /// Whether both sides agreed.
  bool shake_hands() {
    int result = -1;
    raw.wait_until([&] {
      move();
      ERR_clear_error();
      result = SSL_do_handshake(ssl.get());
      wants_ = SSL_get_error(ssl.get(), result);
      move();
      return result == 1 || (wants_ != SSL_ERROR_WANT_READ && wants_ != SSL_ERROR_WANT_WRITE) ||
             (raw.ended() && raw.received.empty());
    });
    return result == 1;
  }
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      auto const count = SSL_write(ssl.get(), bytes.data(), static_cast<int>(bytes.size()));
      if (count <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(count));
      move();
    }
  }
  /// Takes what came; false once nothing more comes.
  bool take() {
    move();
    char buffer[16 * 1024];
    for (;;) {
      ERR_clear_error();
      auto const count = SSL_read(ssl.get(), buffer, sizeof buffer);
      if (count > 0) {
        received.append(buffer, static_cast<std::size_t>(count));
        continue;
      }
      wants_ = SSL_get_error(ssl.get(), count);
      clean_ |= wants_ == SSL_ERROR_ZERO_RETURN;
      return wants_ == SSL_ERROR_WANT_READ && !raw.ended();
    }
  }
  bool wait_until(std::function<bool()> const& enough) {
    return raw.wait_until([&] {
      ended_ |= !take();
      return enough();
    });
  }
  bool wait_for(std::string_view text) {
    return wait_until([&] { return received.find(text) != std::string::npos; });
  }
  bool wait_for_close() {
    return wait_until([&] { return ended_; });
  }
  /// The server said that nothing follows; a cut is no such end.
  bool ended_cleanly() const { return clean_; }
  std::string answer() {
    wait_until([&] { return ended_ || complete() > 0; });
    auto const end = complete();
    auto const out = received.substr(0, end);
    received.erase(0, end);
    return out;
  }
  std::string ask(std::string_view request) {
    send(request);
    return answer();
  }

  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* session) const { SSL_free(session); }
  };
  RawClient raw;
  std::unique_ptr<SSL, Free> ssl;
  std::string received;

 private:
  void trust() {
    std::unique_ptr<BIO, int (*)(BIO*)> bio(
        BIO_new_mem_buf(wish_.ca_pem.data(), static_cast<int>(wish_.ca_pem.size())), &BIO_free);
    std::unique_ptr<X509, void (*)(X509*)> root(
        PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), &X509_free);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), root.get());
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  }
  void show() {
    SSL_CTX_use_certificate(context_.get(), static_cast<X509*>(wish_.own->x509.get()));
    SSL_CTX_use_PrivateKey(context_.get(), static_cast<EVP_PKEY*>(wish_.own->key.get()));
    if (wish_.chain.empty()) return;
    std::unique_ptr<BIO, int (*)(BIO*)> bio(
        BIO_new_mem_buf(wish_.chain.data(), static_cast<int>(wish_.chain.size())), &BIO_free);
    if (auto* one = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr))
      SSL_CTX_add0_chain_cert(context_.get(), one);
  }
  /// Between TLS and the socket.
  void move() {
    char buffer[16 * 1024];
    for (int count; (count = BIO_read(to_server_, buffer, sizeof buffer)) > 0;) {
      auto const size = static_cast<std::size_t>(count);
      if (!wish_.bytewise) raw.send({buffer, size});
      for (std::size_t i = 0; wish_.bytewise && i < size; ++i) {
        raw.send({buffer + i, 1});
        raw.step();
      }
    }
    raw.take();
    if (raw.received.empty()) return;
    BIO_write(from_server_, raw.received.data(), static_cast<int>(raw.received.size()));
    raw.received.clear();
  }
  std::size_t complete() const {
    auto const head = received.find("\r\n\r\n");
    if (head == std::string::npos) return 0;
    auto const field = received.find("Content-Length: ");
    if (field == std::string::npos || field > head) return head + 4;
    auto const size = head + 4 + std::stoul(received.substr(field + 16));
    return received.size() >= size ? size : 0;
  }

  TlsWish wish_;
  std::unique_ptr<SSL_CTX, Free> context_;
  BIO *from_server_ = nullptr, *to_server_ = nullptr;
  int wants_ = 0;
  bool ended_ = false, clean_ = false;
};

}  // namespace wardroom::http
