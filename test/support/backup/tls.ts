/**
 * A key that protects nothing, and its own certificate for 127.0.0.1, valid for a hundred years:
 * `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1`
 */

export const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgkcaqGMIKq7MDkNeO
aKY8wYC5imF8yyNc6QEvxDNBlj6hRANCAAQZioavj8eTDXccSx+r7swyMEHi3OiM
L2RJKxpmJHlm3HtlAhHkF6ICr+XBwdeu1v7VLjg8YcnvG5xtVr+mcTeE
-----END PRIVATE KEY-----
`;

export const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBmjCCAUGgAwIBAgIUS4/7McSYD1obUx0G1xF2+D++Bs0wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTE1NDUxOFoYDzIxMjYxMDI4
MTU0NTE4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQZioavj8eTDXccSx+r7swyMEHi3OiML2RJKxpmJHlm3HtlAhHkF6IC
r+XBwdeu1v7VLjg8YcnvG5xtVr+mcTeEo28wbTAdBgNVHQ4EFgQUt9rJTSs63B4L
RndWT79qLk9jsn4wHwYDVR0jBBgwFoAUt9rJTSs63B4LRndWT79qLk9jsn4wDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARhwR/AAABgglsb2NhbGhvc3QwCgYIKoZI
zj0EAwIDRwAwRAIgSYLdI8d0zhi88vCy3SQhjE/zfyyexAlTzAr6RNJUJ4ACID7w
7ZicxFPerZnzE/kWv46H+Asy03x59LS4YuMmJkTj
-----END CERTIFICATE-----
`;
