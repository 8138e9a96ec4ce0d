// An image with what one looks into images for: files that layers change, delete and hide, large ones, pictures, packages, names that
// are to deceive, and signatures, a bill of materials and provenance that refer to it.
import { crc32, deflateSync } from 'node:zlib';

import { artifact, blob, image, index, layer } from './content.mjs';
import { noise } from './sample-images.mjs';

const folder = (path) => ({ path, type: 'folder' });
const text = (path, ...lines) => ({ path, content: `${lines.join('\n')}\n` });

const PACKAGES = {
  'base-files': '13.8',
  libc6: '2.41-12',
  'zlib1g': '1:1.3.dfsg+really1.3.1-1+b1',
};
const dpkg = (packages) =>
  text(
    'var/lib/dpkg/status',
    ...Object.entries(packages).flatMap(([name, version]) => [
      `Package: ${name}`,
      'Status: install ok installed',
      'Architecture: amd64',
      ...(name === 'zlib1g' ? ['Source: zlib'] : []),
      `Version: ${version}`,
      '',
    ]),
  );

/** A picture of a few colours, made without a library (PNG, RFC 2083). */
export function png(width, height) {
  const chunk = (type, content) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(content.length);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8);
  const rows = Buffer.alloc(height * (1 + 3 * width));
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      rows.set([(255 * x) / width, (255 * y) / height, 160], y * (1 + 3 * width) + 1 + 3 * x);
    }
  }
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

export const notes = {
  before: ['# Notes', '', 'The office opens at nine.', 'Bring a key.', '', 'Ask Kim about the printer.'],
  after: ['# Notes', '', 'The office opens at eight.', 'Bring a key.', 'And a lamp.', '', 'Ask Kim about the printer.'],
};
export const script = '<script>globalThis.pwned = true</script><img src=x onerror="globalThis.pwned = true">';
export const hostileNames = ['<img src=x onerror="globalThis.pwned=true">.html', '\u202Egpj.exe', '__proto__'];

const shared = [
  {
    run: 'ADD rootfs.tar.gz / # buildkit',
    layer: layer([
      ...['bin', 'etc', 'usr', 'usr/bin', 'var', 'var/lib', 'var/lib/dpkg'].map(folder),
      { path: 'bin/sh', content: noise(120_000, 70), mode: 0o755 },
      { path: 'bin/su', content: noise(9_000, 71), mode: 0o4755 },
      text(
        'etc/os-release',
        'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"',
        'ID=debian',
        'VERSION_ID="13"',
        'HOME_URL="https://www.debian.org/"',
      ),
      text('etc/passwd', 'root:x:0:0:root:/root:/bin/sh'),
      text('etc/motd', 'Welcome.'),
      dpkg(PACKAGES),
    ]),
  },
  {
    run: 'RUN /bin/sh -c apt-get update && apt-get install -y curl # buildkit',
    layer: layer([
      { path: 'usr/bin/curl', content: noise(310_000, 72), mode: 0o755 },
      folder('var/cache'),
      folder('var/cache/apt'),
      folder('var/cache/apt/archives'),
      { path: 'var/cache/apt/archives/curl_8.14.1_amd64.deb', content: noise(270_000, 73) },
      { path: 'var/cache/apt/pkgcache.bin', content: noise(640_000, 74) },
      dpkg({ ...PACKAGES, curl: '8.14.1-2' }),
    ]),
  },
  {
    run: 'COPY models/ /opt/models/ # buildkit',
    layer: layer([
      folder('opt'),
      folder('opt/models'),
      { path: 'opt/models/large.bin', content: noise(9_400_000, 75) },
    ]),
  },
  {
    run: 'COPY site/ /srv/ # buildkit',
    layer: layer([
      folder('srv'),
      { path: 'srv/logo.png', content: png(120, 80) },
      text(
        'srv/icon.svg',
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8" width="80" height="80" onload="globalThis.pwned = true">',
        '<script>globalThis.pwned = true</script><circle cx="4" cy="4" r="3" fill="teal"/></svg>',
      ),
      text('srv/notes.md', ...notes.before),
      text('srv/page.html', script),
      { path: 'srv/data.bin', content: Buffer.concat([Buffer.from([0, 1, 2, 255]), noise(700, 76)]) },
      { path: 'srv/empty', content: '' },
      { path: 'srv/latest', type: 'symlink', target: 'notes.md' },
      { path: 'srv/copy.md', type: 'hardlink', target: 'srv/notes.md' },
      ...hostileNames.map((name) => text(`srv/${name}`, 'hostile')),
      { path: Buffer.from('srv/caf\xe9.txt', 'latin1'), content: 'coffee\n' },
    ]),
  },
];

const version = (steps, created, number) =>
  image([...shared, ...steps, { run: 'CMD ["/bin/sh"]' }], {
    created,
    config: { Env: ['PATH=/bin:/usr/bin'], Cmd: ['/bin/sh'], Labels: { version: number } },
  });

const cleaned = {
  run: 'RUN /bin/sh -c rm -rf /var/cache/apt /etc/motd # buildkit',
  layer: layer([{ path: 'etc/.wh.motd' }, { path: 'var/cache/.wh.apt' }]),
};
const first = version([cleaned], '2026-04-01T10:00:00Z', '1.0');
const second = version(
  [
    cleaned,
    {
      run: 'COPY notes.md /srv/notes.md # buildkit',
      layer: layer([
        text('srv/notes.md', ...notes.after),
        text('srv/new.txt', 'new'),
        { path: 'srv/.wh.empty' },
        dpkg({ ...PACKAGES, curl: '8.14.1-2+deb13u1', jq: '1.7.1-6' }),
      ]),
    },
  ],
  '2026-04-20T10:00:00Z',
  '1.1',
);

const json = (mediaType, document, fields) => blob(mediaType, JSON.stringify(document), fields);
const about = ({ digest }) => [{ name: 'office/notes', digest: { sha256: digest.slice(7) } }];

const bill = artifact({
  artifactType: 'application/spdx+json',
  layers: [
    json('application/spdx+json', {
      spdxVersion: 'SPDX-2.3',
      name: 'notes',
      packages: [{ name: 'curl', versionInfo: '8.14.1-2' }],
    }),
  ],
  subject: second.descriptor,
});
const signed = (subject, annotations) =>
  artifact({
    artifactType: 'application/vnd.dev.cosign.artifact.sig.v1+json',
    layers: [
      json('application/vnd.dev.cosign.simplesigning.v1+json', {
        critical: {
          identity: { 'docker-reference': 'office/notes' },
          image: { 'docker-manifest-digest': subject.digest },
          type: 'cosign container image signature',
        },
        optional: null,
      }),
    ],
    subject: subject.descriptor,
    annotations,
  });
const statement = {
  _type: 'https://in-toto.io/Statement/v1',
  subject: about(second),
  predicateType: 'https://slsa.dev/provenance/v1',
  predicate: { buildDefinition: { buildType: 'https://example.com/build' }, runDetails: { builder: { id: 'ci' } } },
};
const provenance = artifact({
  artifactType: 'application/vnd.dsse.envelope.v1+json',
  layers: [
    json('application/vnd.dsse.envelope.v1+json', {
      payloadType: 'application/vnd.in-toto+json',
      payload: Buffer.from(JSON.stringify(statement)).toString('base64'),
      signatures: [{ keyid: 'ci', sig: 'bm90IGNoZWNrZWQ=' }],
    }),
  ],
  subject: second.descriptor,
});

/** What a registry without the list of referrers has instead (distribution-spec, "Referrers Tag Schema"). */
const referrersTag = (subject, referrers) => ({
  [subject.digest.replace(':', '-')]: index(referrers, {
    describe: ({ descriptor, document }) => ({ ...descriptor, artifactType: document.artifactType }),
  }),
});

export const fileSamples = {
  'office/notes': {
    '1.0': first,
    1.1: second,
    ...referrersTag(second, [signed(second), bill, provenance]),
    ...referrersTag(bill, [signed(bill, { 'example.about': 'the SBOM' })]),
  },
};
