// The parts of the GNU Scientific Library that the analysis uses. No logic here.
#include <gsl/gsl_errno.h>
#include <gsl/gsl_matrix.h>
#include <gsl/gsl_multifit.h>
#include <gsl/gsl_vector.h>

// Swift cannot see a mutable global pointer as safe; the bisquare weights never change.
static inline const gsl_multifit_robust_type *vison_gsl_bisquare(void) {
  return gsl_multifit_robust_bisquare;
}

// The version's text is a global variable, which Swift takes for shared mutable state.
#include <gsl/gsl_version.h>
static inline const char *vison_gsl_version(void) { return gsl_version; }
