// The page's views, with the sample images of `npm start`.
import { fileSamples } from '../../../www/registry/sample-files.mjs';
import { samples } from '../../../www/registry/sample-images.mjs';

const [, arm64] = samples['team/web']['2.0.0'].children;
/** What the views show. */
export const shown = { ...samples, ...fileSamples };

export const VIEWS = {
  home: '#/',
  namespace: '#/namespace/team',
  tags: '#/repo/team/web',
  digests: '#/repo/team/web?by=digests&order=newest&hide=signatures',
  overview: '#/repo/team/web/tag/2.0.0',
  digest: `#/repo/team/web/digest/${arm64.digest}`,
  layers: '#/repo/team/web/tag/2.0.0/layers',
  history: '#/repo/team/web/tag/2.0.0/history',
  dockerfile: '#/repo/team/web/tag/2.0.0/dockerfile',
  config: '#/repo/team/web/tag/2.0.0/config',
  raw: '#/repo/team/web/tag/2.0.0/raw',
  files: '#/repo/team/web/tag/2.0.0/files',
  file: '#/repo/office/notes/tag/1.1/files?layer=3&path=/srv/notes.md',
  picture: '#/repo/office/notes/tag/1.1/files?layer=3&path=/srv/logo.png',
  deleted: '#/repo/office/notes/tag/1.1/files?layer=4',
  'before reading': '#/repo/office/notes/tag/1.1/files',
  packages: '#/repo/team/web/tag/2.0.0/packages',
  waste: '#/repo/team/web/tag/2.0.0/waste',
  references: '#/repo/team/web/tag/2.0.0/references',
  compare: '#/compare?a=team/web:1.1.0&b=team/web:2.0.0&file=/srv/server.js',
  'compare with': '#/compare?a=team/web:2.0.0',
  blob: `#/repo/team/web/digest/${arm64.id}?kind=blob`,
  artifact: '#/repo/charts/web/tag/1.0.0',
  missing: '#/repo/team/web/tag/no-such-tag',
  cleanup: '#/cleanup/team/web',
  copy: '#/copy?from=team/web:2.0.0',
  doctor: '#/doctor',
  push: '#/push/team/web',
};

/** Runs in the page: nothing is being read any more. */
export const settled = () => !document.querySelector('[aria-busy=true], .skeleton');
