/// Messages in spaces, and in a direct space for each pair that writes to each other.
/// Source: webex-rest.md 5.2.
#pragma once
#include "runtime/clock.hpp"
#include "runtime/random.hpp"
#include "sim/oauth_client.hpp"
#include "sim/rooms_sim.hpp"
#include "sim/webex_answer.hpp"

#include <nlohmann/json.hpp>

#include <deque>
#include <string>

namespace wardroom::sim {

class MessagesSim {
 public:
  MessagesSim(Organisation const& org, RoomsSim& rooms, Clock& clock, Random& dice)
      : org_(org), rooms_(rooms), clock_(clock), dice_(dice) {}

  /// /v1/messages and /v1/messages/{id}.
  Answer handle(Request const& request, Bearer const& who, std::string const& id);

  std::string const& operations_room() const { return rooms_.operations().id; }
  /// For GET /sim/messages, oldest first; `to` = only those to the person of that address.
  nlohmann::json sent(std::string_view to = {}) const;
  std::size_t size() const { return messages_.size(); }
  void clear() { messages_.clear(); }

 private:
  struct Message {
    std::string id;
    Room const* room;
    Person const* from;
    Person const* to;  ///< nullptr in a group space
    std::string text, markdown;
    Instant at;
  };

  Answer post(Request const& request, Bearer const& who);
  Answer list(Request const& request, Bearer const& who);
  nlohmann::json shown(Message const& m) const;

  Organisation const& org_;
  RoomsSim& rooms_;
  Clock& clock_;
  Random& dice_;
  std::deque<Message> messages_;
};

}  // namespace wardroom::sim
