"""Names of Python 2 and of older libraries that docker-registry 0.9.1 looks for."""
import builtins
import collections
import collections.abc
import lzma
import sys
import types
import urllib
import urllib.parse

import yaml

for name in ('Callable', 'Iterable', 'Mapping', 'MutableMapping'):
    setattr(collections, name, getattr(collections.abc, name))
for name in ('quote', 'quote_plus', 'unquote'):
    setattr(urllib, name, getattr(urllib.parse, name))
builtins.basestring = builtins.unicode = str

backports = types.ModuleType('backports')
backports.lzma = lzma
sys.modules.update({'backports': backports, 'backports.lzma': lzma})

load = yaml.load
yaml.load = lambda stream, Loader=yaml.SafeLoader: load(stream, Loader)
