/// Whom TLS trusts, and what an operator reads when a certificate is refused.
#pragma once
#include "base/result.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct ssl_ctx_st;
struct x509_st;
struct x509_store_st;
struct X509_VERIFY_PARAM_st;

namespace wardroom::http {

/// All certificates of a PEM file, at least one, in order. `what` names the file in sentences: "the
/// certificate file". Error: malformed.
Result<std::vector<std::shared_ptr<x509_st>>> read_certificates(std::string const& path,
                                                                std::string_view what);

/// Whether `path` is a readable PEM file with certificates, all of them whole. To be asked at
/// start: a client with such a file trusts its certificates instead of the system's, never both,
/// and never falls back to the system's. Empty = the system's, always fine.
Result<void> check_ca_file(std::string const& path);
/// The same certificates, read once and for good: what becomes of the file later changes nothing.
/// Throws std::runtime_error with the sentence of check_ca_file.
std::shared_ptr<x509_store_st> trust_of(std::string const& ca_file);

/// Whether `pin` is "sha256//" and the base64 of 32 bytes, or several of them with ';' between.
/// Empty = no pin, always fine.
Result<void> check_pin(std::string_view pin);

/// Certificates are checked against `trusted` alone, each of them a full anchor, also one below a
/// root; TLS 1.2 or newer and OpenSSL's security level 2 (no key below 2048 bits of RSA, no
/// SHA-1), even where the system's configuration allows less.
void demand_safe_tls(ssl_ctx_st* tls, x509_store_st* trusted);
/// Any certificate passes the handshake: for a server whose pinned key is all that is trusted, and
/// which libcurl compares before a byte is sent. After demand_safe_tls.
void trust_any_certificate(ssl_ctx_st* tls);
/// The certificate must name `host`, a name or an address, among its alternative names; the
/// subject's common name does not count. Source: RFC 9525.
bool demand_host(X509_VERIFY_PARAM_st* wanted, std::string_view host);

/// What is wrong with the certificate of `host`, and what to do. `verdict` = X509_V_ERR_….
Error certificate_refused(long verdict, std::string_view host);
/// Its key is not the pinned one.
Error key_refused(std::string_view host);
/// The handshake with `host` failed for another reason; `detail` in OpenSSL's words.
Error handshake_failed(std::string_view detail, std::string_view host);

}  // namespace wardroom::http
