/// One connection: reads requests in order, hands each to the router, writes its answer.
#pragma once
#include "http/outbox.hpp"
#include "http/server_state.hpp"
#include "http/stream_body.hpp"
#include "http/tls_channel.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include <list>
#include <memory>
#include <string>

namespace wardroom::http {

/// Everything here runs on the loop. Kept alive by its server's lists, by pending waits and by the
/// responder of a request that is not answered yet: an answer after the client left is dropped.
class Session final : public Responder::Target,
                      public StreamCarrier,
                      public std::enable_shared_from_this<Session> {
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
  void write_chunk(std::shared_ptr<std::string const> bytes) override;
  void end_stream() override;
  std::size_t backlog() const override { return outbox_.size(); }

  /// Where the server keeps it.
  struct Slot {
    std::list<std::shared_ptr<Session>>::iterator position{};
    Phase phase = Phase::idle;
    Uptime since{};
  } slot;

 private:
  // Bytes
  void shake_hands();
  Moved receive(std::size_t most);  ///< into the server's scratch buffer
  Moved send_front();
  void wait_for(Flow flow);
  void await_readable();
  void on_readable();
  bool read_some();
  void discard_input();
  void linger();
  void write_or_queue(std::string_view bytes);
  void flush();
  void flush_soon();
  void await_writable();
  void on_drained();

  // Reading
  void process();
  bool step();
  bool read_head();
  bool read_body();
  bool begin_request(std::size_t head_size);
  bool between_requests() const {
    return slot.phase == Phase::idle || slot.phase == Phase::resting;
  }
  void rest();
  void dispatch();

  // Answering
  void refuse(Refusal const& refusal);  ///< and close: where the next request begins is unknown
  void refuse(Response response);
  void send_response(Response response);
  void resume();
  void answer_done();

  void place(Phase phase) { server_->place(*this, phase); }

  std::shared_ptr<ServerState> server_;
  Socket socket_;
  Peer const peer_;
  std::unique_ptr<Exchange> exchange_;
  std::unique_ptr<TlsChannel> tls_;  ///< null = plain
  Outbox outbox_;
  std::weak_ptr<StreamBody> stream_;
  std::size_t body_mark_ = 0;  ///< with so much of a body, its time begins anew
  bool closed_ = false;
  bool waiting_to_read_ = false;
  bool waiting_to_write_ = false;
  bool read_waits_for_room_ = false;    ///< of TLS: the next read needs the socket to take bytes
  bool write_waits_for_bytes_ = false;  ///< of TLS: the next write needs bytes to come
  bool flush_posted_ = false;
  bool processing_ = false;  ///< inside process(): answers are flushed at its end
  bool unanswered_ = false;  ///< a responder is out
  bool in_body_ = false;
  bool served_ = false;       ///< a request was begun
  bool may_rest_ = false;     ///< the last request came over a route that keeps its connections
  bool last_answer_ = false;  ///< close behind it
  bool chunked_stream_ = false;
};

}  // namespace wardroom::http
