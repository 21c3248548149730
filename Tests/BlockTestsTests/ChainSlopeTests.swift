import Analysis
import Foundation
import Testing

@testable import BlockTests

@Suite("Slope of the chain") struct ChainSlopeTests {
  private let c = [0.02, -0.05, 0.01]
  private let low = (amplitude: 0.004, scale: 1500.0)

  private func chain(error: Double = 1e-4, highest: Double = 55_000) -> ChainSlope {
    let covariance = (0..<16).map { $0 % 5 == 0 ? error * error : 0 }
    return ChainSlope([
      "CCD1/E": ChainSlope.Curve(
        coefficients: c, lowSignal: low, covariance: covariance, highest: highest, source: "NL02")
    ])
  }

  private func reason(_ chain: ChainSlope, _ signal: Double, _ amplifier: String = "E") -> String? {
    do throws(NotMeasurable) {
      _ = try chain.factor("CCD1", amplifier, at: signal)
      return nil
    } catch { return error.reason }
  }

  @Test("The factor is d ln s / d ln F of the curve, by differences; its error that of the coefficients")
  func derivative() throws {
    func u(_ signal: Double) -> Double {
      let x = signal / 65536
      return c[0] * x + c[1] * x * x + c[2] * x * x * x + low.amplitude * exp(-signal / low.scale)
    }
    for signal in [800.0, 5000, 30_000, 50_000] {
      let step = 1e-4
      // ln s = ln F - u(F).
      let expected = 1 - (u(signal * (1 + step)) - u(signal * (1 - step))) / (2 * step)
      let found = try chain().factor("CCD1", "E", at: signal)
      #expect(abs(found.value - expected) < 1e-7, "\(signal)")
      let x = signal / 65536
      let gradient = [-x, -2 * x * x, -3 * x * x * x, signal / low.scale * exp(-signal / low.scale)]
      let error = 1e-4 * gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
      #expect(abs(found.uncertainty - error) < 1e-12)
    }
  }

  @Test("Without a curve, beyond it, or with one that is not sure, the reason says so")
  func reasons() {
    #expect(reason(chain(), 1000, "F")?.hasPrefix("not corrected: no curve of the chain") == true)
    #expect(reason(chain(), 60_000) == "not corrected: the chain is known up to 55000 ADU only")
    #expect(reason(chain(error: 0.1), 50_000)?.contains("is known to") == true)
    #expect(reason(chain(error: .nan), 50_000)?.contains("not that of a detector") == true)
    #expect(reason(chain(), -5) != nil && reason(chain(), .nan) != nil)
    #expect(reason(chain(), 30_000) == nil)
  }
}
