"""Makes the docker-registry 0.9.1 that is installed beside this interpreter, written for Python 2, run on Python 3.

Only where text and bytes are two things now, and where what was a list is a view. A place that is not as it was in 0.9.1
is an error.
"""
import pathlib
import sys
import sysconfig

PLACES = {
    'toolkit.py': [('f.func_name', 'f.__name__')],
    'index.py': [('images.values()', 'list(images.values())')],
    'lib/mirroring.py': [('.iteritems()', '.items()')],
    'core/driver.py': [('.iteritems()', '.items()')],
    'lib/checksums.py': [
        ("sha256(data or '')", "sha256((data or '').encode())"),
        ('sha256(s)', 'sha256(s.encode())'),
        ("sha256(json_data + '\\n')", "sha256((json_data + '\\n').encode())"),
    ],
    'drivers/file.py': [
        # Its callers decode what they get, text or not.
        ('        return d\n', "        return type('Text', (str,), {'decode': lambda self, *_: self})(d.decode())\n"),
        ('f.write(content)', 'f.write(content.encode() if isinstance(content, str) else content)'),
        ("buf = ''", "buf = b''"),
    ],
}

package = pathlib.Path(sysconfig.get_path('purelib'), 'docker_registry')
for name, replacements in PLACES.items():
    path = package / name
    text = path.read_text()
    for old, new in replacements:
        if old not in text:
            sys.exit('%s: %r is not there' % (path, old))
        text = text.replace(old, new)
    path.write_text(text)
