/// Spaces and messages: one space "Operations" with the administrator and the bot in it, and a
/// direct space for each pair that writes to each other. Source: webex-rest.md 5.2.
#pragma once
#include "runtime/clock.hpp"
#include "runtime/random.hpp"
#include "sim/oauth_client.hpp"
#include "sim/webex_answer.hpp"

#include <nlohmann/json.hpp>

#include <deque>
#include <set>
#include <string>

namespace wardroom::sim {

class MessagesSim {
 public:
  MessagesSim(Organisation const& org, Clock& clock, Random& dice);

  /// /v1/messages and /v1/messages/{id}.
  Answer handle(Request const& request, Bearer const& who, std::string const& id);

  std::string const& operations_room() const { return rooms_.front().id; }
  /// For GET /sim/messages, oldest first; `to` = only those to the person of that address.
  nlohmann::json sent(std::string_view to = {}) const;
  std::size_t size() const { return messages_.size(); }
  nlohmann::json rooms() const;  ///< for GET /sim/state
  void clear() { messages_.clear(); }

 private:
  struct Room {
    std::string id, title;
    bool direct = false;
    std::set<Person const*> members;
  };
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
  Room const* room(std::string_view id, Person const& member) const;
  Room const& direct_room(Person const& a, Person const& b);

  Organisation const& org_;
  Clock& clock_;
  Random& dice_;
  std::deque<Room> rooms_;  // deque: messages point to rooms
  std::deque<Message> messages_;
};

}  // namespace wardroom::sim
