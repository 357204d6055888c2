#include "lib/mail/smtp_server.hpp"

#include "base/encoding.hpp"
#include "runtime/task.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include <list>
#include <optional>

namespace wardroom::test {
namespace asio = boost::asio;
using asio::ip::tcp;
using Socket = asio::basic_stream_socket<tcp, Executor>;

namespace {

class Line {
 public:
  explicit Line(Socket socket) : socket_(std::move(socket)) {}

  Task<std::string> read() {
    auto const n = tls_ ? co_await asio::async_read_until(*tls_, asio::dynamic_buffer(buffer_),
                                                          "\r\n", use_task)
                        : co_await asio::async_read_until(socket_, asio::dynamic_buffer(buffer_),
                                                          "\r\n", use_task);
    auto line = buffer_.substr(0, n);
    buffer_.erase(0, n);
    co_return line;
  }
  Task<void> write(std::string text) {
    if (text.empty()) co_return;
    text += "\r\n";
    if (tls_)
      co_await asio::async_write(*tls_, asio::buffer(text), use_task);
    else
      co_await asio::async_write(socket_, asio::buffer(text), use_task);
  }
  Task<void> start_tls(asio::ssl::context& context) {
    tls_.emplace(socket_, context);
    co_await tls_->async_handshake(asio::ssl::stream_base::server, use_task);
  }
  bool over_tls() const { return tls_.has_value(); }
  Socket& socket() { return socket_; }

 private:
  Socket socket_;
  std::optional<asio::ssl::stream<Socket&>> tls_;
  std::string buffer_;
};

struct Gone {};

}  // namespace

struct SmtpServer::State : std::enable_shared_from_this<State> {
  State(asio::io_context& io, SmtpScript s)
      : script(std::move(s)),
        loop(io.get_executor()),
        acceptor(loop, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {}

  /// Answers at this place: as scripted, else `good`. Hanging and cutting are done here.
  Task<bool> answer(Line& line, std::string place, std::string good) {
    if (script.hangs_at == place) {
      for (;;) co_await line.read();  // until the client goes
    }
    if (script.cuts_at == place) throw Gone();
    auto const found = script.replies.find(place);
    auto const& text = found == script.replies.end() ? good : found->second;
    co_await line.write(text);
    co_return text.starts_with('2') || text.starts_with('3');
  }

  Task<void> take_body(Line& line, TakenMail& mail) {
    for (;;) {
      auto const text = co_await line.read();
      if (script.cuts_at == "BODY") throw Gone();
      if (text == ".\r\n") co_return;
      mail.wire += text;
      mail.data += text.starts_with('.') ? text.substr(1) : text;
    }
  }

  Task<bool> log_in(Line& line, std::string command) {
    auto const space = command.find(' ', 5);
    auto const mechanism = command.substr(5, space - 5);
    std::string given;
    if (mechanism == "PLAIN") {
      if (space == command.npos) co_await line.write("334 ");
      auto word = space == command.npos ? co_await line.read() : command.substr(space + 1);
      while (word.ends_with('\r') || word.ends_with('\n')) word.pop_back();
      auto const text = from_base64(word).value_or("");
      auto const user = text.find('\0');
      auto const password = text.find('\0', user + 1);
      if (password != text.npos)
        given = text.substr(user + 1, password - user - 1) + ":" + text.substr(password + 1);
    }
    if (given == script.login) co_return co_await answer(line, "AUTH", "235 2.7.0 welcome");
    co_await line.write("535 5.7.8 authentication failed for " + given);
    co_return false;
  }

  Task<void> serve(Line& line) {
    if (script.tls_at_once) co_await line.start_tls(*script.tls);
    if (!co_await answer(line, "CONNECT", "220 mail.test ESMTP")) throw Gone();
    TakenMail mail;
    for (;;) {
      auto command = co_await line.read();
      command.resize(command.size() - 2);
      said.push_back(command);
      auto const verb = command.substr(0, 4);
      if (verb == "EHLO") {
        std::string good = "250-mail.test\r\n250-SIZE 1000000\r\n250-8BITMIME";
        if (script.offers_starttls && !line.over_tls()) good += "\r\n250-STARTTLS";
        if (!script.login.empty()) good += "\r\n250-AUTH " + script.mechanisms;
        co_await answer(line, "EHLO", good + "\r\n250 HELP");
      } else if (command == "STARTTLS") {
        if (co_await answer(line, "STARTTLS", "220 go ahead")) co_await line.start_tls(*script.tls);
      } else if (verb == "AUTH") {
        mail.logged_in = co_await log_in(line, command);
      } else if (verb == "MAIL") {
        mail.from = command.substr(command.find(':') + 1);
        co_await answer(line, "MAIL", "250 2.1.0 Ok");
      } else if (verb == "RCPT") {
        auto const address = command.substr(9, command.find('>') - 9);
        mail.to.push_back(address);
        auto const found = script.recipients.find(address);
        co_await answer(line, "RCPT",
                        found == script.recipients.end() ? "250 2.1.5 Ok" : found->second);
      } else if (verb == "DATA") {
        if (!co_await answer(line, "DATA", "354 go on")) continue;
        co_await take_body(line, mail);
        ++bodies;
        mail.over_tls = line.over_tls();
        if (co_await answer(line, "MESSAGE", "250 2.0.0 Ok: queued as 4Bx")) taken.push_back(mail);
      } else if (verb == "QUIT") {
        co_await answer(line, "QUIT", "221 2.0.0 Bye");
        throw Gone();
      } else {
        co_await line.write("502 5.5.2 not known");
      }
    }
  }

  Task<void> converse(std::shared_ptr<State> self, Socket socket) {
    Line line(std::move(socket));
    auto const place = open.insert(open.end(), &line);
    try {
      co_await serve(line);
    } catch (boost::system::system_error const&) {
      // the client went away
    } catch (Gone const&) {
      // as scripted
    }
    open.erase(place);
  }

  Task<void> accept(std::shared_ptr<State> self) {
    for (;;) {
      Socket socket(loop);
      try {
        co_await acceptor.async_accept(socket, use_task);
      } catch (boost::system::system_error const&) {
        co_return;  // stopped
      }
      ++accepted;
      asio::co_spawn(loop, converse(shared_from_this(), std::move(socket)), [](auto why) {
        if (why) std::rethrow_exception(why);
      });
    }
  }

  SmtpScript script;
  Executor loop;
  asio::basic_socket_acceptor<tcp, Executor> acceptor;
  std::list<Line*> open;
  std::vector<TakenMail> taken;
  std::vector<std::string> said;
  std::size_t accepted = 0;
  std::size_t bodies = 0;
};

SmtpServer::SmtpServer(asio::io_context& io, SmtpScript script)
    : state_(std::make_shared<State>(io, std::move(script))) {
  asio::co_spawn(state_->loop, state_->accept(state_), [](auto why) {
    if (why) std::rethrow_exception(why);
  });
}

SmtpServer::~SmtpServer() {
  state_->acceptor.close();
  for (auto* line : state_->open) line->socket().close();
}

std::uint16_t SmtpServer::port() const { return state_->acceptor.local_endpoint().port(); }
std::string SmtpServer::url() const { return "smtp://127.0.0.1:" + std::to_string(port()); }
std::vector<TakenMail> const& SmtpServer::taken() const { return state_->taken; }
std::vector<std::string> const& SmtpServer::said() const { return state_->said; }
std::size_t SmtpServer::accepted() const { return state_->accepted; }
std::size_t SmtpServer::bodies() const { return state_->bodies; }

}  // namespace wardroom::test
