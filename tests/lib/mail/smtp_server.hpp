/// A tiny SMTP server that answers as told, faults included, on the test's own loop.
#pragma once
#include "base/units.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace wardroom::test {

/// Places in a dialogue: "CONNECT", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "BODY" (in
/// the middle of the mail), "MESSAGE" (after its last dot), "QUIT".
struct SmtpScript {
  std::map<std::string, std::string> replies{};     ///< by place, instead of the good one
  std::map<std::string, std::string> recipients{};  ///< by address, instead of the good one
  std::string hangs_at{};                           ///< says nothing any more from here
  std::string cuts_at{};                            ///< closes the connection instead of answering
  bool offers_starttls = false;
  bool tls_at_once = false;
  boost::asio::ssl::context* tls = nullptr;
  std::string login{};  ///< "user:password" that AUTH must bring; empty = AUTH is not offered
  std::string mechanisms = "PLAIN";
};

struct TakenMail {
  std::string from;  ///< the whole parameter of MAIL FROM
  std::vector<std::string> to;
  std::string wire;  ///< as it came, dots still stuffed, without the last dot
  std::string data;  ///< unstuffed
  bool over_tls = false;
  bool logged_in = false;
};

class SmtpServer {
 public:
  SmtpServer(boost::asio::io_context& io, SmtpScript script);
  ~SmtpServer();

  std::uint16_t port() const;
  std::string url() const;                       ///< "smtp://127.0.0.1:PORT"
  std::vector<TakenMail> const& taken() const;   ///< answered with 2xx after the last dot
  std::vector<std::string> const& said() const;  ///< every command line of clients
  std::size_t accepted() const;
  std::size_t bodies() const;  ///< mails that came whole, however they were answered

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace wardroom::test
