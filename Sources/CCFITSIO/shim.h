// CFITSIO, and zlib for reading gzip with a limit on what is unpacked. No logic here.
#include <fitsio.h>
#include <zlib.h>

// The long names of CFITSIO are macros for functions, which Swift cannot see.

static inline int vison_fits_open_diskfile(fitsfile **file, const char *name, int *status) {
  return ffdkopn(file, name, READONLY, status);
}

static inline int vison_fits_close_file(fitsfile *file, int *status) {
  return ffclos(file, status);
}

static inline int vison_fits_movabs_hdu(fitsfile *file, int number, int *status) {
  int type = 0;
  return ffmahd(file, number, &type, status);
}

// The first pixel is given as an index from 1 into the image seen as one row of pixels.
static inline int vison_fits_read_img(
    fitsfile *file, int type, LONGLONG first, LONGLONG count, void *null, void *into,
    int *status) {
  int anyNull = 0;
  return ffgpv(file, type, first, count, null, into, &anyNull, status);
}

// A rectangle of a two-dimensional image, corners counted from 1 and included.
static inline int vison_fits_read_section(
    fitsfile *file, int type, long x0, long y0, long x1, long y1, void *null, void *into,
    int *status) {
  long lower[8] = {x0, y0, 1, 1, 1, 1, 1, 1};
  long upper[8] = {x1, y1, 1, 1, 1, 1, 1, 1};
  long step[8] = {1, 1, 1, 1, 1, 1, 1, 1};
  int anyNull = 0;
  return ffgsv(file, type, lower, upper, step, null, into, &anyNull, status);
}

static inline int vison_fits_read_errmsg(char *message) { return ffgmsg(message); }

static inline void vison_fits_get_errstatus(int status, char *text) { ffgerr(status, text); }

// inflateInit2 is a macro; 15 + 16 asks for a gzip stream with the largest window.
static inline int vison_inflate_init(z_stream *stream) { return inflateInit2(stream, 15 + 16); }
