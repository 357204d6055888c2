/// Server-sent events to many viewers: each frame is encoded once and shared.
#pragma once
#include "http/server_request.hpp"

#include <list>
#include <memory>
#include <string>
#include <string_view>

namespace wardroom::http {

/// One SSE frame: `id` (empty = none), event name, data (newlines are handled).
std::shared_ptr<std::string const> sse_frame(std::string_view id, std::string_view event,
                                             std::string_view data);
/// The response head every event stream starts with (text/event-stream, no-store, no buffering).
Response sse_head();

/// A set of open streams that get the same frames. A viewer whose backlog passes 1 MiB is closed:
/// it reconnects with Last-Event-ID and reads on from the store.
class EventStream {
 public:
  void add(std::shared_ptr<ResponseStream> viewer);
  void send(std::shared_ptr<std::string const> frame);
  void close_all();
  std::size_t viewers() const;  ///< those still open

 private:
  std::list<std::shared_ptr<ResponseStream>> viewers_;
};

}  // namespace wardroom::http
