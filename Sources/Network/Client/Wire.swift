import AsyncHTTPClient
import NIOCore
import NIOPosix
import NIOSSL
import NetworkPolicy
import PluginAPI
import Synchronization

/// Exchanges over real sockets, by AsyncHTTPClient. Names are resolved here and not there: only addresses that the policy permits
/// are connected to, and what was checked is what is connected to.
final class Wire: Transport {
  private let policy: HTTPPolicy
  private let allowed: AllowedHosts
  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  /// One for each address that a host's name leads to.
  private let clients = Mutex<[Route: AsyncHTTPClient.HTTPClient]>([:])

  private struct Route: Hashable {
    var host: String
    var target: NetworkAddress
  }

  init(_ policy: HTTPPolicy, _ allowed: AllowedHosts) {
    self.policy = policy
    self.allowed = allowed
  }

  func open(_ exchange: Exchange) async throws -> OpenAnswer {
    let address = exchange.address
    let targets = try await permitted(address)
    for target in targets.dropLast() {
      do {
        return try await open(exchange, at: target)
      } catch {
        // Where no connection was made, the name's next address may be the one that listens.
        guard madeNoConnection(error) else { throw wireFailure(error, address, policy) }
      }
    }
    guard let last = targets.last else { throw HTTPFailure(.unreachable, "\(address): the name leads to no address") }
    do { return try await open(exchange, at: last) } catch { throw wireFailure(error, address, policy) }
  }

  private func permitted(_ address: WebAddress) async throws -> [NetworkAddress] {
    let found = try await Resolver.addresses(of: address)
    let permitted = found.filter { allowed.permits($0, for: address) }
    guard permitted.isEmpty, let refused = found.first else { return permitted }
    throw HTTPFailure(
      .refused,
      "\(address): `\(address.host)` leads to \(refused), a \(refused.reach.rawValue) address, which `http.hosts` does not name"
    )
  }

  private func open(_ exchange: Exchange, at target: NetworkAddress) async throws -> OpenAnswer {
    var request = HTTPClientRequest(url: exchange.address.text)
    request.method = .init(rawValue: exchange.method)
    for (name, value) in exchange.headers { request.headers.add(name: name, value: value) }
    if !exchange.body.isEmpty { request.body = .bytes(exchange.body) }
    let client = client(Route(host: exchange.address.host, target: target))
    let response = try await client.execute(request, deadline: .distantFuture)
    let reader = BodyReader(response.body), (address, policy) = (exchange.address, policy)
    return OpenAnswer(
      status: Int(response.status.code), headers: response.headers.map { ($0.name.lowercased(), $0.value) },
      next: {
        do { return try await reader.next() } catch { throw wireFailure(error, address, policy) }
      })
  }

  private func client(_ route: Route) -> AsyncHTTPClient.HTTPClient {
    clients.withLock { clients in
      if let known = clients[route] { return known }
      var settings = AsyncHTTPClient.HTTPClient.Configuration()
      var security = TLSConfiguration.makeClientConfiguration()
      security.minimumTLSVersion = .tlsv12
      settings.tlsConfiguration = security
      settings.dnsOverride = [route.host: route.target.description]
      settings.redirectConfiguration = .disallow
      settings.httpVersion = .http1Only
      settings.timeout = .init(connect: .duration(policy.connectSeconds), read: .duration(policy.readSeconds))
      settings.decompression = .enabled(limit: .size(policy.maxBytes))
      // Retries and the bound on requests are the policy's; the pool is not to have its own.
      settings.connectionPool = .init(
        idleTimeout: .seconds(15), concurrentHTTP1ConnectionsPerHostSoftLimit: policy.concurrency)
      settings.connectionPool.retryConnectionEstablishment = false
      let made = AsyncHTTPClient.HTTPClient(eventLoopGroupProvider: .shared(group), configuration: settings)
      clients[route] = made
      return made
    }
  }
}

extension TimeAmount {
  fileprivate static func duration(_ seconds: Double) -> TimeAmount { .nanoseconds(Int64(seconds * 1e9)) }
}

/// A body read by one task at a time, as ``OpenAnswer/next`` is.
private final class BodyReader: @unchecked Sendable {
  private var iterator: HTTPClientResponse.Body.AsyncIterator

  init(_ body: HTTPClientResponse.Body) { iterator = body.makeAsyncIterator() }

  func next() async throws -> [UInt8]? { try await iterator.next().map { Array(buffer: $0) } }
}
