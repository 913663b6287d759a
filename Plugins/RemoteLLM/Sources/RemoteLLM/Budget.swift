import PluginAPI
import Synchronization

/// What a run may use. A request is begun only where its greatest use still fits beside that of the others under way.
final class Budget: Sendable {
  private struct State {
    var tokens = 0, cost = 0.0
    var reservedTokens = 0, reservedCost = 0.0
    var underWay = 0
  }
  private let state = Mutex(State())
  private let options: RemoteLLMOptions

  init(_ options: RemoteLLMOptions) { self.options = options }

  enum Answer { case granted, later, spent(String) }

  /// Asks for a request's greatest use; `later` where others have to end first to tell.
  func reserve(prompt: Int, completion: Int) -> Answer {
    state.withLock { state in
      let cost = price(prompt, completion), tokens = prompt + completion
      let fits =
        state.tokens + state.reservedTokens + tokens <= options.maxTotalTokens ?? .max
        && state.cost + state.reservedCost + cost <= options.maxCost ?? .infinity
      guard fits else { return state.underWay > 0 ? .later : .spent(shown(state)) }
      state.reservedTokens += tokens
      state.reservedCost += cost
      state.underWay += 1
      return .granted
    }
  }

  /// A request ended: what was reserved for it is free again, and what it used is used.
  func settle(prompt: Int, completion: Int, used: (prompt: Int, completion: Int)?) {
    state.withLock { state in
      state.reservedTokens -= prompt + completion
      state.reservedCost -= price(prompt, completion)
      state.underWay -= 1
      guard let used else { return }
      state.tokens += used.prompt + used.completion
      state.cost += price(used.prompt, used.completion)
    }
  }

  /// In the currency of the prices.
  func price(_ prompt: Int, _ completion: Int) -> Double {
    (Double(prompt) * options.promptPrice + Double(completion) * options.completionPrice) / 1e6
  }

  private func shown(_ state: State) -> String {
    let limits =
      (options.maxTotalTokens.map { ["`maxTotalTokens: \($0)`"] } ?? []) + (options.maxCost.map { ["`maxCost: \($0)`"] } ?? [])
    let cost = options.maxCost == nil ? "" : " at \((state.cost * 1e4).rounded() / 1e4)"
    return "the budget \(limits.joined(separator: " and ")) does not cover another request: "
      + "\(state.tokens) tokens are used\(cost)"
  }
}
