/// The coordinate systems in which a pixel can be named.
public enum CoordinateSystem: String, Sendable, CaseIterable {
  /// The detector's frame as stored: origin at its lower-left pixel.
  case frame
  /// One amplifier's rectangle, oriented as the frame, origin at its lower-left pixel.
  case relative
  /// One amplifier in the order of read-out, the node at (0, 0).
  case canonical
  /// The silicon: scan pixels removed, unread gaps inserted. Only image pixels have a place in it.
  case physical
}

/// A pixel's position, counted from 0.
public struct PixelPosition: Sendable, Hashable {
  /// The column.
  public var x: Int
  /// The row.
  public var y: Int

  /// A position.
  public init(x: Int, y: Int) {
    self.x = x
    self.y = y
  }
}

extension Camera {
  /// The amplifier whose rectangle holds a position of the frame; nil outside all of them.
  public func amplifier(atFrame position: PixelPosition) -> Amplifier? {
    amplifiers.first {
      position.x >= $0.x0 && position.x < $0.x0 + $0.width && position.y >= $0.y0
        && position.y < $0.y0 + $0.height
    }
  }

  /// Converts a position between coordinate systems.
  ///
  /// - Parameters:
  ///   - position: in the system `source`.
  ///   - amplifier: the amplifier that `relative` and `canonical` coordinates belong to; it may be
  ///     nil where `source` is `frame` or `physical`, and is then found from the position.
  /// - Returns: nil where the position lies outside the source system's extent, or the target has no
  ///   place for it (scan pixels in `physical`; the gap between the halves in all others).
  public func convert(
    _ position: PixelPosition, from source: CoordinateSystem, to target: CoordinateSystem,
    amplifier: Amplifier? = nil
  ) -> PixelPosition? {
    guard let (amplifier, canonical) = canonical(position, from: source, amplifier: amplifier) else {
      return nil
    }
    let relative = PixelPosition(
      x: amplifier.flippedColumn(canonical.x), y: amplifier.flippedRow(canonical.y))
    switch target {
    case .canonical: return canonical
    case .relative: return relative
    case .frame: return PixelPosition(x: relative.x + amplifier.x0, y: relative.y + amplifier.y0)
    case .physical:
      guard let image = regions[.image], image.contains(x: canonical.x, y: canonical.y) else {
        return nil
      }
      let silicon = siliconOrigin(of: amplifier)
      let first = imageOrigin(of: amplifier)
      return PixelPosition(
        x: relative.x - first.x + silicon.x, y: relative.y - first.y + silicon.y)
    }
  }

  /// The size of the physical frame: image pixels and gaps.
  public var physicalSize: (width: Int, height: Int) {
    guard let image = regions[.image] else { return (0, 0) }
    let across = Set(amplifiers.map(\.x0)).count
    let up = Set(amplifiers.map(\.y0)).count
    return (
      across * image.columns.count + (across - 1) * gapColumns,
      up * image.rows.count + (up - 1) * gapRows
    )
  }

  // MARK: - Steps

  private func canonical(
    _ position: PixelPosition, from source: CoordinateSystem, amplifier: Amplifier?
  ) -> (Amplifier, PixelPosition)? {
    func fromRelative(_ amplifier: Amplifier, _ p: PixelPosition) -> (Amplifier, PixelPosition)? {
      guard p.x >= 0, p.x < amplifier.width, p.y >= 0, p.y < amplifier.height else { return nil }
      return (
        amplifier, PixelPosition(x: amplifier.flippedColumn(p.x), y: amplifier.flippedRow(p.y))
      )
    }
    switch source {
    case .frame:
      guard let found = self.amplifier(atFrame: position),
        amplifier == nil || amplifier?.name == found.name
      else { return nil }
      return fromRelative(
        found, PixelPosition(x: position.x - found.x0, y: position.y - found.y0))
    case .relative:
      guard let amplifier else { return nil }
      return fromRelative(amplifier, position)
    case .canonical:
      guard let amplifier, position.x >= 0, position.x < amplifier.width, position.y >= 0,
        position.y < amplifier.height
      else { return nil }
      return (amplifier, position)
    case .physical:
      guard let image = regions[.image] else { return nil }
      for candidate in amplifiers where amplifier == nil || amplifier?.name == candidate.name {
        let silicon = siliconOrigin(of: candidate)
        let x = position.x - silicon.x
        let y = position.y - silicon.y
        if x >= 0, x < image.columns.count, y >= 0, y < image.rows.count {
          let first = imageOrigin(of: candidate)
          return fromRelative(candidate, PixelPosition(x: x + first.x, y: y + first.y))
        }
      }
      return nil
    }
  }

  /// The relative position of an amplifier's lower-left image pixel.
  private func imageOrigin(of amplifier: Amplifier) -> PixelPosition {
    guard let image = regions[.image] else { return PixelPosition(x: 0, y: 0) }
    return PixelPosition(
      x: amplifier.flipX ? amplifier.width - image.columns.upperBound : image.columns.lowerBound,
      y: amplifier.flipY ? amplifier.height - image.rows.upperBound : image.rows.lowerBound)
  }

  /// The physical position of an amplifier's lower-left image pixel.
  private func siliconOrigin(of amplifier: Amplifier) -> PixelPosition {
    guard let image = regions[.image] else { return PixelPosition(x: 0, y: 0) }
    let across = Set(amplifiers.map(\.x0).filter { $0 < amplifier.x0 }).count
    let up = Set(amplifiers.map(\.y0).filter { $0 < amplifier.y0 }).count
    return PixelPosition(
      x: across * (image.columns.count + gapColumns), y: up * (image.rows.count + gapRows))
  }
}
