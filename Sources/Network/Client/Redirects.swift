import NetworkPolicy
import PluginAPI

extension Exchange {
  static let mostRedirects = 5

  /// The exchange that a redirect asks for; nil where the answer is none.
  ///
  /// - Parameter secrets: what must not leave the origin that it was meant for.
  func redirected(by answer: OpenAnswer, secrets: [Secret]) throws(HTTPFailure) -> Exchange? {
    guard [301, 302, 303, 307, 308].contains(answer.status), let location = answer.header("location") else { return nil }
    guard let target = address.resolving(location) else {
      throw HTTPFailure(.answer, "\(address) redirects to something that is no address", status: answer.status)
    }
    var next = self
    next.address = target
    // As browsers do, and RFC 9110 allows: what was posted is not posted again but where the server says so by 307 or 308.
    if answer.status == 303 || (answer.status < 303 && method == "POST") {
      next.method = method == "HEAD" ? "HEAD" : "GET"
      next.body = []
      next.headers.removeAll { $0.name.lowercased().hasPrefix("content-") }
    }
    guard target.origin != address.origin else { return next }
    if address.scheme == "https", target.scheme == "http" {
      throw HTTPFailure(
        .refused, "\(address) redirects from https to \(target), which anybody could read", status: answer.status)
    }
    let personal = ["authorization", "proxy-authorization", "cookie"]
    next.headers.removeAll { header in
      personal.contains(header.name.lowercased()) || secrets.contains { $0.value == header.value }
    }
    guard secrets.allSatisfy({ $0.redacted(from: target.text) == target.text }) else {
      throw HTTPFailure(
        .refused, "\(address) redirects to \(target.origin) with a secret in the address", status: answer.status)
    }
    return next
  }
}
