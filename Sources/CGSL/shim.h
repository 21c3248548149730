// The parts of the GNU Scientific Library that the analysis uses. No logic here.
#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <gsl/gsl_matrix.h>
#include <gsl/gsl_multifit.h>
#include <gsl/gsl_multifit_nlinear.h>
#include <gsl/gsl_sf_expint.h>
#include <gsl/gsl_vector.h>

// Swift cannot see a mutable global pointer as safe; the bisquare weights never change.
static inline const gsl_multifit_robust_type *vison_gsl_bisquare(void) {
  return gsl_multifit_robust_bisquare;
}

// The kinds of solver are global variables, which Swift takes for shared mutable state; they never change.
static inline gsl_multifit_nlinear_workspace *vison_gsl_levenberg_marquardt(size_t n, size_t p, int normal) {
  gsl_multifit_nlinear_parameters parameters = gsl_multifit_nlinear_default_parameters();
  parameters.trs = gsl_multifit_nlinear_trs_lm;
  parameters.scale = gsl_multifit_nlinear_scale_more;
  parameters.solver = normal ? gsl_multifit_nlinear_solver_cholesky : gsl_multifit_nlinear_solver_qr;
  parameters.fdtype = GSL_MULTIFIT_NLINEAR_CTRDIFF;
  return gsl_multifit_nlinear_alloc(gsl_multifit_nlinear_trust, &parameters, n, p);
}

// The version's text is a global variable, which Swift takes for shared mutable state.
#include <gsl/gsl_version.h>
static inline const char *vison_gsl_version(void) { return gsl_version; }
