def keep(name, curves):
    pass


def write():
    pass
