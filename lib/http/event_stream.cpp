#include "http/event_stream.hpp"

#include <algorithm>

namespace wardroom::http {
namespace {
/// Two seconds of state frames for a large site; who is further behind reads on from the store.
constexpr std::size_t most_backlog = 1u << 20;
}  // namespace

std::shared_ptr<std::string const> sse_frame(std::string_view id, std::string_view event,
                                             std::string_view data) {
  // A line break in id or event would begin another field: such an id or name is our own mistake.
  auto const field = [](std::string& frame, std::string_view name, std::string_view value) {
    frame.append(name).append(value.substr(0, value.find_first_of("\r\n"))).append("\n");
  };
  std::string frame;
  frame.reserve(id.size() + event.size() + data.size() + 64);
  if (!id.empty()) field(frame, "id: ", id);
  if (!event.empty()) field(frame, "event: ", event);
  // CR, LF and CR LF all end a line for the reader, and each line needs its own field.
  for (;;) {
    auto const end = std::min(data.find_first_of("\r\n"), data.size());
    field(frame, "data: ", data.substr(0, end));
    if (end == data.size()) break;
    bool const pair = data.substr(end).starts_with("\r\n");
    data.remove_prefix(end + (pair ? 2 : 1));
  }
  frame += '\n';
  return std::make_shared<std::string const>(std::move(frame));
}

Response sse_head() {
  Response head;
  head.headers.add("Content-Type", "text/event-stream");
  head.headers.add("Cache-Control", "no-store");
  head.headers.add("X-Accel-Buffering", "no");  // nginx holds answers back otherwise
  return head;
}

void EventStream::add(std::shared_ptr<ResponseStream> viewer) {
  if (viewer && viewer->open()) viewers_.push_back(std::move(viewer));
}

void EventStream::send(std::shared_ptr<std::string const> frame) {
  for (auto const& viewer : viewers_) {
    if (viewer->backlog() > most_backlog)
      viewer->close();
    else
      viewer->write(frame);
  }
  viewers_.remove_if([](auto const& viewer) { return !viewer->open(); });
}

void EventStream::close_all() {
  for (auto const& viewer : viewers_) viewer->close();
  viewers_.clear();
}

std::size_t EventStream::viewers() const {
  return static_cast<std::size_t>(std::count_if(viewers_.begin(), viewers_.end(),
                                                [](auto const& viewer) { return viewer->open(); }));
}

}  // namespace wardroom::http
