// SHA-256 of OpenSSL's libcrypto. No logic here.
#include <openssl/evp.h>
