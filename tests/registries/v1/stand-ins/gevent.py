"""docker-registry reads tags with it, several at a time; one after the other does as well."""


class spawn:
    def __init__(self, function, *arguments):
        self.value = function(*arguments)


def joinall(_):
    pass
