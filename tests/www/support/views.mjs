// The page's views, with the sample images of `npm start`.
import { samples } from '../../../www/registry/sample-images.mjs';

const [, arm64] = samples['team/web']['2.0.0'].children;

export const VIEWS = {
  home: '#/',
  namespace: '#/namespace/team',
  tags: '#/repo/team/web',
  overview: '#/repo/team/web/tag/2.0.0',
  digest: `#/repo/team/web/digest/${arm64.digest}`,
  layers: '#/repo/team/web/tag/2.0.0/layers',
  history: '#/repo/team/web/tag/2.0.0/history',
  dockerfile: '#/repo/team/web/tag/2.0.0/dockerfile',
  config: '#/repo/team/web/tag/2.0.0/config',
  raw: '#/repo/team/web/tag/2.0.0/raw',
  artifact: '#/repo/charts/web/tag/1.0.0',
  missing: '#/repo/team/web/tag/no-such-tag',
};

/** Runs in the page: nothing is being read any more. */
export const settled = () => !document.querySelector('[aria-busy=true], .skeleton');
