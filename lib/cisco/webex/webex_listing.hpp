/// Everybody of the organisation, for a sync: read to the end by the rules that make it a proof, or
/// not at all. Pages are parsed on helpers. Source: webex-rest.md 2.7, 3.1; reliability.md "Sync".
#pragma once
#include "cisco/webex/page_reader.hpp"
#include "cisco/webex/webex_api.hpp"
#include "ports/people_listing.hpp"
#include "runtime/helpers.hpp"

#include <memory>

namespace wardroom::webex {

struct WebexListingSettings {
  int page_size = 1'000;               ///< the most the service gives
  int page_size_with_locations = 100;  ///< with calling data
  int least = 50;                      ///< smaller pages are not tried
};

class WebexListing final : public PeopleListing {
 public:
  WebexListing(WebexApi& api, Helpers& helpers, WebexListingSettings settings = {})
      : api_(api), helpers_(helpers), settings_(settings) {}

  /// Locations that cannot be read are an error when they are wanted: rules decide by their names.
  Task<Result<void>> everybody(ListingWants wants, Page page) override;
  Task<Result<bool>> somebody(Uuid id, ListingWants wants, Page page) override;
  std::string waiting_for() const override { return api_.waiting_for(); }

 private:
  using Locations = std::shared_ptr<LocationNames const>;
  Task<Result<Locations>> locations();

  WebexApi& api_;
  Helpers& helpers_;
  WebexListingSettings settings_;
  int worked_[2] = {0, 0};  ///< page size of the last listing, without and with locations
  Locations locations_;     ///< as of the last listing; absent = not read yet
};

}  // namespace wardroom::webex
