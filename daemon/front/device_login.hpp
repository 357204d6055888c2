/// `wardroomctl login`: an attempt by the device grant for each call, told line by line on its
/// stream; closing the stream gives the attempt up.
#pragma once
#include "front/admin_acceptance.hpp"
#include "http/client.hpp"
#include "http/server_request.hpp"
#include "oauth/device_flow.hpp"
#include "runtime/task_group.hpp"
#include "runtime/wake.hpp"

#include <memory>
#include <string>

namespace wardroom::front {

class DeviceLogins {
 public:
  static constexpr int most_at_once = 8;

  struct Ports {
    Executor loop;
    Clock& clock;
    TaskGroup& tasks;
    http::Client& http;
    oauth::TokenVault& vault;
    AdminAcceptance& acceptance;
  };
  explicit DeviceLogins(Ports ports) : ports_(ports) {}

  /// Two attempts for one identity may run side by side: the one that is accepted later stays.
  void begin(std::string identity, std::string operator_name,
             std::shared_ptr<http::ResponseStream> stream);
  int running() const { return running_; }

 private:
  using Stream = std::shared_ptr<http::ResponseStream>;
  Task<void> attempt(std::string identity, std::string operator_name, Stream stream);
  Task<void> ask_and_accept(std::string identity, std::string operator_name, Stream stream);
  /// nullopt = the stream was closed.
  Task<std::optional<oauth::DeviceResult>> ask_until_closed(oauth::IdentitySettings identity,
                                                            Stream stream);
  static Task<void> until(std::shared_ptr<Wake> closed);
  Task<oauth::DeviceResult> ask(oauth::IdentitySettings identity, Stream stream);

  Ports ports_;
  int running_ = 0;
};

/// {"step":"done", …}; without "step" it is the answer of `auth`.
nlohmann::ordered_json accepted_json(AcceptedLogin const& accepted);

}  // namespace wardroom::front
