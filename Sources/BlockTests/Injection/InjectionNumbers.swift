import Analysis
import Detector

/// The injected charge of one amplifier in one raw frame.
struct InjectionNumbers: Sendable {
  /// Median of the injected lines above the pre-scan [adu].
  var level: Result<Estimate, NotMeasurable>
  /// Mean of the injected lines above the pre-scan [adu].
  var mean: Result<Estimate, NotMeasurable>
  /// Standard deviation of the pixels of the injected lines [adu].
  var scatter: Result<Estimate, NotMeasurable>
  /// Median of the lines without injection above the pre-scan [adu]; a reason where there are none.
  var blank: Result<Estimate, NotMeasurable>

  /// Measures the lines within the image area and the rows that were read.
  ///
  /// Mean and standard deviation are the plain ones of all valid pixels: the pattern from column to column,
  /// noise and dipoles together. No clipping: the pattern is part of what is meant.
  init(
    of frame: Image<UInt16>, amplifier: Amplifier, camera: Camera, window: Range<Int>,
    lines: InjectionLines, offset: Result<GaussianCore, NotMeasurable>
  ) {
    func histogram(_ injected: Bool) -> Result<RawHistogram, NotMeasurable> {
      guard let area = camera.checkRegion(.image, rows: window) else {
        return .failure(NotMeasurable("no image rows were read"))
      }
      let runs = lines.runs(of: area.rows, injected: injected)
      guard !runs.isEmpty else {
        return .failure(
          NotMeasurable(injected ? "no injected lines" : "all lines are injected"))
      }
      var histogram = RawHistogram()
      for run in runs {
        histogram.add(
          amplifier.frameRegion(of: Region(columns: area.columns, rows: run)), of: frame)
      }
      for value in camera.invalidValues { histogram.remove(value: Int(value)) }
      return .success(histogram)
    }
    func level(_ histogram: Result<RawHistogram, NotMeasurable>) -> Result<Estimate, NotMeasurable> {
      Result { () throws(NotMeasurable) in
        let zero = try offset.get().location
        let filled = try histogram.get()
        let moments = try filled.moments()
        // The median's error is sqrt(pi / 2) times that of the mean.
        let error = 1.2533 * moments.deviation / Double(moments.count).squareRoot()
        return Estimate(
          value: try filled.quantile(0.5) - zero.value,
          uncertainty: (error * error + zero.uncertainty * zero.uncertainty).squareRoot(),
          count: moments.count)
      }
    }
    let injected = histogram(true)
    let moments = Result { () throws(NotMeasurable) in try injected.get().moments() }
    self.level = level(injected)
    blank = level(histogram(false))
    mean = Result { () throws(NotMeasurable) in
      let zero = try offset.get().location
      let moments = try moments.get()
      let error = moments.deviation / Double(moments.count).squareRoot()
      return Estimate(
        value: moments.mean - zero.value,
        uncertainty: (error * error + zero.uncertainty * zero.uncertainty).squareRoot(),
        count: moments.count)
    }
    scatter = Result { () throws(NotMeasurable) in
      let moments = try moments.get()
      return Estimate(
        value: moments.deviation,
        uncertainty: moments.deviation / (2 * Double(moments.count)).squareRoot(),
        count: moments.count)
    }
  }
}
