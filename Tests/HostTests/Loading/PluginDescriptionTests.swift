import FoundationEssentials
import PluginAPI
import Testing

@testable import Host

struct PluginDescriptionTests {
  let plugin: LoadedPlugin

  init() throws { plugin = try PluginLoader.load(path: LoadingLab.sample()) }

  @Test func `for a person`() {
    let expected = """
      loading-sample: Does nothing.

      kind      decoder
      version   1.2.3
      licence   MIT
      file      \(plugin.path)
      sha256    \(plugin.sha256)
      compiler  \(plugin.compiler)

      option  type         default   range        help
      times   integer      1         1 to 9       how often
      scale   number       none      0.5 or more  how much
      mode    plain|fancy  required  any          in which way

      """
    #expect(PluginDescription(plugin).text == expected)
    let list = PluginList([plugin]).text.split(separator: "\n")
    #expect(list.first == "id              kind     version  file")
    #expect(list.last == "loading-sample  decoder  1.2.3    \(plugin.path)")
  }

  @Test func `for a program`() throws {
    let text = try PluginDescription(plugin).json()
    let back = try JSONDecoder().decode(PluginDescription.self, from: Data(text.utf8))
    #expect(back.sha256 == plugin.sha256 && back.file == plugin.path && text.contains(plugin.path))
    #expect(back.options.map(\.name) == ["times", "scale", "mode"])
    #expect(back.options.map(\.required) == [false, false, true] && back.options.map(\.default) == ["1", nil, nil])
    #expect(back.options[1].least == 0.5 && back.options[1].greatest == nil)
    let rows = try JSONDecoder().decode([PluginList.Row].self, from: Data(PluginList([plugin]).json().utf8))
    #expect(rows.map(\.id) == ["loading-sample"] && rows.map(\.kind) == ["decoder"])
  }
}
