/// What the XSI session must know of the organisation, answered by Webex REST.
#pragma once
#include "cisco/webex/webex_api.hpp"
#include "cisco/xsi/xsi_session.hpp"

#include <functional>
#include <string>

namespace wardroom {

class OrganisationOfWebex final : public xsi::XsiOrganisation {
 public:
  OrganisationOfWebex(webex::WebexApi& api, std::function<std::string()> org_id)
      : api_(api), org_id_(std::move(org_id)) {}
  Task<Result<std::string>> org_uuid() override {
    if (auto const uuid = webex::decode_id(org_id_())) co_return *uuid;
    auto organization = co_await api_.organization(org_id_());
    if (!organization) co_return std::unexpected(organization.error());
    co_return organization->uuid;
  }
  Task<Result<xsi::XsiEndpoints>> endpoints() override {
    auto organization = co_await api_.organization(org_id_());
    if (!organization) co_return std::unexpected(organization.error());
    if (!organization->xsi)
      co_return failure(ErrorKind::not_found,
                        "Webex names no XSI endpoints for this organisation: XSI is not enabled "
                        "there (Cisco TAC switches it on), "
                        "or the login lacks the scope spark-admin:xsi");
    co_return xsi::XsiEndpoints{organization->xsi->actions, organization->xsi->events,
                                organization->xsi->channel, organization->xsi->domain};
  }

 private:
  webex::WebexApi& api_;
  std::function<std::string()> org_id_;
};

}  // namespace wardroom
