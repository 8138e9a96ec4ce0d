"""docker-registry needs it for a privileged key, which no test has."""


class RSA:
    class RSAError(Exception):
        pass


BIO = None
