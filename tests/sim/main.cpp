// wardroom-sim: a simulated Webex organisation to try and to test Wardroom against.
#include "http/curl_client.hpp"
#include "runtime/system_clock.hpp"
#include "sim/simulator.hpp"
#include "sim/tls_doors.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace {
using namespace wardroom;

// Written beside and renamed, so that a reader never sees half of it.
bool write_file(std::string const& path, std::string const& text) {
  auto const beside = path + ".new";
  {
    std::ofstream out(beside, std::ios::trunc);
    out << text << '\n';
    if (!out.flush()) return false;
  }
  std::error_code error;
  std::filesystem::rename(beside, path, error);
  return !error;
}

// What an earlier simulator knew; from then on each change is written down.
bool keep_memory(sim::TokenBook& book, std::string const& path) {
  if (std::ifstream in(path); in) {
    auto const read = nlohmann::json::parse(in, nullptr, false);
    if (auto const recalled = book.recall(read); !recalled) {
      std::fprintf(stderr, "wardroom-sim: %s is not what this simulator wrote (%s); remove it\n",
                   path.c_str(), recalled.error().what.c_str());
      return false;
    }
  }
  book.on_change = [&book, path] {
    if (!write_file(path, book.memory().dump(2)))
      std::fprintf(stderr, "wardroom-sim: cannot write %s\n", path.c_str());
  };
  return true;
}

struct Files {
  std::string cms_ca, ports, smtp_port, memory, tls_kind, tls_ca, tls_ports;
};

int run(sim::Simulator::Options options, Files const& files) {
  boost::asio::io_context io(1);
  SystemClock clock(io.get_executor());
  SystemRandom system_dice;
  SeededRandom dice(options.seed ^ system_dice.number());  // ids of people follow the seed alone
  http::CurlClient client(io.get_executor(), clock, {});
  http::CurlClient::Options trust;
  trust.ca_file = files.cms_ca;
  http::CurlClient posts(io.get_executor(), clock, std::move(trust));
  sim::Simulator simulator(io.get_executor(), clock, dice, client, options);
  simulator.post_with(posts);
  if (!files.memory.empty() && !keep_memory(simulator.platform().oauth.book(), files.memory))
    return 1;
  if (auto const started = simulator.start(); !started) {
    std::fprintf(stderr,
                 "wardroom-sim: %s\nIs another simulator running? --listen, --xsp and --smtp "
                 "choose other ports.\n",
                 started.error().what.c_str());
    return 1;
  }
  std::optional<sim::TlsDoors> tls;
  if (!files.tls_kind.empty()) tls.emplace(simulator, io.get_executor(), files.tls_kind);
  auto addresses = simulator.addresses();
  addresses["pid"] = getpid();
  for (auto const& [file, text] :
       {std::pair(files.smtp_port, std::to_string(simulator.smtp_port())),
        std::pair(files.tls_ca, tls ? tls->ca_pem() : ""),
        std::pair(files.tls_ports, tls ? tls->addresses().dump(2) : ""),
        std::pair(files.ports, addresses.dump(2))})
    if (!file.empty() && !write_file(file, text)) {
      std::fprintf(stderr, "wardroom-sim: cannot write %s\n", file.c_str());
      return 1;
    }
  std::printf("wardroom-sim is ready.\n  page and REST  %s\n", simulator.rest_origin().c_str());
  for (std::size_t i = 0; i < options.xsps.size(); ++i)
    std::printf("  XSP %zu          %s\n", i + 1, simulator.xsp_origin(i).c_str());
  for (std::size_t i = 0; i < options.cms.size(); ++i)
    std::printf("  meeting server %s (%s)\n", simulator.cms_origin(i).c_str(),
                simulator.platform().cms.bridge(i).options.name.c_str());
  if (tls)
    std::printf("  REST by TLS    %s (certificate: %s)\n",
                tls->addresses()["rest"].get<std::string>().c_str(), files.tls_kind.c_str());
  std::printf("  mail           %s:%u, read at %s/mail\n",
              options.smtp.substr(0, options.smtp.rfind(':')).c_str(), simulator.smtp_port(),
              simulator.rest_origin().c_str());
  std::printf("  name server    127.0.0.1:%u\n", addresses["dns"].get<unsigned>());
  std::printf("  organisation   %s (%zu people)\n", simulator.platform().org.id().c_str(),
              simulator.platform().org.people().size());
  std::fflush(stdout);

  boost::asio::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([&](boost::system::error_code error, int) {
    if (error) return;
    boost::asio::co_spawn(
        io.get_executor(), [&simulator] { return simulator.stop(); },
        [&io](std::exception_ptr) { io.stop(); });
  });
  io.run();
  auto const touched = simulator.platform().calls.violations().size();
  if (touched == 0) return 0;
  std::fprintf(stderr, "wardroom-sim: %zu DELETEs of emergency calls\n", touched);
  return 3;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  sim::Simulator::Options options;
  std::vector<std::string> xsps;
  Files files;
  CLI::App app(
      "wardroom-sim: a simulated Webex organisation (REST, OAuth, XSI) for trials and tests");
  app.add_option("--listen", options.listen, "address of REST, OAuth, control API and page")
      ->capture_default_str();
  app.add_option("--xsp", xsps,
                 "address of an XSP, once for each (default: 127.0.0.1:8482 and :8483)");
  app.add_option("--cms", options.cms,
                 "address of a meeting server's API, once for each (default: none)");
  app.add_option("--cms-ca-file", files.cms_ca,
                 "whom meeting servers trust when they post records over https");
  app.add_option("--xsi-domain", options.xsi_domain,
                 "name to publish as xsiDomain, for SRV lookups");
  app.add_option("--dns", options.dns, "address of the name server, UDP and TCP")
      ->capture_default_str();
  app.add_flag("--srv", options.srv,
               "publish XSI endpoints that only the name server's SRV records lead to XSPs");
  app.add_option("--seed", options.seed, "decides everybody's ids")->capture_default_str();
  app.add_option("--people", options.people, "how many people; the story needs the first 13")
      ->capture_default_str();
  app.add_option("--token-life", options.token_life_s, "seconds that an access token lives")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--port-file", files.ports, "write the real addresses there, as JSON");
  app.add_option("--smtp", options.smtp, "address of the mail port; 0 lets the system pick one")
      ->capture_default_str();
  app.add_option("--smtp-port-file", files.smtp_port, "write the real mail port there");
  app.add_option("--memory", files.memory,
                 "keep grants and tokens there, so that a restart forgets no login");
  app.add_option(
      "--tls", files.tls_kind,
      "open doors with TLS too, with this kind of certificate: " + sim::CertificateKinds::list());
  app.add_option("--tls-ca-file", files.tls_ca, "write the certificate of their authority there");
  app.add_option("--tls-port-file", files.tls_ports, "write their addresses there, as JSON");
  CLI11_PARSE(app, argc, argv);
  if (!xsps.empty()) options.xsps = std::move(xsps);
  try {
    return run(std::move(options), files);
  } catch (std::exception const& e) {
    std::fprintf(stderr, "wardroom-sim: %s\n", e.what());
    return 1;
  }
}
