#include "engines/workspace/http/transport.h"

#include <fmt/format.h>
#include <exception>

#include "engines/workspace/http/connector.h"
#include "engines/workspace/http/pool.h"
#include "engines/workspace/http/request_text.h"
#include "engines/workspace/http/response_reader.h"

namespace lockstep {

namespace {

using Kind = HttpFailure::Kind;

// A request that may not be sent twice goes only on a connection that was in use a moment ago: when it is dead after
// all, nobody can tell whether the request was executed. A GET is simply sent again.
constexpr std::chrono::milliseconds kIdleForAny{4'000};
constexpr std::chrono::milliseconds kIdleForGet{30'000};

struct Unguard {
  Watch& watch;
  ~Unguard() { watch.release(); }
};

class PocoTransport : public HttpTransport {
 public:
  explicit PocoTransport(TransportSettings settings) : settings_(std::move(settings)) {}
  ~PocoTransport() override {
    NoSigpipe quiet;
    pool_.reset();
  }
  PocoTransport(const PocoTransport&) = delete;
  PocoTransport& operator=(const PocoTransport&) = delete;

  HttpResult send(const HttpRequest& request, const Call& call) override {
    HttpResult result;
    result.failure.kind = Kind::bad_url;
    const std::optional<HttpUrl> url = parse_http_url(request.url);
    ProxyChoice way;
    if (!url) {
      result.failure.detail = "the URL is not one of the form https://HOST[:PORT][/PATH][?QUERY]";
    } else if (std::optional<std::string> defect = request_defect(request)) {
      result.failure.detail = std::move(*defect);
    } else if (way = choose_proxy(settings_, *url); !way.failure.empty()) {
      result.failure.detail = std::move(way.failure);
    } else if (request.carries_credentials() && !url->tls && !url->is_loopback()) {
      result.failure.detail = fmt::format(
          "credentials are sent over http:// to this machine only, not to {}; write https://", url->host_port());
    } else if (request.carries_credentials() && !url->tls && way.proxy && !way.proxy->url.is_loopback()) {
      result.failure.detail =
          fmt::format("credentials over http:// would go through the proxy {}; put {} into NO_PROXY",
                      way.proxy->url.host_port(), url->host);
    } else {
      exchange(request, Destination{*url, std::move(way.proxy), request.ca_file, settings_.user_agent}, call, result);
    }
    return result;
  }

  [[nodiscard]] TransportFigures figures() const override {
    TransportFigures figures;
    figures.connections_opened = opened_.load();
    figures.handshakes = handshakes_.load();
    figures.requests = requests_.load();
    return figures;
  }

 private:
  void exchange(const HttpRequest& request, const Destination& to, const Call& call, HttpResult& result) {
    NoSigpipe quiet;
    Watch watch(timer_, call, request.linger);
    std::string stage = "connecting";
    try {
      if (watch.over() == Watch::Over::no) attempt(request, to, watch, stage, result);
    } catch (const std::exception& broken) {  // no memory, no thread: nothing that the peer did
      result.failure.kind = Kind::connect;
      result.failure.detail = fmt::format("{}: {}", to.url.host_port(), broken.what());
    }
    if (result.response || watch.over() == Watch::Over::no) return;
    // The watch broke the connection; what broke then is not the cause.
    const bool timeout = watch.over() == Watch::Over::timeout;
    result.failure.kind = timeout ? Kind::timeout : Kind::cancelled;
    result.failure.detail =
        fmt::format("{} while {} {}", timeout ? "the time was over" : "cancelled", stage, to.url.host_port());
  }

  void attempt(const HttpRequest& request, const Destination& to, Watch& watch, std::string& stage,
               HttpResult& result) {
    const std::string place = place_of(to);
    const bool get = request.method == "GET" || request.method == "HEAD";
    std::unique_ptr<Connection> connection = pool_->take(place, get ? kIdleForGet : kIdleForAny);
    const Unguard unguard{watch};  // goes before the connection does
    if (connection) {
      watch.guard(connection->fd());
    } else {
      Connected made = connect(to, tls_, watch);
      if (made.handshake) ++handshakes_;
      result.failure = std::move(made.failure);
      if (!made.connection) return;
      ++opened_;
      connection = std::move(made.connection);
    }
    result.peer_certificate_expiry = connection->certificate_expiry();
    result.failure.reused = connection->served > 0;
    if (!watch.sending()) return;
    result.failure.sent = true;
    ++requests_;
    stage = "sending the request to";
    RequestForm form{settings_.user_agent, false, {}};
    if (to.proxy && !to.url.tls) {
      form.whole_url = true;
      form.proxy_authorization = to.proxy->authorization;
    }
    const std::string unsent = connection->write(request_text(request, to.url, form));
    // A server may answer before it has read all of a body that it does not want, and close.
    stage = "waiting for the answer of";
    Received received =
        ResponseReader(*connection, to.url.host_port()).receive(request.method == "HEAD", request.max_response_bytes);
    const bool untouched = watch.release();
    if (!received.response) {
      if (received.any_byte) stage = "receiving the answer of";
      result.failure.kind = received.failure.kind;
      result.failure.detail = std::move(received.failure.detail);
      if (!unsent.empty() && !received.any_byte)
        result.failure.detail = fmt::format("{} did not take the request: {}", to.url.host_port(), unsent);
      if (result.failure.reused && !received.any_byte && watch.over() == Watch::Over::no) pool_->drop(place);
      return;
    }
    result.response = std::move(received.response);
    if (!received.may_reuse || !unsent.empty() || !untouched) return;
    ++connection->served;
    connection->server_closes = received.server_closes;
    pool_->put(place, std::move(connection));
  }

  static std::string place_of(const Destination& to) {
    std::string place = to.url.tls ? "https " : "http ";
    place.append(to.url.host_port()).append(" ").append(to.ca_file);
    // A request to an http proxy names its host itself, so it is only the proxy that counts there; yet one host's
    // trouble should not drop the connections of another.
    if (to.proxy) place.append(" via ").append(to.proxy->url.host_port()).append(" ").append(to.proxy->authorization);
    return place;
  }

  const TransportSettings settings_;
  Tls& tls_ = Tls::shared();
  std::unique_ptr<Pool> pool_ = std::make_unique<Pool>();
  WatchTimer timer_;
  std::atomic<std::uint64_t> opened_ = 0;
  std::atomic<std::uint64_t> handshakes_ = 0;
  std::atomic<std::uint64_t> requests_ = 0;
};

}  // namespace

std::unique_ptr<HttpTransport> make_poco_transport(const TransportSettings& settings) {
  return std::make_unique<PocoTransport>(settings);
}

}  // namespace lockstep
