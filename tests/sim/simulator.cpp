#include "sim/simulator.hpp"

#include "base/log.hpp"
#include "sim/page.hpp"

#include <fmt/format.h>

namespace wardroom::sim {
namespace {

void log_failure(std::string_view task, std::exception_ptr why) {
  try {
    std::rethrow_exception(why);
  } catch (std::exception const& e) {
    log::error("a task of the simulator died", {{"task", task}, {"why", e.what()}});
  }
}

std::string origin_of_listener(std::string const& address, std::uint16_t port) {
  auto host = address.substr(0, address.rfind(':'));
  if (host == "0.0.0.0") host = "127.0.0.1";
  return fmt::format("http://{}:{}", host, port);
}

Answer asset(std::string_view path) {
  Answer a;
  a.response = http::text(404, "Not here. The page is at /, the control API under /sim/.\n");
  for (auto const& file : page_files)
    if (file.path == path)
      a.response = {
          200,
          {{"Content-Type", std::string(file.type)},
           {"Cache-Control", "no-cache"},
           {"Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
            "img-src 'self'; base-uri 'none'; form-action 'none'"}},
          std::string(file.text)};
  return a;
}

}  // namespace

Simulator::Simulator(Executor loop, Clock& clock, Random& dice, http::Client& client,
                     Options options)
    : loop_(loop),
      clock_(clock),
      dice_(dice),
      cms_client_(&client),
      options_(std::move(options)),
      platform_(clock, dice, options_.seed, options_.people),
      tasks_(loop, log_failure),
      browsers_(platform_.org, client, clock, tasks_),
      control_(platform_, browsers_, clock, tasks_,
               {[this] { follow_xsp_down(); }, [this] { return addresses(); }}),
      smtp_(loop, clock, platform_.faults,
            [this](SmtpMail mail) { platform_.mail.keep(std::move(mail)); }),
      dns_(loop, clock, platform_.dns),
      front_(std::make_unique<WireServer>(
          loop, clock,
          [this](Request r, WireServer::Reply reply) { rest(std::move(r), std::move(reply)); },
          Milliseconds(75000))) {
  platform_.faults.token_life_s = options_.token_life_s;
  // XSPs close idle connections soon (xsi.md 3.6: timeout=4).
  for (std::size_t i = 0; i < options_.xsps.size(); ++i)
    xsps_.push_back(std::make_unique<WireServer>(
        loop, clock,
        [this, i](Request r, WireServer::Reply reply) {
          reply(platform_.xsi_door.handle(i, std::move(r)));
        },
        Milliseconds(4000)));
  for (std::size_t i = 0; i < options_.cms.size(); ++i) {
    platform_.cms.add_bridge();
    cms_.push_back(std::make_unique<WireServer>(
        loop, clock,
        [this, i](Request r, WireServer::Reply reply) {
          reply(platform_.cms.api(i, std::move(r)));
        },
        Milliseconds(30000)));
  }
}

Simulator::~Simulator() = default;

Result<void> Simulator::start() {
  auto port = front_->listen(options_.listen);
  if (!port) return std::unexpected(port.error());
  origins_ = {origin_of_listener(options_.listen, *port)};
  if (auto const smtp = smtp_.listen(options_.smtp); !smtp) return std::unexpected(smtp.error());
  if (auto const dns = dns_.listen(options_.dns); !dns) return std::unexpected(dns.error());
  for (std::size_t i = 0; i < xsps_.size(); ++i) {
    port = xsps_[i]->listen(options_.xsps[i]);
    if (!port) return std::unexpected(port.error());
    origins_.push_back(origin_of_listener(options_.xsps[i], *port));
  }
  if (!xsps_.empty()) publish();
  for (std::size_t i = 0; i < cms_.size(); ++i) {
    port = cms_[i]->listen(options_.cms[i]);
    if (!port) return std::unexpected(port.error());
    cms_origins_.push_back(origin_of_listener(options_.cms[i], *port));
  }
  cms_sender_ =
      std::make_unique<CmsSender>(platform_.cms, loop_, clock_, dice_, *cms_client_, tasks_);
  return {};
}

// By SRV, all XSPs share a name and differ by the port of their record.
void Simulator::publish() {
  auto const authority = xsp_origin(0).substr(7);
  auto const host = authority.substr(0, authority.rfind(':'));
  auto const& domain = options_.xsi_domain.empty() ? host : options_.xsi_domain;
  if (!options_.srv) {
    platform_.publish_xsi("http://" + domain + authority.substr(host.size()), domain);
    return;
  }
  std::vector<DnsService> services;
  for (auto const& xsp : xsps_) services.push_back({"localhost", xsp->port()});
  platform_.publish_xsi_by_srv(
      "http://localhost" + authority.substr(host.size()), "localhost",
      options_.xsi_domain.empty() ? "xsi.sim.example" : options_.xsi_domain, std::move(services));
}

Task<void> Simulator::stop() {
  browsers_.close_all();
  front_->go_down();
  smtp_.close();
  dns_.close();
  platform_.load.stop();
  for (auto& xsp : xsps_) xsp->go_down();
  for (auto& cms : cms_) cms->go_down();
  co_await tasks_.stop(clock_, Milliseconds(100));
}

void Simulator::rest(Request request, WireServer::Reply reply) {
  if (request.path.starts_with("/v1/")) return reply(platform_.webex.handle(std::move(request)));
  if (request.path.starts_with("/sim/"))
    return control_.handle(std::move(request), std::move(reply));
  if (request.path == "/mail") return reply(platform_.mail.page(request));
  if (request.path == "/verify") return reply(platform_.device.page(request));
  reply(asset(request.path));
}

void Simulator::follow_xsp_down() {
  for (std::size_t i = 0; i < xsps_.size(); ++i) {
    bool const down = (platform_.faults.xsp_down >> i) & 1;
    xsps_[i]->set_deaf((platform_.faults.xsp_deaf >> i) & 1);
    if (down && xsps_[i]->up()) xsps_[i]->go_down();
    if (down) continue;
    if (auto const back = xsps_[i]->come_back(); !back)
      log::error("an XSP cannot come back", {{"why", back.error().what}});
  }
}

nlohmann::json Simulator::addresses() const {
  auto xsps = nlohmann::json::array(), ports = nlohmann::json::array();
  for (std::size_t i = 0; i + 1 < origins_.size(); ++i) {
    xsps.push_back(xsp_origin(i));
    ports.push_back(xsps_[i]->port());
  }
  auto cms = nlohmann::json::array(), cms_apis = nlohmann::json::array();
  for (std::size_t i = 0; i < cms_origins_.size(); ++i) {
    cms.push_back(cms_[i]->port());
    cms_apis.push_back(cms_origin(i) + "/api/v1");
  }
  auto const client = demo_client();
  return {{"listen", front_->port()},
          {"xsp", std::move(ports)},
          {"cms", std::move(cms)},
          {"cms_apis", std::move(cms_apis)},
          {"dns", dns_.port()},
          {"smtp", smtp_.port()},
          {"operations_room", platform_.messages.operations_room()},
          {"all_hands_room", platform_.rooms.all_hands().id},
          {"rest", rest_origin()},
          {"api", rest_origin() + "/v1"},
          {"xsps", std::move(xsps)},
          {"page", rest_origin() + "/"},
          {"org_id", platform_.org.id()},
          {"org_uuid", platform_.org.uuid()},
          {"client_id", client.id},
          {"admin", platform_.org.people().front().email}};
}

}  // namespace wardroom::sim
