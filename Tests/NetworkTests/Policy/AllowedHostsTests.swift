import NetworkPolicy
import PluginAPI
import Testing

@Suite("Web addresses")
struct WebAddressTests {
  @Test(arguments: [
    ("https://Api.Example/v1?q=1#top", "https://api.example/v1?q=1", 443), ("http://h:8080", "http://h:8080/", 8080),
    ("http://[::1]:80/x", "http://[::1]/x", 80), ("HTTPS://h.?q", "https://h/?q", 443),
  ])
  func areTakenApart(_ text: String, _ whole: String, _ port: Int) throws {
    let address = try #require(WebAddress(text))
    #expect(address.text == whole && address.port == port)
  }

  @Test(arguments: [
    "", "h", "ftp://h/", "http://", "http:///x", "http://user@h/", "http://u:p@h/", "http://h:0/", "http://h:99999/",
    "http://h:8a/", "http://h\\@evil/", "http://h /", "http://a..b/", "http://[::1/", "http://[x]/", "http://hé/",
    "http://h\n/", "file:///etc/passwd", "http://h%00/",
  ])
  func othersAreNone(_ text: String) { #expect(WebAddress(text) == nil) }

  @Test func referencesAreResolved() throws {
    let page = try #require(WebAddress("https://h/a/b?q"))
    let wanted = [
      "/c": "https://h/c", "c": "https://h/a/c", "?x": "https://h/a/b?x", "//i/c": "https://i/c", "http://i:1/": "http://i:1/",
    ]
    for (reference, text) in wanted { #expect(page.resolving(reference)?.text == text) }
    for reference in ["", "#x", "ftp://h/"] { #expect(page.resolving(reference) == nil) }
  }
}

@Suite("Allowed hosts")
struct AllowedHostsTests {
  private func address(_ text: String) throws -> WebAddress { try #require(WebAddress(text)) }
  private func target(_ text: String) throws -> NetworkAddress { try #require(NetworkAddress(text)) }

  @Test(arguments: [
    ("8.8.8.8", NetworkAddress.Reach.public), ("127.0.0.1", .loopback), ("127.9.9.9", .loopback), ("10.1.2.3", .private),
    ("172.16.0.1", .private), ("172.32.0.1", .public), ("192.168.1.1", .private), ("100.64.0.1", .private),
    ("169.254.169.254", .linkLocal), ("0.0.0.0", .reserved), ("224.0.0.1", .reserved), ("255.255.255.255", .reserved),
    ("::1", .loopback), ("::", .reserved), ("fe80::1", .linkLocal), ("fd00::1", .private), ("ff02::1", .reserved),
    ("2606:4700::1", .public), ("::ffff:127.0.0.1", .loopback), ("::ffff:10.0.0.1", .private),
    ("64:ff9b::7f00:1", .loopback), ("2002:7f00:1::", .loopback), ("::7f00:1", .reserved),
  ])
  func addressesHaveTheirReach(_ text: String, _ reach: NetworkAddress.Reach) throws {
    #expect(try target(text).reach == reach)
  }

  @Test func hostsAreNamedWithTheirPorts() throws {
    let hosts = AllowedHosts(["API.example", "localhost:8080", "[::1]:9", "10.0.0.0/8"])
    for text in ["https://api.example/", "http://api.example/x", "http://localhost:8080/", "http://[0::1]:9/"] {
      #expect(try hosts.names(address(text)), "\(text)")
    }
    for text in [
      "https://api.example:8443/", "https://www.api.example/", "https://example/", "http://localhost/",
      "http://127.0.0.1:8080/", "http://10.1.2.3/", "http://[::1]/",
    ] {
      #expect(try !hosts.names(address(text)), "\(text)")
    }
  }

  @Test func namesLeadToPublicAddressesOnly() throws {
    let hosts = AllowedHosts(["api.example", "llm.corp", "localhost:8080", "10.0.0.0/8", "192.168.7.7"])
    let name = try address("https://llm.corp/")
    #expect(try hosts.permits(target("93.184.216.34"), for: name))
    #expect(try hosts.permits(target("10.9.8.7"), for: name) && hosts.permits(target("192.168.7.7"), for: name))
    for text in ["127.0.0.1", "::1", "169.254.169.254", "192.168.7.8", "::ffff:127.0.0.1", "0.0.0.0"] {
      #expect(try !hosts.permits(target(text), for: name), "\(text)")
    }
    let own = try address("http://localhost:8080/")
    #expect(try hosts.permits(target("127.0.0.1"), for: own) && hosts.permits(target("::1"), for: own))
    #expect(try !hosts.permits(target("192.168.0.1"), for: own))
    let literal = try address("http://192.168.7.7/")
    #expect(try hosts.permits(target("192.168.7.7"), for: literal))
  }

  @Test func faultyEntriesAreTold() {
    for entry in ["api.openai.com", "localhost:1", "10.0.0.0/8", "::1", "[::1]:80", "fd00::/8", "127.0.0.1"] {
      #expect(AllowedHosts.fault(of: entry) == nil, "\(entry)")
    }
    for entry in ["http://h", "*.example", "", "h:0", "h/x", "10.0.0.0/33", "a b", "h:", "u@h"] {
      #expect(AllowedHosts.fault(of: entry) != nil, "\(entry)")
    }
  }
}
