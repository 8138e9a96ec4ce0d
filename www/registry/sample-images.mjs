// The images that `npm start` shows: by repository and tag, made here, so that no internet is needed.
import { createCipheriv } from 'node:crypto';

import { artifact, attestation, blob, image, index, layer, types } from './content.mjs';

/** Bytes that don't compress, the same ones in every run: what a program looks like to gzip. */
export const noise = (length, seed = 1) =>
  createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16)).update(Buffer.alloc(length));

const program = (path, length, seed) => ({ path, content: noise(length, seed), mode: 0o755 });
const folder = (path) => ({ path, type: 'folder' });
const text = (path, ...lines) => ({ path, content: `${lines.join('\n')}\n` });

/** What every image here is built on; each architecture has programs of its own. */
function baseSteps(architecture) {
  const seed = architecture.length;
  return [
    {
      run: `ADD rootfs-${architecture}.tar.gz / # buildkit`,
      layer: layer([
        folder('bin'),
        folder('etc'),
        folder('usr'),
        folder('usr/lib'),
        program('bin/busybox', 780_000, seed),
        ...['sh', 'ls', 'cat', 'echo'].map((name) => ({ path: `bin/${name}`, type: 'symlink', target: 'busybox' })),
        text('etc/os-release', 'NAME="Sample Linux"', 'ID=sample', 'VERSION_ID=3.2', 'PRETTY_NAME="Sample Linux 3.2"'),
        text('etc/passwd', 'root:x:0:0:root:/root:/bin/sh', 'app:x:1000:1000:app:/srv:/bin/sh'),
        { path: 'usr/lib/libc.so.6', type: 'hardlink', target: 'bin/busybox' },
      ]),
    },
    { run: 'CMD ["/bin/sh"]' },
  ];
}

const base = (platform, created) =>
  image(baseSteps(platform.split('/')[1]), {
    platform,
    created,
    config: { Env: ['PATH=/bin:/usr/bin'], Cmd: ['/bin/sh'] },
  });

const baseIndex = (created) =>
  index(['linux/amd64', 'linux/arm64/v8', 'linux/arm/v7'].map((platform) => base(platform, created)));

function web(version, { platform = 'linux/amd64', created, docker = false } = {}) {
  const architecture = platform.split('/')[1];
  const steps = [
    ...baseSteps(architecture),
    { run: 'ENV APP_ENV=production' },
    {
      run: 'RUN /bin/sh -c apk add --no-cache nodejs # buildkit',
      layer: layer([
        program('usr/bin/node', 2_400_000, architecture.length + 10),
        text('etc/motd', 'A sample image'),
        folder('var/cache/apk'),
        text('var/cache/apk/index', 'cached'),
      ]),
    },
    { run: 'WORKDIR /srv', layer: layer([folder('srv')]) },
    {
      run: 'COPY --chown=1000:1000 dist/ /srv/ # buildkit',
      layer: layer([
        {
          ...text(
            'srv/server.js',
            `// web ${version}`,
            "import { createServer } from 'node:http';",
            'createServer((_, answer) => answer.end("hello")).listen(8080);',
          ),
          uid: 1000,
          gid: 1000,
        },
        { ...text('srv/package.json', JSON.stringify({ name: 'web', version, type: 'module' })), uid: 1000, gid: 1000 },
      ]),
    },
    // A whiteout (image-spec, layer.md): the layer removes what a lower one brought.
    {
      run: 'RUN /bin/sh -c rm -rf /var/cache/apk /etc/motd # buildkit',
      layer: layer([{ path: 'etc/.wh.motd' }, { path: 'var/cache/.wh.apk' }]),
    },
    { run: 'USER 1000:1000' },
    { run: 'EXPOSE map[8080/tcp:{}]' },
    { run: 'HEALTHCHECK &{["CMD" "/bin/cat" "/srv/package.json"] "30s" "3s" "0s" \'\\x03\'}' },
    { run: 'ENTRYPOINT ["/usr/bin/node"]' },
    { run: 'CMD ["/srv/server.js"]', comment: 'buildkit.dockerfile.v0' },
  ];
  const config = {
    User: '1000:1000',
    ExposedPorts: { '8080/tcp': {} },
    Env: ['PATH=/bin:/usr/bin', 'APP_ENV=production'],
    Entrypoint: ['/usr/bin/node'],
    Cmd: ['/srv/server.js'],
    WorkingDir: '/srv',
    Labels: {
      'org.opencontainers.image.title': 'web',
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.licenses': 'MIT',
      maintainer: 'Team Web <web@example.com>',
    },
    StopSignal: 'SIGTERM',
  };
  const annotations = docker
    ? undefined
    : {
        'org.opencontainers.image.version': version,
        'org.opencontainers.image.source': 'https://git.example.com/team/web',
      };
  return image(steps, { platform, created, config, annotations, docker, author: 'Team Web' });
}

/** An index as buildkit pushes it: an image for each platform, and each one's provenance. */
function webIndex(version, created) {
  const images = ['linux/amd64', 'linux/arm64/v8', 'linux/arm/v7'].map((platform) =>
    web(version, { platform, created }),
  );
  return index([...images, ...images.map(attestation)], {
    annotations: { 'org.opencontainers.image.version': version },
  });
}

const windowsService = ['10.0.17763.5329', '10.0.20348.2227'].map((osVersion) =>
  image(
    [
      {
        run: 'Apply image',
        layer: layer([text('Files/Windows/version.txt', osVersion)], {
          mediaType: types.foreignLayer,
          urls: [`https://mcr.microsoft.com/v2/windows/nanoserver/blobs/${osVersion}`],
        }),
      },
      { run: 'COPY service.exe C:/', layer: layer([folder('Files'), program('Files/service.exe', 310_000, 40)]) },
      { run: 'CMD ["service.exe"]' },
    ],
    { platform: `windows/amd64:${osVersion}`, docker: true, config: { Cmd: ['service.exe'] } },
  ),
);

const web200 = webIndex('2.0.0', '2026-03-14T09:26:53Z');
const web110 = webIndex('1.1.0', '2026-02-11T10:00:00Z');
const base32 = baseIndex('2026-01-20T08:00:00Z');
const bill = blob(
  'application/spdx+json',
  JSON.stringify({ spdxVersion: 'SPDX-2.3', name: 'web', packages: [{ name: 'nodejs', versionInfo: '24.1.0' }] }),
);
const chart = (version) =>
  artifact({
    config: blob(
      'application/vnd.cncf.helm.config.v1+json',
      JSON.stringify({ apiVersion: 'v2', name: 'web', version, type: 'application' }),
    ),
    layers: [
      layer(
        [
          text('web/Chart.yaml', 'apiVersion: v2', 'name: web', `version: ${version}`),
          text('web/values.yaml', 'replicas: 2'),
        ],
        { mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip' },
      ),
    ],
    annotations: { 'org.opencontainers.image.title': 'web', 'org.opencontainers.image.version': version },
  });

/** @type {Record<string, Record<string, ReturnType<typeof image>>>} repository → tag → content */
export const samples = {
  hello: {
    latest: image(
      [{ run: 'COPY hello / # buildkit', layer: layer([program('hello', 13_000, 3)]) }, { run: 'CMD ["/hello"]' }],
      { config: { Cmd: ['/hello'] } },
    ),
  },
  'library/sample-linux': { 3.1: baseIndex('2025-11-05T08:00:00Z'), 3.2: base32, latest: base32 },
  'team/web': {
    '1.0.0': web('1.0.0', { created: '2026-01-15T12:30:00Z', docker: true }),
    '1.1.0': web110,
    1.1: web110,
    '2.0.0': web200,
    latest: web200,
    edge: webIndex('2.1.0-dev', '2026-04-01T23:59:59Z'),
    sbom: artifact({ artifactType: 'application/spdx+json', layers: [bill], subject: web200.children[0].descriptor }),
  },
  'team/api': {
    4.2: index([web('4.2', { docker: true }), web('4.2', { docker: true, platform: 'linux/arm64/v8' })], {
      docker: true,
    }),
    4.3: web('4.3', { created: '2026-03-30T07:45:00Z' }),
  },
  'team/windows/service': { ltsc: index(windowsService, { docker: true }) },
  'charts/web': { '0.9.0': chart('0.9.0'), '1.0.0': chart('1.0.0') },
};
