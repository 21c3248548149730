// Inflating of zip members. No logic here: inflateInit2 is a macro, which Swift cannot see.
#include <zlib.h>
static inline int vison_inflate_init_raw(z_stream *stream) {
  return inflateInit2(stream, -MAX_WBITS);
}
