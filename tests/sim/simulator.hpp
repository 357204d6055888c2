/// The simulator with its sockets: REST, control API and page on one port, each XSP on its own.
#pragma once
#include "http/client.hpp"
#include "runtime/random.hpp"
#include "runtime/task_group.hpp"
#include "sim/cms_sender.hpp"
#include "sim/control_api.hpp"
#include "sim/dns_server.hpp"
#include "sim/platform.hpp"
#include "sim/smtp_server.hpp"
#include "sim/wire_server.hpp"

#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <vector>

namespace wardroom::sim {

class Simulator {
 public:
  struct Options {
    std::string listen = "127.0.0.1:8481";
    std::vector<std::string> xsps{"127.0.0.1:8482", "127.0.0.1:8483"};
    std::vector<std::string> cms{};  ///< meeting servers; none unless asked for
    std::string smtp = "127.0.0.1:0";
    std::string dns = "127.0.0.1:0";  ///< UDP and TCP
    bool srv = false;          ///< the XSPs are found by SRV records of that name server only
    std::string xsi_domain{};  ///< in place of the first XSP's address in the XSI endpoints
    std::uint64_t seed = 1;
    std::size_t people = 13;
    int token_life_s = 1209599;
  };
  /// `client` is what the scripted browsers use, and what meeting servers post with.
  Simulator(Executor loop, Clock& clock, Random& dice, http::Client& client, Options options);
  ~Simulator();

  /// Errors: what could not be listened on.
  Result<void> start();
  /// Ends browsers and stories, closes every socket. Once, before destruction.
  Task<void> stop();

  std::string rest_origin() const { return origins_.empty() ? "" : origins_.front(); }
  std::uint16_t smtp_port() const { return smtp_.port(); }
  /// Meeting servers post with this one instead; before `start`.
  void post_with(http::Client& client) { cms_client_ = &client; }
  std::string cms_origin(std::size_t i) const { return cms_origins_.at(i); }
  std::string xsp_origin(std::size_t i) const { return origins_.at(i + 1); }
  /// {"listen", "xsp": [ports], "rest", "xsps": [origins], "org_id", …}: the content of the port
  /// file.
  nlohmann::json addresses() const;
  Platform& platform() { return platform_; }
  Browsers& browsers() { return browsers_; }

 private:
  void rest(Request request, WireServer::Reply reply);
  void publish();
  void follow_xsp_down();

  Executor loop_;
  Clock& clock_;
  Random& dice_;
  http::Client* cms_client_;
  Options options_;
  Platform platform_;
  TaskGroup tasks_;
  Browsers browsers_;
  ControlApi control_;
  SmtpServer smtp_;
  DnsServer dns_;
  std::unique_ptr<WireServer> front_;
  std::vector<std::unique_ptr<WireServer>> xsps_;
  std::vector<std::unique_ptr<WireServer>> cms_;
  std::unique_ptr<CmsSender> cms_sender_;
  std::vector<std::string> cms_origins_;
  std::vector<std::string> origins_;  // REST first, then the XSPs
};

}  // namespace wardroom::sim
