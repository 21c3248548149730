// Cairo and its PDF and SVG surfaces. No logic here.
#include <cairo/cairo.h>
#include <cairo/cairo-pdf.h>
#include <cairo/cairo-svg.h>
