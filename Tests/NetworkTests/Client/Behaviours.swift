import TestSupport

/// What a server does, row by row of the table in `Documentation/network.md`.
enum Behaviour {
  typealias Handler = @Sendable (_ number: Int, LoopbackServer.Request, LoopbackServer.Connection) -> Void

  /// The handler of a row; nil where no server is needed, or one of another kind.
  static let handlers: [String: Handler] = [
    "answers 200": { _, _, c in c.answer("well") },
    "answers 204 without a body": { _, _, c in c.send("HTTP/1.1 204 No Content\r\n\r\n") },
    "answers 200 in gzip": { _, _, c in c.answer(headers: ["content-encoding": "gzip"], gzippedWell) },
    "answers 503 twice, then 200": { n, _, c in n < 2 ? c.answer(503, "later") : c.answer("well") },
    "answers 429 with `Retry-After: 1`, then 200": { n, _, c in
      n < 1 ? c.answer(429, headers: ["Retry-After": "1"]) : c.answer("well")
    },
    "answers 429 with a date in `Retry-After`, then 200": { n, _, c in
      n < 1 ? c.answer(429, headers: ["Retry-After": httpDate(in: 2)]) : c.answer("well")
    },
    "answers 429 with `Retry-After: 3600`": { _, _, c in c.answer(429, headers: ["Retry-After": "3600"]) },
    "answers 429 with a `Retry-After` of more seconds than there are": { _, _, c in
      c.answer(429, headers: ["Retry-After": "99999999999999999999999"])
    },
    "answers 402": { _, _, c in c.answer(402, "pay") },
    "answers 429 with `insufficient_quota`": { _, _, c in
      c.answer(429, #"{"error": {"message": "You exceeded your quota", "type": "insufficient_quota"}}"#)
    },
    "answers 403 with `dailyLimitExceeded`": { _, _, c in
      c.answer(403, #"{"error": {"errors": [{"domain": "usageLimits", "reason": "dailyLimitExceeded"}]}}"#)
    },
    "answers 429 with a limit per day": { _, _, c in
      c.answer(
        429,
        #"{"error": {"errors": [{"reason": "rateLimitExceeded"}], "message": "#
          + #""Quota exceeded for quota metric 'Queries' and limit 'Queries per day' of service 'search'"}}"#)
    },
    "answers 429 with a month's window spent": { _, _, c in
      c.answer(
        429, headers: ["X-RateLimit-Policy": "1;w=1, 15000;w=2592000", "X-RateLimit-Remaining": "1, 0", "Retry-After": "1"])
    },
    "answers 200 with an error that the plugin finds": { _, _, c in c.answer("error: overloaded") },
    "answers 200 with an error that the plugin says may pass, then well": { n, _, c in
      c.answer(n == 0 ? "error: try again" : "well")
    },
    "repeats the key in its error": { _, r, c in c.answer(401, "wrong key `\(r.headers["x-key"] ?? "")`") },
    "takes the connection and says nothing": { _, _, c in c.pause(3) },
    "stops in the middle of a body": { _, _, c in
      c.send("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nwe")
      c.pause(3)
    },
    "sends a byte now and then, without end": { _, _, c in
      c.send("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
      while c.send("w") { c.pause(0.1) }
    },
    "closes before it answers": { _, _, c in c.end() },
    "breaks the connection": { _, _, c in c.reset() },
    "closes in the middle of a body of a given length": { _, _, c in
      c.send("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nwell")
      c.end()
    },
    "closes in the middle of a body in chunks": { _, _, c in
      c.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nwell\r\n")
      c.end()
    },
    "sends more than the length that it gives": { _, _, c in
      c.send("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nwell, and more")
    },
    "gives no length and closes at the end": { _, _, c in
      c.send("HTTP/1.1 200 OK\r\n\r\nwell")
      c.end()
    },
    "sends a body without end": { _, _, c in
      c.send("HTTP/1.1 200 OK\r\n\r\n")
      while c.send([UInt8](repeating: 0x77, count: 65536)) {}
    },
    "announces a body of 10 GB": { _, _, c in c.send("HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\nwell") },
    "sends a small body that grows to 64 MB when it is decompressed": { _, _, c in
      c.answer(headers: ["content-encoding": "gzip"], gzipBomb(megabytes: 64))
    },
    "calls a body gzip that is none": { _, _, c in c.answer(headers: ["content-encoding": "gzip"], "well") },
    "sends chunks that are none": { _, _, c in
      c.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nwell, this is no number\r\n")
    },
    "speaks another protocol": { _, _, c in
      c.send("220 mail.example ESMTP\r\n")
      c.end()
    },
    "sends a header without end": { _, _, c in
      c.send("HTTP/1.1 200 OK\r\n")
      while c.send("x-more: " + String(repeating: "w", count: 8192) + "\r\n") {}
    },
    "redirects to another of its paths": { _, r, c in
      r.path == "/there" ? c.answer("well") : c.answer(307, headers: ["location": "/there"])
    },
    "redirects in a circle": { _, _, c in c.answer(302, headers: ["location": "/circle"]) },
    "redirects to a host that is not allowed": { _, _, c in c.answer(302, headers: ["location": "http://127.0.0.1:9/"]) },
    "redirects to nowhere": { _, _, c in c.answer(302, headers: ["location": "ftp://host/"]) },
    "redirects to the address of a cloud's metadata": { _, _, c in
      c.answer(302, headers: ["location": "http://169.254.169.254/latest/meta-data"])
    },
  ]

  /// A handler of `answers 400, 401, …`, which gives one status.
  static func answering(_ status: Int) -> Handler { { _, _, c in c.answer(status, #"{"error": "no"}"#) } }
}
