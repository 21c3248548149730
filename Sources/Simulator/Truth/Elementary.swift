#if canImport(Glibc)
  import Glibc
#endif

// Elementary functions by name, so that each file that needs one does not import the C library.

@inline(__always)
func exponential(_ x: Double) -> Double { exp(x) }

@inline(__always)
func sine(_ x: Double) -> Double { sin(x) }

@inline(__always)
func cosine(_ x: Double) -> Double { cos(x) }

@inline(__always)
func logarithm(_ x: Double) -> Double { log(x) }

@inline(__always)
func power(_ x: Double, _ y: Double) -> Double { pow(x, y) }

@inline(__always)
func errorFunction(_ x: Double) -> Double { erf(x) }
