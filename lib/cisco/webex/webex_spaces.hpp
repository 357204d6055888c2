/// Webex's rooms and memberships as spaces and their members. Source: webex-rest.md 4, 5.1.
#pragma once
#include "cisco/webex/webex_api.hpp"
#include "ports/spaces.hpp"
#include "runtime/helpers.hpp"

namespace wardroom::webex {

struct WebexSpacesSettings {
  int page_size = 1'000;  ///< of members
  int least = 50;         ///< smaller pages are not tried
};

class WebexSpaces final : public Spaces {
 public:
  WebexSpaces(WebexApi& api, Helpers& helpers, WebexSpacesSettings settings = {})
      : api_(api), helpers_(helpers), settings_(settings) {}

  Task<Result<Uuid>> self() override;
  Task<Result<Space>> space(std::string id) override;
  Task<Result<std::optional<Membership>>> member(std::string space, Uuid person) override;
  Task<Result<void>> members(std::string space, Page page) override;
  using Spaces::add;
  using Spaces::remove;
  Task<Result<Added>> add(std::string space, std::string person, Wanted wanted) override;
  Task<Result<Removed>> remove(std::string membership, Wanted wanted) override;
  std::string waiting_for() const override { return api_.waiting_for(); }

 private:
  WebexApi& api_;
  Helpers& helpers_;
  WebexSpacesSettings settings_;
  int worked_ = 0;  ///< page size of the last list of members
};

}  // namespace wardroom::webex
