// The meeting servers' side: one API client a bridge, and who reads their records.
#include "app_objects.hpp"
#include "cisco/cms/cdr_parser.hpp"
#include "cisco/cms/cms_api.hpp"

namespace wardroom {
namespace {
/// More than a bridge's gate lets through at once.
constexpr std::size_t cms_in_flight = 8;
static_assert(cms_in_flight > cms::RequestGate::Limits{}.in_flight);
}  // namespace

/// `files_` still holds the secrets; they are given on here.
security_notices::SecurityNotices::Ports App::notices_ports() {
  auto secrets = std::move(files_.bridges);
  security_notices::SecurityNotices::Ports out{
      .loop = loop_,
      .clock = clock_,
      .dice = random_,
      .effects = effects_,
      .database = *database_,
      .journal = journal_,
      .helpers = helpers_,
      .read_records = cms::read_records,
      .bridges = {},
      .secrets = std::move(secrets.cdr),
      .audit = &trail_,
      .audit_writable = [this] { return trail_.sign().colour != HealthColour::red; }};
  for (std::size_t i = 0; i < settings_.security_notices.bridges.size(); ++i) {
    auto const& bridge = settings_.security_notices.bridges[i];
    // Bridges that trust the same share a client: each keeps a set of certificates, some 2 MiB.
    // None waits for another: a bridge's own gate lets fewer through than there are places.
    auto& client = bridge_clients_[{bridge.ca_file, bridge.pin}];
    if (!client) {
      auto options = bridge_client_options(bridge);
      options.max_in_flight = settings_.security_notices.bridges.size() * cms_in_flight;
      client = outside_.http_client(std::move(options));
    }
    out.bridges.push_back(std::make_unique<cms::CmsApi>(
        *client, clock_, random_,
        cms::CmsSettings{.name = bridge.name,
                         .base_url = bridge.api,
                         .username = bridge.username,
                         .password = std::move(secrets.passwords[i])}));
  }
  return out;
}

}  // namespace wardroom
