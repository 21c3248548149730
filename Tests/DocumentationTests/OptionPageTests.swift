import Testing

/// The options are read from the sources of the commands: a help text would need the binaries.
@Suite("Options of the commands")
struct OptionPageTests {
  /// The names of the options that a source declares, with their dashes.
  static func options(in source: String) -> [String] {
    var names: [String] = []
    let declaration = /@(?:ArgumentParser\.)?(?:Option|Flag)\b(.*?)\bvar (\w+)/.dotMatchesNewlines()
    for match in source.matches(of: declaration) {
      let attribute = String(match.1)
      var own = attribute.matches(of: /customLong\("([\w-]+)"\)/).map { "--\($0.1)" }
      own += attribute.matches(of: /customShort\("(\w)"\)/).map { "-\($0.1)" }
      let long = "--" + kebab(String(match.2))
      if attribute.contains(".shortAndLong") { own += [long, "-" + String(match.2).prefix(1)] }
      if attribute.contains(/\.long\b/) || !attribute.contains("name:") { own.append(long) }
      names += own
    }
    return names
  }

  static func kebab(_ name: String) -> String {
    name.reduce(into: "") { $0 += $1.isUppercase ? "-\($1.lowercased())" : String($1) }
  }

  @Test("Names of options are found in a declaration")
  func found() {
    #expect(
      Self.options(in: "@Option(name: [.customShort(\"y\"), .customLong(\"config\")]) var c = 1")
        == ["--config", "-y"])
    #expect(Self.options(in: "@Flag(help: \"x\")\nvar allRuns = false") == ["--all-runs"])
    #expect(
      Self.options(in: "@Option(name: .shortAndLong, help: \"x\") var output = 1")
        == ["--output", "-o"])
  }

  @Test(
    "Every option of a command is in its page",
    arguments: [
      ("vison-run", "docs/vison-run.md", 15), ("vis-meta", "docs/vis-meta.md", 15),
      ("vis-tools", "docs/vis-tools.md", 15),
    ])
  func documented(_ command: String, _ page: String, _ least: Int) throws {
    let text = try Documentation.text(page)
    var count = 0
    for path in try Documentation.sources(in: "Sources/\(command)") {
      for option in Self.options(in: try Documentation.text(path)) {
        count += 1
        let pattern = try Regex("(?:^|[^\\w-])\(option)(?![\\w-])")
        #expect(
          text.firstMatch(of: pattern) != nil, "\(option) of \(path) is not in \(page)")
      }
    }
    #expect(count >= least)
  }

  @Test(
    "Every subcommand is in its page",
    arguments: [
      ("vison-run", "docs/vison-run.md"), ("vis-meta", "docs/vis-meta.md"),
      ("vis-tools", "docs/vis-tools.md"),
    ])
  func subcommands(_ command: String, _ page: String) throws {
    let text = try Documentation.text(page)
    for path in try Documentation.sources(in: "Sources/\(command)") {
      let source = try Documentation.text(path)
      for match in source.matches(of: /struct (\w+): (?:Async)?ParsableCommand/) {
        let named = source.firstMatch(of: /commandName: "([\w-]+)"/).map { String($0.1) }
        let name = named ?? Self.kebab(String(match.1).prefix(1).lowercased() + match.1.dropFirst())
        #expect(text.contains(name), "\(name) of \(path) is not in \(page)")
      }
    }
  }
}
