/// The certificate a listener shows, and whose certificates it demands: read from files, and taken
/// anew for new connections when they change. On the loop only.
#pragma once
#include "base/result.hpp"
#include "base/units.hpp"

#include <memory>
#include <string>
#include <sys/types.h>
#include <vector>

struct ssl_ctx_st;

namespace wardroom::http {

struct TlsFiles {
  std::string certificate_file;  ///< PEM: the own certificate, then those up to its root
  std::string key_file;          ///< PEM without a passphrase; private, or a systemd credential
  std::string client_ca_file{};  ///< PEM; not empty = only who shows a certificate of these
};

/// TLS 1.2 and newer with OpenSSL's security level 2; no renegotiation, no early data; ALPN
/// http/1.1.
class ServerTls {
 public:
  /// Error: malformed, denied, not_found with the file and the remedy.
  static Result<std::shared_ptr<ServerTls>> open(TlsFiles files);
  ~ServerTls();

  /// Looks at the files, and takes those that changed. True = there are new ones. Error: they are
  /// no good, and what was there goes on; told once for each change of the files.
  Result<bool> renew();

  ssl_ctx_st* context() const { return context_.get(); }
  TlsFiles const& files() const { return files_; }
  /// Of the own certificate.
  Instant expires() const { return expires_; }

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  using Context = std::unique_ptr<ssl_ctx_st, Free>;
  struct Seen {
    ino_t inode = 0;
    off_t size = 0;
    long seconds = 0, nanoseconds = 0;
    bool operator==(Seen const&) const = default;
  };
  explicit ServerTls(TlsFiles files) : files_(std::move(files)) {}
  std::vector<Seen> look() const;
  Result<void> load();

  TlsFiles files_;
  Context context_;
  Instant expires_{};
  std::vector<Seen> seen_;
};

}  // namespace wardroom::http
