/// One connection: reads requests in order, hands each to the router, writes its answer.
#pragma once
#include "http/outbox.hpp"
#include "http/server_state.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/address.hpp>

#include <list>
#include <memory>
#include <string>

namespace wardroom::http {

class StreamBody;
struct WireOptions;

/// The other end of a connection.
struct Peer {
  boost::asio::ip::address address{};
  std::string text{};  ///< the address, or "unix"
  PeerCredentials credentials{};
};

/// Everything here runs on the loop. Kept alive by its server's lists, by pending waits and by the
/// responder of a request that is not answered yet: an answer after the client left is dropped.
class Session final : public Responder::Target, public std::enable_shared_from_this<Session> {
 public:
  using Socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, Executor>;

  Session(std::shared_ptr<ServerState> server, Socket socket, Peer peer);
  ~Session() override;

  void start();
  void close();   ///< Now, whatever is under way.
  void expire();  ///< The limit of its phase has passed.
  void finish();  ///< After the current answer, or the first; at once when idle between requests.

  // The answer of the current request.
  void respond(Response response) override;
  void respond_wire(std::string_view wire) override;
  std::shared_ptr<ResponseStream> start_stream(Response head) override;

  // For the open body of a stream.
  void write_chunk(std::shared_ptr<std::string const> bytes);
  void end_stream();
  std::size_t backlog() const { return outbox_.size(); }

  /// Where the server keeps it.
  struct Slot {
    std::list<std::shared_ptr<Session>>::iterator position{};
    Phase phase = Phase::idle;
    Uptime since{};
  } slot;

 private:
  // Reading
  void await_readable();
  void on_readable();
  bool read_some();
  void discard_input();
  void process();
  bool step();
  bool read_head();
  bool read_body();
  bool begin_request(std::size_t head_size);
  std::optional<Response> check_request();
  bool too_many_failures(int status);
  void fill_request();
  void dispatch();

  // Answering
  void refuse(Refusal const& refusal);  ///< and close: where the next request begins is unknown
  void refuse(Response response);
  void send_response(Response response);
  std::string wire_or_500(Response const& response, WireOptions const& options);
  void resume();
  void answer_done();
  void linger();

  // Writing
  void write_or_queue(std::string_view bytes);
  void flush();
  void flush_soon();
  void await_writable();
  void on_drained();

  void place(Phase phase) { server_->place(*this, phase); }

  std::shared_ptr<ServerState> server_;
  Socket socket_;
  Peer const peer_;
  bool const behind_proxy_;
  std::unique_ptr<Exchange> exchange_;
  Outbox outbox_;
  std::weak_ptr<StreamBody> stream_;
  bool closed_ = false;
  bool waiting_to_read_ = false;
  bool waiting_to_write_ = false;
  bool flush_posted_ = false;
  bool processing_ = false;  ///< inside process(): answers are flushed at its end
  bool unanswered_ = false;  ///< a responder is out
  bool in_body_ = false;
  bool served_ = false;       ///< a request was begun
  bool last_answer_ = false;  ///< close behind it
  bool chunked_stream_ = false;
};

}  // namespace wardroom::http
