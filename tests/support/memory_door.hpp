/// A door without sockets: bytes are fed in by hand, in any cuts, and answers come out by call. The
/// requests are read, checked and answered by the code that serves real connections.
///
///   auto connection = door.connect({.text = "192.0.2.7"}, {.on_bytes = …, .on_end = …});
///   connection->feed("GET /hello HTTP/1.1\r\nHo");
#pragma once
#include "http/reception.hpp"
#include "http/stream_body.hpp"

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::test {

/// All of it on the loop given. Listening is only noted: whoever has the door can connect.
class MemoryDoor final : public http::Door {
 public:
  class Connection;
  class Place;
  /// The client's end. Called on the loop, never after on_end, and never once the client has left.
  struct Client {
    std::function<void(std::string_view bytes)> on_bytes{};
    std::function<void()> on_end{};  ///< the door has closed, behind its last bytes
  };

  MemoryDoor(Executor loop, Clock& clock, http::Router& router, http::DoorOptions options);
  ~MemoryDoor() override;

  Result<std::uint16_t> listen_tcp(std::string const& address) override;
  Result<void> listen_unix(std::string const& path, unsigned mode) override;
  Result<void> listen_fd(int fd) override;
  void stop_accepting() override;
  void close_all() override;
  http::ServerCounters const& counters() const override;

  /// Null = refused: nobody listens. The connection ends by itself; dropping it here does not.
  std::shared_ptr<Connection> connect(http::Peer peer, Client client);
  /// Outlives the door, for those who may come too late.
  std::shared_ptr<Place> place() const { return place_; }

 private:
  std::shared_ptr<Place> place_;
};

/// What the connections of a door share.
class MemoryDoor::Place final : public http::Reception, public std::enable_shared_from_this<Place> {
 public:
  using Reception::Reception;
  /// As MemoryDoor::connect; null once the door is gone.
  std::shared_ptr<Connection> connect(http::Peer peer, Client client);

  std::vector<std::string> listens_at{};                 ///< addresses and paths as they were given
  std::list<std::shared_ptr<Connection>> connections{};  ///< open ones, in order of arrival

 private:
  bool make_room();
};

/// One connection, seen from its client. Kept by its door until it has ended, and by the responder
/// of a request that is not answered yet.
class MemoryDoor::Connection final : public http::Responder::Target,
                                     public http::StreamCarrier,
                                     public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<Place> place, http::Peer peer, Client client);

  /// Bytes of the client have arrived.
  void feed(std::string_view bytes);
  /// The client has gone: whatever was under way is released, and what is answered is dropped.
  void leave();
  bool open() const { return !closed_; }

  void respond(http::Response response) override;
  void respond_wire(std::string_view wire) override;
  std::shared_ptr<http::ResponseStream> start_stream(http::Response head) override;
  void write_chunk(std::shared_ptr<std::string const> bytes) override;
  void end_stream() override;
  std::size_t backlog() const override { return 0; }  ///< every byte is taken at once

 private:
  friend class MemoryDoor;
  friend class Place;
  enum class Phase { idle, head, body, handling, streaming };

  void enter(Phase phase);
  void expire();
  void finish();  ///< after the current answer, or the first
  void close();
  void process();
  bool step();
  bool read_head();
  bool read_body();
  void dispatch();
  void refuse(http::Response response);
  void answer(http::Response response);
  void answered();
  void resume();
  void put(std::string_view bytes);
  void release();

  std::shared_ptr<Place> const place_;
  std::list<std::shared_ptr<Connection>>::iterator position_{};
  http::Peer const peer_;
  Client client_;
  http::Exchange exchange_;
  std::weak_ptr<http::StreamBody> stream_;
  TimerHandle limit_;
  Phase phase_ = Phase::idle;
  std::size_t body_mark_ = 0;  ///< with so much of a body, its time begins anew
  bool closed_ = false, processing_ = false, unanswered_ = false;
  bool served_ = false, may_rest_ = false, last_answer_ = false, chunked_stream_ = false;
};

}  // namespace wardroom::test
