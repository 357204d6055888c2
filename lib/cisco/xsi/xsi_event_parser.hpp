/// The bytes of an XSI event stream as facts. Pure: the same bytes, however cut, give the same
/// facts.
#pragma once
#include "base/xml.hpp"
#include "domain/call.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <variant>

namespace wardroom::xsi {

/// First document of a stream: the channel is open. `expires` is what the server granted.
struct ChannelOpened {
  std::string id;
  std::chrono::seconds expires{0};  ///< 0 = not said
  bool operator==(ChannelOpened const&) const = default;
};
struct ServerHeartbeat {
  bool operator==(ServerHeartbeat const&) const = default;
};
struct ChannelTerminated {
  std::string channel, reason;
  bool operator==(ChannelTerminated const&) const = default;
};
/// The server complains about something we sent on the channel's connection.
struct ProtocolError {
  std::string code, message;
  bool operator==(ProtocolError const&) const = default;
};
/// A document that says nothing we can use. With `lost` the stream cannot be read on; otherwise
/// only this document is unusable. `event` is its eventID when one could be found: it still wants
/// its ack.
struct MalformedDocument {
  EventId event;
  std::string why;
  bool lost = false;
  bool operator==(MalformedDocument const&) const = default;
};

using StreamDocument = std::variant<ChannelOpened, ServerHeartbeat, CallEvent, ChannelTerminated,
                                    ProtocolError, MalformedDocument>;

/// One well-formed document as a fact.
StreamDocument read_document(xml::Document const& document);

class XsiEventParser {
 public:
  using OnDocument = std::function<void(StreamDocument)>;
  XsiEventParser(xml::Limits limits, OnDocument on_document);

  /// `arrived` becomes the moment of every event whose last byte is in `bytes`.
  void feed(std::string_view bytes, Uptime arrived);
  /// A MalformedDocument with `lost` was told; further bytes are ignored.
  bool lost() const { return lost_; }

 private:
  OnDocument on_document_;
  Uptime arrived_{};
  bool lost_ = false;
  xml::DocumentStream stream_;
};

}  // namespace wardroom::xsi
