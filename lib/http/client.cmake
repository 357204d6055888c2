# Outbound HTTP: libcurl for most, warm Asio connections for acks and releases.
wardroom_library(http_client
  SOURCES client.cpp response_parser.cpp proxy.cpp request_wire.cpp
          curl_loop.cpp curl_transfer.cpp curl_verdict.cpp curl_client.cpp lane_connection.cpp lane.cpp lane_client.cpp
  USES wardroom::http wardroom::runtime wardroom::base
  PRIVATE CURL::libcurl OpenSSL::SSL OpenSSL::Crypto)
